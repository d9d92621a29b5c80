/** What the backend computed for a pair, after the borders: numbers are finite numbers, words are known or kept as text. */
export interface Signal {
  /** Upper case, `EUR/USD`. */
  readonly pair: string;
  readonly timeframe: string | undefined;
  /** long is buy, short is sell, standby is hold; a word nobody knows is `other`, kept in `word` (`backend-contract.md` 2.2). */
  readonly direction: "buy" | "sell" | "hold" | "other";
  /** The word as the backend said it. Untrusted text. */
  readonly word: string;
  /** weak, moderate, strong, very_strong, or a new word. */
  readonly strength: string | undefined;
  /** 0 to 1. */
  readonly confidence: number | undefined;
  readonly entryPrice: number | undefined;
  readonly stopLoss: number | undefined;
  readonly takeProfit: number | undefined;
  readonly riskRewardRatio: number | undefined;
  readonly marketCondition: string | undefined;
  readonly sentiment: { readonly word: string | undefined; readonly score: number | undefined };
  /** An open map: which indicators there are, and what they hold, is the backend's business. */
  readonly indicators: readonly Indicator[];
  readonly source: string | undefined;
  readonly period: { readonly name: string | undefined; readonly holdingPeriod: string | undefined } | undefined;
  readonly computedAt: Date | undefined;
  readonly expiresAt: Date | undefined;
  readonly riskWarning: string | undefined;
}

export interface Indicator {
  readonly name: string;
  readonly period: number | undefined;
  readonly value: number | undefined;
  readonly reading: string | undefined;
}
