import type { InteractionKind } from "./events.ts";

/** What was used, as far as it matters for what it counts against. */
export interface Used {
  readonly kind: InteractionKind;
  /** Name of the command, or what stands before the colon of a custom id: untrusted. */
  readonly name: string;
}

/** One person used more than there may be in a minute. */
export interface Excess {
  /** What is counted together: one of a few words, since it is a label of a metric. */
  readonly allowance: string;
  readonly mostPerMinute: number;
  /** Until the person may go on, ms. */
  readonly waitMs: number;
  /** The first since the person last could go on: worth a line in the log, which the others are not. */
  readonly first: boolean;
}

/** So much each person may use, so that one cannot take what there is for all. */
export interface Allowance {
  /** Counts one use. Never rejects, and takes tens of milliseconds at most, since the answer waits for it. */
  take(personId: string, used: Used): Promise<Excess | undefined>;
}

/** Thrown in place of what would have run; the message is the private sentence the person gets. */
export class OverAllowance extends Error {
  override readonly name = "OverAllowance";
  readonly code = "OVER_ALLOWANCE";
}
