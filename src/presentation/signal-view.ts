/** A signal as it is shown. Words are untrusted text, numbers may be missing, and both may be new. */
export interface SignalView {
  readonly pair: string;
  readonly timeframe: string | undefined;
  readonly direction: "buy" | "sell" | "hold" | "other";
  /** The direction as the backend said it. */
  readonly word: string;
  readonly strength: string | undefined;
  /** 0 to 1. */
  readonly confidence: number | undefined;
  readonly entryPrice: number | undefined;
  readonly stopLoss: number | undefined;
  readonly takeProfit: number | undefined;
  readonly riskRewardRatio: number | undefined;
  readonly marketCondition: string | undefined;
  readonly sentiment: { readonly word: string | undefined; readonly score: number | undefined };
  readonly indicators: readonly IndicatorView[];
  readonly source: string | undefined;
  readonly period: { readonly name: string | undefined; readonly holdingPeriod: string | undefined } | undefined;
  readonly computedAt: Date | undefined;
  readonly expiresAt: Date | undefined;
  readonly riskWarning: string | undefined;
}

export interface IndicatorView {
  readonly name: string;
  readonly period: number | undefined;
  readonly value: number | undefined;
  readonly reading: string | undefined;
}

/** Pair and timeframe: what a newer signal replaces an older one of. `EUR/USD|1h`. */
export const slotOf = ({ pair, timeframe }: Pick<SignalView, "pair" | "timeframe">): string =>
  `${pair}|${timeframe ?? ""}`;
