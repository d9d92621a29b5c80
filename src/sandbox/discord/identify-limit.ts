import type { Clock } from "../../clock.ts";

const dayMs = 24 * 60 * 60_000;

/** Discord's limit on IDENTIFY: so many in a day, which begins with the first of them (`discord-facts.md` 3.2). */
export class IdentifyLimit {
  readonly total = 1000;
  readonly #clock: Clock;
  #remaining: number;
  /** On the monotonic clock; undefined when all are left. */
  #resetAtMs: number | undefined;

  constructor(clock: Clock, remaining = this.total) {
    this.#clock = clock;
    this.#remaining = remaining;
    if (remaining < this.total) this.#resetAtMs = clock.monotonic() + dayMs;
  }

  get remaining(): number {
    this.#renew();
    return this.#remaining;
  }

  get resetAfterMs(): number {
    this.#renew();
    return this.#resetAtMs === undefined ? 0 : Math.ceil(this.#resetAtMs - this.#clock.monotonic());
  }

  /** @returns false when none was left */
  spend(): boolean {
    this.#renew();
    if (this.#remaining === 0) return false;
    this.#remaining -= 1;
    this.#resetAtMs ??= this.#clock.monotonic() + dayMs;
    return true;
  }

  #renew(): void {
    if (this.#resetAtMs === undefined || this.#clock.monotonic() < this.#resetAtMs) return;
    this.#remaining = this.total;
    this.#resetAtMs = undefined;
  }
}
