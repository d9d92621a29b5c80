/** Discord's ids carry their creation time: ms since 2015 in the bits from 22 up (`discord-facts.md` 6). */
const discordEpochMs = 1_420_070_400_000n;
const timestampShift = 22n;
/** The low 12 bits number the ids of one millisecond; the ten above name the worker that made them, 0 here. */
const incrementLimit = 1n << 12n;

/** Makes unique, strictly increasing ids on the given clock. */
export class SnowflakeSource {
  readonly #now: () => number;
  #lastMs = -1n;
  #increment = 0n;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** An id of this moment; unique even when the clock stands still or goes back. */
  next(): string {
    const nowMs = sinceEpoch(this.#now());
    if (nowMs > this.#lastMs) {
      this.#lastMs = nowMs;
      this.#increment = 0n;
    } else {
      this.#increment += 1n;
      // A full millisecond borrows from the next one, as the increasing order matters more than one millisecond.
      if (this.#increment === incrementLimit) {
        this.#lastMs += 1n;
        this.#increment = 0n;
      }
    }
    return String((this.#lastMs << timestampShift) | this.#increment);
  }

  /** The smallest id of a moment, ms since the Unix epoch; not unique. */
  at(ms: number): string {
    return String(sinceEpoch(ms) << timestampShift);
  }
}

/** When an id was made, ms since the Unix epoch. */
export const snowflakeTime = (id: string): number => Number((BigInt(id) >> timestampShift) + discordEpochMs);

const sinceEpoch = (ms: number): bigint => BigInt(Math.floor(ms)) - discordEpochMs;
