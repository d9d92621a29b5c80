import { CommandAborted, orAborted } from "./abort.ts";
import type { Aged } from "./age-check.ts";
import { OverAllowance } from "./allowance.ts";
import { type Answer, type Modal, Refusal } from "./answer.ts";
import { answerWithinMs, lastWordMs } from "./deadlines.ts";
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

/** The process stops before it knows what the person is to be told. */
export interface Stopped {
  readonly stopped: true;
}

/** Of an interaction, what is known when what answers it begins. */
export interface Begun extends Subject, Pick<Aged, "ageAtArrivalMs" | "createdAtMs"> {
  /** Absent when it is not acknowledged yet, or was by another process. */
  readonly timeToAckMs?: number;
}

/** A command whose answer may go by direct message has this long, ms; then even that is given up. */
const longestRunMs = 60 * 60_000;

/**
 * Runs what answers, as long as its answer can reach the person. Never rejects: what it throws becomes a sentence, and so
 * does an answer that is none, which the types forbid and JavaScript does not.
 */
export async function replyOf<Content extends Answer | Modal>(
  layer: Layer,
  begun: Begun,
  run: (running: Running) => Promise<Content>,
): Promise<Reply<Content | Answer> | Stopped> {
  const { clock, lateAnswers } = layer;
  const { target, createdAtMs, ageAtArrivalMs, timeToAckMs } = begun;
  const remainingMs = (): number => createdAtMs + answerWithinMs - clock.monotonic();
  const { signal, release } = layer.times.start(lateAnswers === undefined ? remainingMs() - lastWordMs : longestRunMs);
  const running: Running = {
    signal,
    remainingMs,
    usedAt: new Date(snowflakeTimeMs(target.id)),
    reference: referenceOf(target.id),
    timing: { ageAtArrivalMs, timeToAckMs },
  };
  try {
    const answer = await orAborted(() => run(running), signal);
    if (typeof answer !== "object" || answer === null) throw new Error("what answers has to resolve with an answer");
    return { outcome: "answered", answer, privately: false };
  } catch (error) {
    if (error instanceof Refusal) return { outcome: "refused", answer: { content: error.message }, privately: true };
    if (error instanceof OverAllowance) {
      return { outcome: "overAllowance", answer: { content: error.message }, privately: true };
    }
    if (error instanceof CommandAborted && error.why === "stopping") return { stopped: true };
    return failedReply(layer, begun, error);
  } finally {
    release();
  }
}

type FailedReply = Reply & { readonly outcome: "failed" };

/** A sentence where the process stops, and nobody goes on for it. */
export const toldIfStopped = <Told extends object>(
  layer: Layer,
  subject: Subject,
  reply: Told | Stopped,
): Told | FailedReply => ("stopped" in reply ? failedReply(layer, subject, new CommandAborted("stopping")) : reply);

/** Tells of the failure, and makes a sentence of it. */
export function failedReply(layer: Layer, subject: Subject, error: unknown): FailedReply {
  tellFailure(layer, subject, error);
  return { outcome: "failed", answer: layer.explain(error, referenceOf(subject.target.id)), privately: true };
}

export const tellFailure = ({ tell }: Layer, subject: Subject, error: unknown): void =>
  tell(subject, { kind: "commandFailed", reference: referenceOf(subject.target.id), error });
