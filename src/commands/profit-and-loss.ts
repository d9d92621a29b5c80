import { quoteCurrency } from "../presentation/format.ts";

export interface Trade {
  readonly pair: string;
  readonly action: "buy" | "sell";
  readonly entryPrice: number;
  /** Units of the pair's first currency. */
  readonly size?: number | undefined;
}

export interface ProfitAndLoss {
  /** In `currency`, negative for a loss; absent when the size is not known. */
  readonly amount: number | undefined;
  /** The pair's second currency, in which prices are counted. */
  readonly currency: string;
  /** Of the entry price: 0.5 is half a percent. */
  readonly percent: number;
  readonly pips: number;
}

/**
 * What closing at `exitPrice` brings. Computed here because the backend, which throws the size away, answers null and
 * stores "NaN" (`backend-contract.md` 2.5). Without commission, swap or conversion into another currency.
 */
export function computeProfitAndLoss({ pair, action, entryPrice, size }: Trade, exitPrice: number): ProfitAndLoss {
  const gained = action === "buy" ? exitPrice - entryPrice : entryPrice - exitPrice;
  const currency = quoteCurrency(pair);
  return {
    amount: size === undefined ? undefined : gained * size,
    currency,
    percent: (gained / entryPrice) * 100,
    pips: gained / pipSize(currency),
  };
}

/** The second decimal where the yen is counted in, the fourth elsewhere. */
const pipSize = (currency: string): number => (currency === "JPY" ? 0.01 : 0.0001);
