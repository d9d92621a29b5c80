import type { Answer, Modal } from "./answer.ts";
import { answerWithinMs, lastWordMs } from "./deadlines.ts";
import type { Layer, Subject } from "./options.ts";
import { failedReply, type Reply, type Stopped, tellFailure, toldIfStopped } from "./reply.ts";
import { isTokenOver, type Responder, type Shown } from "./responder.ts";
import { within } from "./within.ts";

/** An interaction that somebody waits to have answered. */
export interface Owed extends Subject {
  readonly personId: string;
  /** Monotonic clock, ms. */
  readonly createdAtMs: number;
  /** Whether another process could answer it, with nothing done twice. */
  readonly mayGoOnElsewhere: () => boolean;
}

/** What is to be told, and how what becomes of it is called. */
export type ReplyWith<Outcome, Content extends Answer | Modal = Answer> = Omit<Reply<Content>, "outcome"> & {
  readonly outcome: Outcome;
};

/** In place of the reply's own outcome, when the reply did not reach the person as it should have. */
export type DeliveryOutcome =
  | "failed"
  | "answeredLate"
  | "unanswered"
  /** The process stops: the next one answers, and the person was told so. */
  | "leftOpen";

/** Of the token's life, what the next process has for its start and the answer at least, ms. */
const leaveAtLeastMs = 120_000;

/**
 * Waits for the reply, and brings it to the person: in Discord, or by direct message when the token's life is over. The same
 * for an interaction of this process and for one that a dead process left behind. Never rejects.
 */
export async function deliver<Outcome extends string>(
  layer: Layer,
  owed: Owed,
  responder: Responder,
  running: Promise<ReplyWith<Outcome, Answer | Modal> | Stopped>,
): Promise<Outcome | DeliveryOutcome> {
  const { clock, lateAnswers, store, texts } = layer;
  // Without direct messages the run itself ends in time.
  if (lateAnswers === undefined) return deliverInDiscord(layer, owed, responder, await running);
  const remainingMs = owed.createdAtMs + answerWithinMs - lastWordMs - clock.monotonic();
  const inTime = await within(running, remainingMs, layer);
  if (inTime !== undefined) return deliverInDiscord(layer, owed, responder, inTime);
  // It is no answer: whoever has to go on for this process still owes one.
  store?.markShown(owed.target.id);
  await responder.answer({ content: texts.answerFollowsDirectly }).catch(() => {});
  return deliverDirectly(layer, owed, answerOf(layer, owed, await running).answer);
}

async function deliverInDiscord<Outcome extends string>(
  layer: Layer,
  owed: Owed,
  responder: Responder,
  reply: ReplyWith<Outcome, Answer | Modal> | Stopped,
): Promise<Outcome | DeliveryOutcome> {
  if ("stopped" in reply && (await leaveOpen(layer, owed, responder))) return "leftOpen";
  const { outcome, answer, privately } = answerOf(layer, owed, reply);
  try {
    const shown = await (privately ? responder.answerPrivately(answer) : responder.answer(answer));
    layer.store?.strike(owed.target.id);
    if (shown === "answer") return outcome;
    tellFailure(layer, owed, new Error(whyNotAnswer[shown]));
    return "failed";
  } catch (error) {
    tellFailure(layer, owed, error);
    return isTokenOver(error) ? deliverDirectly(layer, owed, answer) : "unanswered";
  }
}

/** Where the next process will find it; without one, what the person is told then is the last they see of it. */
async function leaveOpen({ clock, store, texts }: Layer, owed: Owed, responder: Responder): Promise<boolean> {
  const remainingMs = owed.createdAtMs + answerWithinMs - clock.monotonic();
  if (remainingMs < leaveAtLeastMs || !owed.mayGoOnElsewhere()) return false;
  if ((await store?.leave?.(owed.target.id)) !== true) return false;
  await responder.leave({ content: texts.goesOnElsewhere });
  return true;
}

const whyNotAnswer: Readonly<Record<Exclude<Shown, "answer">, string>> = {
  plainSentence: "Discord refused the form of the answer",
  unsure: "the response to the private answer was lost, so that nobody knows whether it is there",
};

async function deliverDirectly(layer: Layer, owed: Owed, answer: Answer): Promise<"answeredLate" | "unanswered"> {
  const { lateAnswers, store, tell } = layer;
  if (lateAnswers === undefined) return "unanswered";
  const delivered = await lateAnswers.deliver(owed.personId, answer, "tookTooLong", owed.target.id);
  tell(owed, { kind: "lateAnswer", reason: "tookTooLong", delivered });
  if (delivered) store?.strike(owed.target.id);
  return delivered ? "answeredLate" : "unanswered";
}

/** A modal can only be first, and "thinking…" stands already: the types forbid it, JavaScript does not. */
function answerOf<Outcome extends string>(
  layer: Layer,
  owed: Owed,
  given: ReplyWith<Outcome, Answer | Modal> | Stopped,
): ReplyWith<Outcome | "failed"> {
  const { answer, ...reply } = toldIfStopped(layer, owed, given);
  if (!("modal" in answer)) return { ...reply, answer };
  return { ...failedReply(layer, owed, new Error("a modal cannot follow another acknowledgement")), outcome: "failed" };
}
