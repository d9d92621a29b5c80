import { type Clock, delay } from "../clock.ts";

/**
 * Turns at even distances, however many ask together: work that comes in bursts stands in the way of everything else in
 * the process for as long as each burst takes. As long as somebody waits, the average is exact: a turn is due by the
 * one before, whenever that was taken.
 */
export class EvenPace {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  /** On the monotonic clock. */
  #nextTurnAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, turnsPerSecond: number) {
    this.#clock = clock;
    this.#intervalMs = 1000 / turnsPerSecond;
  }

  /** Resolves when it is the caller's turn, at once after a pause; early, without error, when `signal` aborts. */
  async turn(signal?: AbortSignal): Promise<void> {
    const nowMs = this.#clock.monotonic();
    const turnAtMs = Math.max(nowMs, this.#nextTurnAtMs);
    this.#nextTurnAtMs = turnAtMs + this.#intervalMs;
    if (turnAtMs > nowMs) await delay(this.#clock, turnAtMs - nowMs, signal);
  }
}
