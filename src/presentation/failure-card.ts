import { codeText } from "./escape.ts";
import { formatWait } from "./format.ts";
import { type Card, fitCard } from "./limits.ts";
import { texts } from "./texts.ts";

export type FailureKind = Exclude<keyof typeof texts.failure, "reference">;

/** One sentence by kind, and the reference that is also in the log. `retryAfterMs` is told with `busy` only. */
export function failureCard(kind: FailureKind, reference: string, retryAfterMs?: number): Card {
  const sentence =
    kind === "busy"
      ? texts.failure.busy(retryAfterMs === undefined ? undefined : formatWait(retryAfterMs))
      : texts.failure[kind];
  return fitCard({ content: texts.failure.reference(sentence, codeText(reference, 40)) });
}
