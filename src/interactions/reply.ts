import { orAborted } from "./abort.ts";
import { OverAllowance } from "./allowance.ts";
import { type Answer, type Modal, Refusal } from "./answer.ts";
import { snowflakeTimeMs } from "./discord-clock.ts";
import type { Layer, Subject } from "./options.ts";
import { referenceOf } from "./reference.ts";
import type { Running } from "./request.ts";

/** What the person is to be told. */
export interface Reply<Content extends Answer | Modal = Answer> {
  readonly outcome: "answered" | "refused" | "overAllowance" | "failed";
  readonly answer: Content;
  readonly privately: boolean;
}

/**
 * Runs what answers, for so long at most. Never rejects: what it throws becomes a sentence, and so does an answer that is
 * none, which the types forbid and JavaScript does not.
 */
export async function replyWithin<Content extends Answer | Modal>(
  layer: Layer,
  subject: Subject,
  durationMs: number,
  run: (given: Pick<Running, "signal" | "usedAt" | "reference">) => Promise<Content>,
): Promise<Reply<Content | Answer>> {
  const reference = referenceOf(subject.target.id);
  const usedAt = new Date(snowflakeTimeMs(subject.target.id));
  const { signal, release } = layer.times.start(durationMs);
  try {
    const answer = await orAborted(() => run({ signal, usedAt, reference }), signal);
    if (typeof answer !== "object" || answer === null) throw new Error("what answers has to resolve with an answer");
    return { outcome: "answered", answer, privately: false };
  } catch (error) {
    if (error instanceof Refusal) return { outcome: "refused", answer: { content: error.message }, privately: true };
    if (error instanceof OverAllowance) {
      return { outcome: "overAllowance", answer: { content: error.message }, privately: true };
    }
    return failedReply(layer, subject, error);
  } finally {
    release();
  }
}

/** Tells of the failure, and makes a sentence of it. */
export function failedReply(layer: Layer, subject: Subject, error: unknown): Reply {
  tellFailure(layer, subject, error);
  return { outcome: "failed", answer: layer.explain(error, referenceOf(subject.target.id)), privately: true };
}

export const tellFailure = ({ tell }: Layer, subject: Subject, error: unknown): void =>
  tell(subject, { kind: "commandFailed", reference: referenceOf(subject.target.id), error });
