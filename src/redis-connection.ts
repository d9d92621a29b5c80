import { Redis } from "ioredis";
import { z } from "zod";
import { redisReason } from "./notifications/subscriber.ts";

/** Redis answers in well under a millisecond, or is in trouble, ms. */
const defaultCommandTimeoutMs = 5000;

export interface RedisConnectionOptions {
  readonly url: string;
  readonly db: number;
  /** As the server lists it. Default: `signalguard`. */
  readonly name?: string;
  /** How long one answer is waited for, ms. */
  readonly commandTimeoutMs?: number;
  /** The longest pause between two attempts to connect again, ms. */
  readonly longestPauseMs?: number;
  /** Called whenever Redis can be used again, or cannot any more; `reason` is short and holds no secret. */
  readonly onState: (state: "up" | "down", reason: string | undefined) => void;
}

/**
 * The connection that the parts share. Nobody waits for it: what needs Redis now and cannot have it goes on without. A
 * database that the server does not have counts as a Redis that is down, since the library would go on with database 0.
 */
export function createRedisConnection(options: RedisConnectionOptions): Redis {
  const { url, db, onState, name = "signalguard" } = options;
  const { commandTimeoutMs = defaultCommandTimeoutMs, longestPauseMs = 2000 } = options;
  const redis = new Redis(url, {
    db,
    connectionName: name,
    retryStrategy: (attempt) => Math.min(attempt * 50, longestPauseMs),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // A connection that died silently would keep what was asked over it for ever.
    commandTimeout: commandTimeoutMs,
  });
  const noDatabase = `REDIS_DB ${db} cannot be used on this server`;
  let trouble: string | undefined;
  let told: string | undefined;
  // Every attempt to connect again ends in a "close" of its own, with a reason that may be another one each time.
  const tell = (state: "up" | "down", reason: string | undefined): void => {
    const news = reason === noDatabase ? reason : state;
    if (news !== told) onState(state, reason);
    told = news;
    trouble = undefined;
  };
  redis.on("ready", () => tell("up", undefined));
  redis.on("error", (error) => {
    // What fails because of the end of the connection says nothing more.
    if (trouble === noDatabase) return;
    trouble = isSelectRefused(error) ? noDatabase : redisReason(error);
    // Nothing is written where nobody asked for it, and the next attempt asks again.
    if (trouble === noDatabase) redis.disconnect(true);
  });
  redis.on("close", () => tell("down", trouble));
  return redis;
}

const refusedSelect = z.object({ command: z.object({ name: z.literal("select") }) });

/** Who was not let in is refused everything, and that is another trouble. */
const isSelectRefused = (error: unknown): boolean =>
  refusedSelect.safeParse(error).success && redisReason(error) !== "NOAUTH";
