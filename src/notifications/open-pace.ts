import type { Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";

/** When a direct message channel may be opened; one pace for all processes with the same token. */
export interface OpenPace {
  /** Takes a place if there is one. @returns 0, or how long until there may be one, ms */
  take(): Promise<number>;
  /** An opening that somebody waits for: it is counted and never refused. */
  count(): Promise<void>;
}

export interface OpenPaceOptions {
  readonly redis: Redis;
  readonly key: string;
  /** May be a fraction. */
  readonly opensPerSecond: number;
}

/**
 * So many may follow each other at once: whoever has a handful of new people need not make the second of them wait.
 * Bots were flagged after 20 to 40 (`discord-facts.md` 4.1).
 */
const burst = 5;

export function createOpenPace({ redis, key, opensPerSecond }: OpenPaceOptions): OpenPace {
  // The limiter counts whole openings in whole seconds; never faster than asked for.
  const duration = Math.max(1, Math.ceil(burst / opensPerSecond));
  const points = Math.max(1, Math.floor(opensPerSecond * duration));
  const limiter = new RateLimiterRedis({
    ...{ storeClient: redis, keyPrefix: key, points, duration },
    rejectIfRedisNotReady: true,
    // Without Redis each process keeps the pace by itself.
    insuranceLimiter: new RateLimiterMemory({ points, duration }),
  });
  return {
    async take() {
      try {
        await limiter.consume(all);
        return 0;
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        return Math.max(1, refusal.msBeforeNext);
      }
    },
    async count() {
      await limiter.penalty(all);
    },
  };
}

/** There is one pace, and not one for each of something. */
const all = "all";
