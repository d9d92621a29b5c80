import type { Redis } from "ioredis";
import type { Clock } from "../clock.ts";
import { type Fence, runScript } from "../fence.ts";
import { awaitWithin } from "../patience.ts";
import { refreshScript } from "./scripts.ts";

/**
 * How often an instance says that it lives, and how long that holds, ms: two refreshes may be lost, and a third may be
 * late, before it looks dead.
 */
export const refreshMs = 2_000;
export const livenessMs = 7_000;

/**
 * A longer time between two refreshes of our own means that Redis was away, and then others may look dead who are not.
 * Shorter than it takes a living one to look dead (`livenessMs` less `refreshMs`).
 */
export const longestGapMs = 3_000;

/** What stopping may cost a process that wants to end, ms. */
const farewellMs = 500;

export interface LivenessOptions {
  readonly redis: Redis;
  readonly fence?: Fence | undefined;
  readonly key: string;
  readonly clock: Clock;
  /** After each refresh: Redis is there. */
  readonly onRefreshed: () => void;
  readonly onError: (error: unknown) => void;
}

/** Keeps the key that shows the others that this instance lives. */
export class Liveness {
  readonly #options: LivenessOptions;
  #cancelNext: (() => void) | undefined;
  #refreshing = false;
  #lastMs = Number.NEGATIVE_INFINITY;
  #steadySinceMs = 0;

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  /** Since when our refreshes have come through without a gap, monotonic ms; undefined when they do not. */
  get steadySinceMs(): number | undefined {
    return this.#options.clock.monotonic() - this.#lastMs > longestGapMs ? undefined : this.#steadySinceMs;
  }

  start(): void {
    if (this.#cancelNext !== undefined) return;
    // Whoever comes back after an outage must say so before others have looked.
    this.#options.redis.on("ready", this.#tick);
    this.#tick();
  }

  /** Lets go of the key, so that nobody has to wait for it to expire. Takes half a second at most. */
  async stop(): Promise<void> {
    const { redis, key, clock } = this.#options;
    if (this.#cancelNext === undefined) return;
    redis.off("ready", this.#tick);
    this.#cancelNext();
    this.#cancelNext = undefined;
    this.#lastMs = Number.NEGATIVE_INFINITY;
    if (redis.status === "ready") await awaitWithin(clock, farewellMs, redis.del(key));
  }

  readonly #tick = (): void => {
    this.#cancelNext?.();
    this.#cancelNext = this.#options.clock.schedule(refreshMs, this.#tick);
    void this.#refresh();
  };

  async #refresh(): Promise<void> {
    const { redis, fence, key, clock, onRefreshed, onError } = this.#options;
    if (this.#refreshing || redis.status !== "ready") return;
    this.#refreshing = true;
    try {
      await runScript({ redis, fence }, refreshScript, [key], [livenessMs]);
      const nowMs = clock.monotonic();
      if (nowMs - this.#lastMs > longestGapMs) this.#steadySinceMs = nowMs;
      this.#lastMs = nowMs;
    } catch (error) {
      this.#lastMs = Number.NEGATIVE_INFINITY;
      onError(error);
      return;
    } finally {
      this.#refreshing = false;
    }
    onRefreshed();
  }
}
