import type { Owned } from "./acknowledge-once.ts";
import { admit } from "./admit.ts";
import type { Answer, Modal } from "./answer.ts";
import { answerWithinMs, lastWordMs } from "./deadlines.ts";
import { readPerson } from "./interaction.ts";
import type { Middleware } from "./middleware.ts";
import type { Layer, Subject } from "./options.ts";
import { referenceOf } from "./reference.ts";
import { failedReply, type Reply, replyWithin, tellFailure } from "./reply.ts";
import type { Progress } from "./request.ts";
import { createResponder, isTokenOver, type Responder, type ResponderOptions, type Shown } from "./responder.ts";
import type { Routed } from "./route.ts";

/** A command whose answer may go by direct message has this long, ms; then even that is given up. */
const longestRunMs = 60 * 60_000;

/** Runs what answers the interaction, and brings its answer, or a sentence instead of it, to the person. */
export function runHandler(layer: Layer): Middleware<Owned, never> {
  return async (owned) => {
    const responder = responderFor(layer, owned, owned.handler.mode);
    const { show } = responder;
    await deliver(layer, owned, responder, startRun(layer, owned, { show }));
  };
}

/** Waits for the reply, and has it delivered: in Discord, or by direct message when the token's life is over. */
export async function deliver(
  layer: Layer,
  routed: Routed,
  responder: Responder,
  running: Promise<Reply<Answer | Modal>>,
): Promise<void> {
  const { clock, lateAnswers, texts } = layer;
  const reply = running.then((given) => withoutModal(layer, routed, given));
  // Without direct messages the run itself ends in time.
  if (lateAnswers === undefined) return deliverInDiscord(layer, routed, responder, await reply);
  const remainingMs = routed.createdAtMs + answerWithinMs - lastWordMs - clock.monotonic();
  const inTime = await within(reply, remainingMs, layer);
  if (inTime !== undefined) return deliverInDiscord(layer, routed, responder, inTime);
  await responder.answer({ content: texts.answerFollowsDirectly }).catch(() => {});
  await deliverDirectly(layer, routed, (await reply).answer);
}

async function deliverInDiscord(
  layer: Layer,
  routed: Routed,
  responder: Responder,
  { outcome, answer, privately }: Reply,
): Promise<void> {
  const { store, finish } = layer;
  try {
    const shown = await (privately ? responder.answerPrivately(answer) : responder.answer(answer));
    store?.strike(routed.target.id);
    if (shown === "answer") return finish(routed, outcome);
    tellFailure(layer, routed, new Error(whyNotAnswer[shown]));
    finish(routed, "failed");
  } catch (error) {
    tellFailure(layer, routed, error);
    if (isTokenOver(error)) return deliverDirectly(layer, routed, answer);
    finish(routed, "unanswered");
  }
}

const whyNotAnswer: Readonly<Record<Exclude<Shown, "answer">, string>> = {
  plainSentence: "Discord refused the form of the answer",
  unsure: "the response to the private answer was lost, so that nobody knows whether it is there",
};

async function deliverDirectly(layer: Layer, routed: Routed, answer: Answer): Promise<void> {
  const { lateAnswers, store, tell, finish } = layer;
  if (lateAnswers === undefined) return finish(routed, "unanswered");
  const { id } = readPerson(routed.interaction);
  const delivered = await lateAnswers.deliver(id, answer, "tookTooLong", routed.target.id);
  tell(routed, { kind: "lateAnswer", reason: "tookTooLong", delivered });
  if (delivered) store?.strike(routed.target.id);
  finish(routed, delivered ? "answeredLate" : "unanswered");
}

/** A modal can only be first, and "thinking…" stands already: the types forbid it, JavaScript does not. */
function withoutModal(layer: Layer, routed: Routed, { answer, ...reply }: Reply<Answer | Modal>): Reply {
  if (!("modal" in answer)) return { ...reply, answer };
  return failedReply(layer, routed, new Error("a modal cannot follow another acknowledgement"));
}

/** Starts the handler; never rejects: what it throws becomes a reply. */
export function startRun(
  layer: Layer,
  routed: Routed & { readonly timeToAckMs?: number },
  progress: Progress,
): Promise<Reply<Answer | Modal>> {
  const { clock, lateAnswers } = layer;
  const { interaction, handler, ageAtArrivalMs, timeToAckMs } = routed;
  const remainingMs = (): number => routed.createdAtMs + answerWithinMs - clock.monotonic();
  const timing = { ageAtArrivalMs, timeToAckMs };
  const durationMs = lateAnswers === undefined ? remainingMs() - lastWordMs : longestRunMs;
  return replyWithin(layer, routed, durationMs, async (given) => {
    await admit(layer, routed);
    return handler.run(interaction, { ...progress, ...given, remainingMs, timing });
  });
}

/** @param mode where and to whom the interaction was acknowledged */
export function responderFor(
  { clock, lane, texts, tell, store }: Layer,
  subject: Subject & Pick<Routed, "createdAtMs">,
  mode: ResponderOptions["mode"],
): Responder {
  const { target, createdAtMs } = subject;
  return createResponder({
    clock,
    lane,
    target,
    mode,
    createdAtMs,
    onlyForYou: texts.onlyForYou,
    plainFailure: texts.plainFailure(referenceOf(target.id)),
    onInterim: () => store?.markShown(target.id),
    onFollowedUp: () => store?.strike(target.id),
    answerMayBeLost: texts.answerMayBeLost,
    onError: (request, { discordCode: code, status }, durationMs) =>
      tell(subject, {
        kind: "discordError",
        request,
        code,
        status,
        ageMs: clock.monotonic() - createdAtMs,
        durationMs,
      }),
  });
}

/** What the promise resolves with, or nothing when that takes longer than `ms`. */
export async function within<T>(
  promise: Promise<T>,
  ms: number,
  { clock }: Pick<Layer, "clock">,
): Promise<T | undefined> {
  return await new Promise((resolve, reject) => {
    const cancel = clock.schedule(ms, () => resolve(undefined));
    promise.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
