import { Redis } from "ioredis";

/** For a look that must not take long, ms. */
export interface InquiryLimits {
  readonly connectMs: number;
  readonly answerMs: number;
}

export const quickInquiry: InquiryLimits = { connectMs: 3000, answerMs: 3000 };

/**
 * Connects, asks, and lets go. Nothing is tried again, so that a Redis that is down is known at once.
 *
 * @throws what connecting or `ask` throws; the message may hold what was sent, so say `redisReason` of it
 */
export async function withRedis<T>(
  server: { readonly url: string; readonly db: number },
  ask: (redis: Redis) => Promise<T>,
  limits: InquiryLimits = quickInquiry,
): Promise<T> {
  const redis = new Redis(server.url, {
    connectionName: "signalguard-inquiry",
    lazyConnect: true,
    retryStrategy: () => null,
    enableOfflineQueue: false,
    connectTimeout: limits.connectMs,
    commandTimeout: limits.answerMs,
    // Reading is all that is done here; what is asked while Redis loads its data fails, and says so.
    enableReadyCheck: false,
  });
  let trouble: unknown;
  redis.on("error", (error) => {
    trouble ??= error;
  });
  try {
    await redis.connect();
    // Not left to the library, which would go on with database 0 where the server has no such one.
    if (server.db !== 0) await redis.select(server.db);
    return await ask(redis);
  } catch (error) {
    throw trouble ?? error;
  } finally {
    redis.disconnect();
  }
}
