import type { Arrival } from "./interaction.ts";
import type { Middleware } from "./middleware.ts";
import type { Layer } from "./options.ts";

/** Discord accepts a first callback this long after the interaction was made, ms (`discord-facts.md` 1.1). */
export const acknowledgeWithinMs = 3000;
/** The token for edits and follow-ups lives this long, ms (`discord-facts.md` 1.1). */
export const answerWithinMs = 15 * 60_000;

export interface Aged extends Arrival {
  readonly ageAtArrivalMs: number;
  /** Monotonic clock, ms: when Discord made the interaction, as far as it is known. */
  readonly createdAtMs: number;
}

/**
 * Stops what arrived too late to be acknowledged: a request would only be answered with 10062. An age that cannot be
 * trusted stops nothing; Discord decides then (`design.md`, rule 9).
 */
export function ageCheck({ discordClock, maxAgeMs, publish, finish }: Layer): Middleware<Arrival, Aged> {
  return async (arrival, next) => {
    const { target, kind, command } = arrival;
    discordClock.sampleSnowflake(target.id);
    const { ageMs, trusted } = discordClock.age(target.id);
    publish({ kind: "interactionArrived", interactionId: target.id, interactionKind: kind, command, ageMs });
    if (trusted && ageMs > maxAgeMs) return finish(arrival, "skipped");
    await next({ ...arrival, ageAtArrivalMs: ageMs, createdAtMs: arrival.arrivedAtMs - ageMs });
  };
}
