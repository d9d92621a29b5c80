import type { DiscordClock } from "./discord-clock.ts";
import type { Arrival } from "./interaction.ts";
import { answerLate } from "./late-answer.ts";
import type { Middleware } from "./middleware.ts";
import type { Layer } from "./options.ts";
import { tellFailure } from "./reply.ts";

export interface Aged extends Arrival {
  readonly ageAtArrivalMs: number;
  /** {@link DiscordClock.createdAtMs} */
  readonly createdAtMs: number;
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
    finish(arrival, "skipped");
    await answerLate(layer, aged).catch((error: unknown) => tellFailure(layer, aged, error));
  };
}
