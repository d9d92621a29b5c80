import type { Answer, Modal } from "./answer.ts";
import { answerWithinMs, lastWordMs } from "./deadlines.ts";
import type { Layer, Subject } from "./options.ts";
import { failedReply, type Reply, tellFailure } from "./reply.ts";
import { isTokenOver, type Responder, type Shown } from "./responder.ts";
import { within } from "./within.ts";

/** An interaction that somebody waits to have answered. */
export interface Owed extends Subject {
  readonly personId: string;
  /** Monotonic clock, ms. */
  readonly createdAtMs: number;
}

/** What is to be told, and how what becomes of it is called. */
export type ReplyWith<Outcome, Content extends Answer | Modal = Answer> = Omit<Reply<Content>, "outcome"> & {
  readonly outcome: Outcome;
};

/** In place of the reply's own outcome, when the reply did not reach the person as it should have. */
export type DeliveryOutcome = "failed" | "answeredLate" | "unanswered";

/**
 * Waits for the reply, and brings it to the person: in Discord, or by direct message when the token's life is over. The same
 * for an interaction of this process and for one that a dead process left behind. Never rejects.
 */
export async function deliver<Outcome extends string>(
  layer: Layer,
  owed: Owed,
  responder: Responder,
  running: Promise<ReplyWith<Outcome, Answer | Modal>>,
): Promise<Outcome | DeliveryOutcome> {
  const { clock, lateAnswers, store, texts } = layer;
  const reply = running.then((given) => withoutModal(layer, owed, given));
  // Without direct messages the run itself ends in time.
  if (lateAnswers === undefined) return deliverInDiscord(layer, owed, responder, await reply);
  const remainingMs = owed.createdAtMs + answerWithinMs - lastWordMs - clock.monotonic();
  const inTime = await within(reply, remainingMs, layer);
  if (inTime !== undefined) return deliverInDiscord(layer, owed, responder, inTime);
  // It is no answer: whoever has to go on for this process still owes one.
  store?.markShown(owed.target.id);
  await responder.answer({ content: texts.answerFollowsDirectly }).catch(() => {});
  return deliverDirectly(layer, owed, (await reply).answer);
}

async function deliverInDiscord<Outcome extends string>(
  layer: Layer,
  owed: Owed,
  responder: Responder,
  { outcome, answer, privately }: ReplyWith<Outcome | "failed">,
): Promise<Outcome | DeliveryOutcome> {
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
function withoutModal<Outcome extends string>(
  layer: Layer,
  owed: Owed,
  { answer, ...reply }: ReplyWith<Outcome, Answer | Modal>,
): ReplyWith<Outcome | "failed"> {
  if (!("modal" in answer)) return { ...reply, answer };
  return { ...failedReply(layer, owed, new Error("a modal cannot follow another acknowledgement")), outcome: "failed" };
}
