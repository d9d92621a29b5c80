import type { DiscordClock } from "./discord-clock.ts";
import type { Arrival } from "./interaction.ts";
import { answerLate } from "./late-answer.ts";
import { answerLeftBehind } from "./left-behind.ts";
import type { Middleware } from "./middleware.ts";
import type { Layer } from "./options.ts";
import { tellFailure } from "./reply.ts";
import type { GuardedAcknowledgement } from "./stall-guard.ts";

export interface Aged extends Arrival {
  readonly ageAtArrivalMs: number;
  /** {@link DiscordClock.createdAtMs} */
  readonly createdAtMs: number;
  /** Given when the stall guard has acknowledged it, or is about to. */
  readonly guarded?: Promise<GuardedAcknowledgement>;
}

/**
 * Stops what arrived too late to be acknowledged: a request would only be answered with 10062. An age that cannot be
 * trusted stops nothing; Discord decides then (`design.md`, rule 9).
 */
export function ageCheck(layer: Layer): Middleware<Arrival, Aged> {
  const { discordClock, maxAgeMs, tell, finish } = layer;
  return async (arrival, next) => {
    const { id } = arrival.target;
    discordClock.sampleSnowflake(id);
    const { ageMs, trusted } = discordClock.age(id);
    tell(arrival, { kind: "interactionArrived", ageMs });
    const aged = { ...arrival, ageAtArrivalMs: ageMs, createdAtMs: discordClock.createdAtMs(id) };
    if (!trusted || ageMs <= maxAgeMs) return next(aged);
    // However late this thread comes to it, the guard may have been in time.
    const guarded = layer.guard?.take(id);
    if (guarded !== undefined) return next({ ...aged, guarded });
    finish(arrival, "skipped");
    await answerSkipped(layer, aged).catch((error: unknown) => tellFailure(layer, aged, error));
  };
}

async function answerSkipped(layer: Layer, aged: Aged): Promise<void> {
  switch (await answerLeftBehind(layer, aged)) {
    case "answered":
      return;
    case "theirs":
      return layer.store?.release(aged.target.id);
    case "nobodys":
      return answerLate(layer, aged);
  }
}
