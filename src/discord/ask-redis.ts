import type { Redis } from "ioredis";
import type { Clock } from "../clock.ts";
import { awaitWithin } from "../patience.ts";

/** Redis answers in well under a millisecond; nothing of the gateway waits longer for it, ms. */
const patienceMs = 500;

/** Redis did not answer, or was not there, in the time a connection to Discord may wait for it. */
export class RedisSlowError extends Error {
  override readonly name = "RedisSlowError";
  readonly code = "REDIS_SLOW";

  constructor() {
    super(`Redis did not answer within ${patienceMs} ms`);
  }
}

/** At the start, the connection to Redis is just being made. Undefined, after telling why, when there is no answer. */
export async function askRedis<T>(
  redis: Redis,
  clock: Clock,
  question: () => Promise<T>,
  onError: (error: unknown) => void,
): Promise<T | undefined> {
  const outcome = await awaitWithin(clock, patienceMs, whenReady(redis).then(question));
  if (outcome.kind === "settled") return outcome.value;
  onError(outcome.kind === "failed" ? outcome.error : new RedisSlowError());
  return undefined;
}

const whenReady = (redis: Redis): Promise<void> =>
  redis.status === "ready" ? Promise.resolve() : new Promise((resolve) => redis.once("ready", () => resolve()));
