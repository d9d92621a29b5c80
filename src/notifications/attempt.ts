import type { DeferReason } from "./events.ts";
import type { LaneFailure } from "./lane.ts";
import type { Done, Shown } from "./person-records.ts";

/** One turn of one person's. */
export interface Visit {
  readonly personId: string;
  readonly token: string;
  readonly signal: AbortSignal;
  /** What the person sees now. */
  shown: readonly Shown[];
  /** The channel was found to be gone in this visit, and forgotten. */
  reopened: boolean;
}

/** What one attempt came to. */
export type AttemptResult =
  /** The message stands at Discord. `moreWaits`: not all of the person's notifications were in it; else the turn is over. */
  | { readonly kind: "settled"; readonly ended: ReadonlyMap<string, Done>; readonly moreWaits: boolean }
  | Changed
  | Later;

/** Nothing more can be done now. */
export type Later =
  /** Nothing failed; ms since the epoch. */
  | { readonly kind: "wait"; readonly untilMs: number; readonly reason: DeferReason }
  /** An attempt failed. After `waitMs`, or the next back-off when Discord did not say. */
  | { readonly kind: "retry"; readonly waitMs: number | undefined; readonly reason: LaneFailure["kind"] };

/** Things are not as they were: look again what there is to do. */
export interface Changed {
  readonly kind: "changed";
}
