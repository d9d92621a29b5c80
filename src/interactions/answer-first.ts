import { sendAcknowledgement } from "./acknowledge-once.ts";
import { answerBody, deferBody } from "./bodies.ts";
import { acknowledgeWithinMs } from "./deadlines.ts";
import { deliver } from "./deliver.ts";
import { answerLeftBehind, giveUp } from "./left-behind.ts";
import type { Middleware } from "./middleware.ts";
import type { Layer } from "./options.ts";
import { record } from "./record.ts";
import { failedReply, toldIfStopped } from "./reply.ts";
import type { Routed } from "./route.ts";
import { owedTo, responderFor, startRun } from "./run-handler.ts";
import { within } from "./within.ts";

/** Kept back of the three seconds for bringing the acknowledgement to Discord, with a hedge and a retry, ms. */
const acknowledgeReserveMs = 1000;

/**
 * When the acknowledgement leaves at the latest, monotonic ms: `withinMs` after the arrival, whatever the answer or the
 * store does, and in time for Discord.
 */
export const acknowledgeAtMs = ({ handler, arrivedAtMs, createdAtMs }: Routed): number =>
  Math.min(arrivedAtMs + handler.mode.withinMs, createdAtMs + acknowledgeWithinMs - acknowledgeReserveMs);

/**
 * Where the answer itself may be the acknowledgement: a fast one goes out as the only callback, a slow one is deferred in
 * time. A modal can only be first, so when it is not ready in time a sentence takes its place.
 */
export function answerFirst(layer: Layer): Middleware<Routed, never> {
  const { clock, finish } = layer;
  return async (routed) => {
    const { mode } = routed.handler;
    const running = startRun(layer, routed, { show: async () => {} });
    const inTime = await within(running, Math.max(0, acknowledgeAtMs(routed) - clock.monotonic()), layer);
    const first =
      (inTime && toldIfStopped(layer, routed, inTime)) ??
      (mode.surface === "modal" ? failedReply(layer, routed, new Error("the modal was not ready in time")) : undefined);
    const body = first === undefined ? deferBody(mode) : answerBody(mode, first.answer, first.privately);
    // Beside the time that was waited already it costs nothing: whoever sees "thinking…" is on record.
    if (first === undefined) record(layer, routed);
    const acknowledged = sendAcknowledgement(layer, routed, body);
    const { ownership, payload, evidence, guarded } = await acknowledged;
    if (guarded && first !== undefined) layer.afterwards.do(() => record(layer, routed));
    if (ownership !== "owned") return giveUp(layer, routed, ownership);
    if (payload === "fallback") {
      layer.store?.strike(routed.target.id);
      return finish(routed, "failed");
    }
    if (first !== undefined && !guarded) {
      finish(routed, first.outcome);
      // What Discord did not accept in so many words, and shows, may be the "thinking…" of a process that is dead.
      if (evidence !== "accepted") await answerLeftBehind(layer, routed);
      return;
    }
    finish(routed, await deliver(layer, owedTo(layer, routed), responderFor(layer, routed, mode), running));
  };
}
