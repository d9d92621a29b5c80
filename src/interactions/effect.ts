import type { Answer } from "./answer.ts";
import type { Running } from "./request.ts";

/** Whether running it changes anything. */
export type Effect = "reads" | "writes";

/** What may be done about an interaction whose process died before the answer. */
export interface Recoverable<Input> {
  /** `reads`: it changes nothing, so that running it again, or late, does no harm. Absent means `writes`. */
  readonly effect?: Effect | ((input: Input) => Effect);
  /**
   * Of one that writes: finds out what became of it, without doing it again. Absent, the person is told that the outcome
   * is unknown.
   */
  recover?(request: Input & Running): Promise<Answer>;
}
