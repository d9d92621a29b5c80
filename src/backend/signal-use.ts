import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { queryOfKey } from "./signal-query.ts";

/** Which signals people ask for, over all processes that ask the same backend. */
export interface SignalUse {
  /** Returns at once; what cannot be counted is not. */
  count(key: string): void;
  /** Of this hour and the last, the keys asked for most, the most wanted first. Rejects while Redis cannot be used. */
  mostAsked(most: number): Promise<readonly string[]>;
}

export interface SignalUseOptions {
  readonly redis: Pick<Redis, "pipeline" | "zunion">;
  /** Tells backends apart that share a Redis. */
  readonly backendUrl: string;
  readonly clock: Clock;
}

const hourMs = 3_600_000;
/** An hour counts until the next one is over. */
const keptMs = 2 * hourMs;
/** What was asked for once may never be again. */
const leastAsked = 2;

export function createSignalUse({ redis, backendUrl, clock }: SignalUseOptions): SignalUse {
  const backend = createHash("sha256").update(backendUrl).digest("hex").slice(0, 8);
  const hourKey = (back: number): string =>
    `signalguard:signalUse:${backend}:${Math.floor(clock.now() / hourMs) - back}`;
  return {
    count(key) {
      const hour = hourKey(0);
      // That Redis is down has been said, and nobody waits for this.
      redis
        .pipeline()
        .zincrby(hour, 1, key)
        .pexpire(hour, keptMs)
        .exec()
        .catch(() => {});
    },
    async mostAsked(most) {
      const counted = scoresSchema.parse(await redis.zunion(2, hourKey(0), hourKey(1), "WITHSCORES"));
      return counted
        .filter(({ key, times }) => times >= leastAsked && queryOfKey(key) !== undefined)
        .sort((a, b) => b.times - a.times || a.key.localeCompare(b.key))
        .slice(0, most)
        .map(({ key }) => key);
    },
  };
}

/** Keys and their scores in turns. */
const scoresSchema = z
  .array(z.string())
  .transform((flat) =>
    flat.flatMap((key, index) => (index % 2 === 0 ? [{ key, times: Number(flat[index + 1]) }] : [])),
  );
