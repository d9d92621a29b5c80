import type { Clock } from "../clock.ts";

/** A bound on memory, at a hundred bytes each. */
const maxUnsettled = 10_000;

export interface StrikesOptions {
  readonly clock: Clock;
  readonly send: (interactionId: string) => Promise<unknown>;
  readonly onError: (error: unknown) => void;
}

/**
 * Strikes interactions off, and makes good what could not be struck while Redis was away: left standing, it would be
 * answered again by another process as soon as this one ends.
 */
export class Strikes {
  readonly #options: StrikesOptions;
  /** Those that failed, with the monotonic time until which they matter; the oldest first. */
  readonly #unsettled = new Map<string, number>();

  constructor(options: StrikesOptions) {
    this.#options = options;
  }

  /** @param lifeMs how long the record may stand if it is not struck off, ms */
  async strike(interactionId: string, lifeMs: number): Promise<void> {
    try {
      await this.#options.send(interactionId);
    } catch (error) {
      this.#keep(interactionId, this.#options.clock.monotonic() + lifeMs);
      this.#options.onError(error);
    }
  }

  /** Redis is there: sends again what failed. Failures of these are not reported a second time. */
  async settle(): Promise<void> {
    const nowMs = this.#options.clock.monotonic();
    const sending = [...this.#unsettled].map(async ([interactionId, untilMs]) => {
      if (untilMs > nowMs) await this.#options.send(interactionId);
      this.#unsettled.delete(interactionId);
    });
    await Promise.allSettled(sending);
  }

  #keep(interactionId: string, untilMs: number): void {
    this.#unsettled.set(interactionId, untilMs);
    if (this.#unsettled.size <= maxUnsettled) return;
    // The oldest has the least life left in which it could be answered again.
    const [oldest] = this.#unsettled.keys();
    if (oldest !== undefined) this.#unsettled.delete(oldest);
  }
}
