import type { Clock } from "../clock.ts";
import { answerWithinMs } from "./deadlines.ts";

/** A bound on memory: more than a bot gets in the quarter of an hour that an interaction lives. */
const mostRemembered = 50_000;

/** The interactions that this process has taken, for as long as they live: each is taken once, synchronously. */
export class ClaimedIds {
  readonly #clock: Clock;
  /** Monotonic times of the claims, the oldest first. */
  readonly #claimedAtMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns whether it is taken now; false when it was before */
  claim(id: string): boolean {
    if (this.#claimedAtMs.has(id)) return false;
    this.#claimedAtMs.set(id, this.#clock.monotonic());
    return true;
  }

  forgetOld(): void {
    const endedAtMs = this.#clock.monotonic() - answerWithinMs;
    for (const [id, atMs] of this.#claimedAtMs) {
      if (atMs >= endedAtMs && this.#claimedAtMs.size <= mostRemembered) return;
      this.#claimedAtMs.delete(id);
    }
  }
}
