import { orAborted } from "./abort.ts";
import type { Owned } from "./acknowledge-once.ts";
import { type Answer, type Modal, Refusal } from "./answer.ts";
import { answerWithinMs } from "./deadlines.ts";
import { snowflakeTimeMs } from "./discord-clock.ts";
import type { InteractionOutcome } from "./events.ts";
import { readPerson } from "./interaction.ts";
import { LaneError } from "./lane.ts";
import type { Middleware } from "./middleware.ts";
import type { Layer } from "./options.ts";
import { referenceOf } from "./reference.ts";
import type { Progress, Running } from "./request.ts";
import { createResponder, isTokenOver, type Responder } from "./responder.ts";
import type { Routed } from "./route.ts";

/** Kept back of the token's life for bringing the last sentence to the person, ms. */
const lastWordMs = 60_000;
/** A command whose answer may go by direct message has this long, ms; then even that is given up. */
const longestRunMs = 60 * 60_000;

/** What the person is to be told. */
export interface Reply {
  readonly outcome: InteractionOutcome;
  readonly answer: Answer | Modal;
  readonly privately: boolean;
}

/** Runs what answers the interaction, and brings its answer, or a sentence instead of it, to the person. */
export function runHandler(layer: Layer): Middleware<Owned, never> {
  return async (owned) => {
    const responder = responderFor(layer, owned);
    const { show } = responder;
    await deliver(layer, owned, responder, startRun(layer, owned, { show }));
  };
}

/** Waits for the reply, and has it delivered: in Discord, or by direct message when the token's life is over. */
export async function deliver(
  layer: Layer,
  routed: Routed,
  responder: Responder,
  running: Promise<Reply>,
): Promise<void> {
  const { clock, lateAnswers, store, texts, finish } = layer;
  const remainingMs = routed.createdAtMs + answerWithinMs - lastWordMs - clock.monotonic();
  const inTime = await within(running, remainingMs, layer);
  if (inTime === undefined && lateAnswers !== undefined) await responder.show({ content: texts.answerFollowsDirectly });
  const { outcome, answer, privately } = inTime ?? (await running);
  if ("modal" in answer) throw new Error("a modal cannot follow another acknowledgement");
  try {
    if (inTime === undefined) throw new LaneError("edit", 401, undefined);
    await (privately ? responder.answerPrivately(answer) : responder.answer(answer));
    store?.strike(routed.target.id);
    finish(routed, outcome);
  } catch (error) {
    if (inTime === undefined || isTokenOver(error)) {
      const { id } = readPerson(routed.interaction);
      const delivered = (await lateAnswers?.deliver(id, answer, "tookTooLong", routed.target.id)) ?? false;
      layer.tell(routed, { kind: "lateAnswer", reason: "tookTooLong", delivered });
      if (delivered) {
        store?.strike(routed.target.id);
        return finish(routed, "answeredLate");
      }
    }
    tellFailure(layer, routed, error);
    // Of an answer whose form Discord refused, the person has seen the plain sentence instead.
    const seen = error instanceof LaneError && error.status === 400;
    if (seen) store?.strike(routed.target.id);
    finish(routed, seen ? "failed" : "unanswered");
  }
}

/** Starts the handler; never rejects: what it throws becomes a reply. */
export async function startRun(
  layer: Layer,
  routed: Routed & { readonly timeToAckMs?: number },
  progress: Progress,
): Promise<Reply> {
  const { clock, times, lateAnswers } = layer;
  const remainingMs = (): number => routed.createdAtMs + answerWithinMs - clock.monotonic();
  const time = times.start(lateAnswers === undefined ? remainingMs() - lastWordMs : longestRunMs);
  const running: Running & Progress = {
    ...progress,
    signal: time.signal,
    remainingMs,
    usedAt: new Date(snowflakeTimeMs(routed.target.id)),
    reference: referenceOf(routed.target.id),
    timing: { ageAtArrivalMs: routed.ageAtArrivalMs, timeToAckMs: routed.timeToAckMs },
  };
  try {
    const answer = await orAborted(routed.handler.run(routed.interaction, running), time.signal);
    return { outcome: "answered", answer, privately: false };
  } catch (error) {
    if (error instanceof Refusal) return { outcome: "refused", answer: { content: error.message }, privately: true };
    tellFailure(layer, routed, error);
    return { outcome: "failed", answer: layer.explain(error, running.reference), privately: true };
  } finally {
    time.release();
  }
}

export function responderFor(layer: Layer, routed: Routed): Responder {
  const { clock, lane, texts, tell } = layer;
  return createResponder({
    clock,
    lane,
    target: routed.target,
    mode: routed.handler.mode,
    createdAtMs: routed.createdAtMs,
    onlyForYou: texts.onlyForYou,
    plainFailure: texts.plainFailure(referenceOf(routed.target.id)),
    onError: (request, { discordCode: code, status }, durationMs) => {
      const ageMs = clock.monotonic() - routed.createdAtMs;
      tell(routed, { kind: "discordError", request, code, status, ageMs, durationMs });
    },
  });
}

export const tellFailure = ({ tell }: Layer, routed: Routed, error: unknown): void =>
  tell(routed, { kind: "commandFailed", reference: referenceOf(routed.target.id), error });

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
