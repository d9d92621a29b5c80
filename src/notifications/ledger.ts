/** One signal as it stood in a message. */
export interface SentSignal {
  readonly pair: string;
  readonly timeframe: string | undefined;
  readonly direction: "buy" | "sell" | "hold" | "other";
  /** As the backend said it. Untrusted text. */
  readonly word: string;
  readonly strength: string | undefined;
  /** 0 to 1. */
  readonly confidence: number | undefined;
  readonly entryPrice: number | undefined;
  readonly stopLoss: number | undefined;
  readonly takeProfit: number | undefined;
  /** ms since the epoch. */
  readonly publishedAtMs: number | undefined;
}

/** A message that a person got; times in ms since the epoch. */
export interface SentMessage {
  readonly messageId: string;
  readonly channelId: string;
  readonly sentAtMs: number;
  readonly editedAtMs: number | undefined;
  readonly signals: readonly SentSignal[];
}

/** What was sent, for `/history` and for never sending it again. */
export interface Ledger {
  /** Newest first. */
  history(
    personId: string,
    options: { readonly pair?: string | undefined; readonly limit: number },
  ): Promise<readonly SentMessage[]>;
}
