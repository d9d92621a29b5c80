import type { Clock } from "../clock.ts";

const discordEpochMs = 1_420_070_400_000;
/** Clocks drift and are set; what was learned longer ago says nothing any more, ms. */
const windowMs = 10 * 60_000;
/** A wall clock that gains or loses more than this at once against the monotonic one has been set, ms. */
const setByMs = 250;
/** A bound on memory only: bounds that a newer and tighter one replaces are not kept anyway. */
const maxBounds = 64;

/** When Discord made the id, ms since the Unix epoch on Discord's clock (`discord-facts.md` 6). */
export const snowflakeTimeMs = (id: string): number => Number(BigInt(id) >> 22n) + discordEpochMs;

interface Bound {
  readonly valueMs: number;
  readonly learnedAtMs: number;
}

/**
 * Discord's clock, as far as it can be proved from here. Every sample bounds the offset (ours minus Discord's) from one
 * or both sides, and samples intersect: a snowflake was made before it arrived, and an HTTP `Date` of one-second
 * resolution was written between request and response. While zero is possible, our clock is taken as right; otherwise
 * the largest possible offset is used, so that no interaction is ever taken for older than it can be proved to be.
 */
export class DiscordClock {
  readonly #clock: Clock;
  #lower: readonly Bound[] = [];
  #upper: readonly Bound[] = [];
  /** Our wall clock minus our monotonic one, when the bounds were last looked at. */
  #startedAtMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAtMs = clock.now() - clock.monotonic();
  }

  /** @param date an HTTP `Date` header; ignored when it is none. Times are wall-clock ms of this machine. */
  sampleDate(date: string | null | undefined, sentAtMs: number, receivedAtMs: number): void {
    const dateMs = Date.parse(date ?? "");
    if (Number.isNaN(dateMs)) return;
    this.#learn({ lowerMs: sentAtMs - (dateMs + 1000), upperMs: receivedAtMs - dateMs });
  }

  sampleSnowflake(id: string): void {
    this.#learn({ upperMs: this.#clock.now() - snowflakeTimeMs(id) });
  }

  /** Ours minus Discord's, ms; `trusted` only when it is bounded from both sides and the bounds agree. */
  offset(): { readonly offsetMs: number; readonly trusted: boolean; readonly uncertaintyMs: number } {
    this.#followOwnClock();
    const isFresh = this.#freshness();
    const lower = this.#lower.find(isFresh)?.valueMs;
    const upper = this.#upper.find(isFresh)?.valueMs;
    if (upper === undefined) return { offsetMs: 0, trusted: false, uncertaintyMs: Number.POSITIVE_INFINITY };
    if (lower === undefined)
      return { offsetMs: Math.min(0, upper), trusted: false, uncertaintyMs: Number.POSITIVE_INFINITY };
    const zeroIsPossible = lower <= 0 && upper >= 0;
    return { offsetMs: zeroIsPossible ? 0 : upper, trusted: lower <= upper, uncertaintyMs: Math.abs(upper - lower) };
  }

  /** Age of an interaction now, ms; never more than can be proved, and `trusted` says whether that means anything. */
  age(id: string): { readonly ageMs: number; readonly trusted: boolean } {
    const { offsetMs, trusted } = this.offset();
    return { ageMs: Math.max(0, this.#clock.now() - offsetMs - snowflakeTimeMs(id)), trusted };
  }

  /**
   * When Discord made the id, on our monotonic clock, ms. Now, where its age cannot be trusted: then nothing is given up
   * before Discord says so (`design.md`, rule 9).
   */
  createdAtMs(id: string): number {
    const { ageMs, trusted } = this.age(id);
    return this.#clock.monotonic() - (trusted ? ageMs : 0);
  }

  #learn(sample: { readonly lowerMs?: number; readonly upperMs: number }): void {
    this.#followOwnClock();
    const isFresh = this.#freshness();
    const learnedAtMs = this.#clock.monotonic();
    const upper = { valueMs: sample.upperMs, learnedAtMs };
    this.#upper = [...this.#upper.filter((bound) => bound.valueMs < upper.valueMs && isFresh(bound)), upper].slice(
      -maxBounds,
    );
    if (sample.lowerMs !== undefined) {
      const lower = { valueMs: sample.lowerMs, learnedAtMs };
      this.#lower = [...this.#lower.filter((bound) => bound.valueMs > lower.valueMs && isFresh(bound)), lower].slice(
        -maxBounds,
      );
    }
    // Bounds that exclude each other: one of the clocks was set. Only the newest sample still holds.
    if ((this.#lower[0]?.valueMs ?? Number.NEGATIVE_INFINITY) > (this.#upper[0]?.valueMs ?? Number.POSITIVE_INFINITY)) {
      this.#upper = this.#upper.slice(-1);
      this.#lower = sample.lowerMs === undefined ? [] : this.#lower.slice(-1);
    }
  }

  /** Whoever sets our clock moves every bound by as much; until the next look at Discord's, ages would be wrong. */
  #followOwnClock(): void {
    const startedAtMs = this.#clock.now() - this.#clock.monotonic();
    const movedMs = startedAtMs - this.#startedAtMs;
    this.#startedAtMs = startedAtMs;
    if (Math.abs(movedMs) <= setByMs) return;
    const move = (bound: Bound): Bound => ({ ...bound, valueMs: bound.valueMs + movedMs });
    this.#lower = this.#lower.map(move);
    this.#upper = this.#upper.map(move);
  }

  #freshness(): (bound: Bound) => boolean {
    const oldestMs = this.#clock.monotonic() - windowMs;
    return ({ learnedAtMs }) => learnedAtMs >= oldestMs;
  }
}
