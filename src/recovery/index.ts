import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { systemClock } from "../clock.ts";
import { nameOf } from "../sealing.ts";
import { createInteractionStore, type RecoveryStore, type StoreOperation } from "./store.ts";

export type { RecoveryStore, StoreOperation };

/** Redis answers in well under a millisecond, or is in trouble, ms. */
const commandTimeoutMs = 5000;

export interface RedisStoreOptions {
  /** `redis://…` or `rediss://…`: the same for every process of the bot. Other bots may use it too. */
  readonly url: string;
  /** The bot's token: what is kept can be read by processes with the same token and by nobody else. */
  readonly token: string;
  /**
   * Told of everything that failed; the layer goes on without Redis. `error` can repeat what was sent to Redis, a password
   * for instance: it is for a redacting logger only.
   */
  readonly onError?: (operation: StoreOperation | "connect", error: unknown) => void;
}

/**
 * A store for `protect`: open interactions are kept in Redis, encrypted, for as long as Discord allows an answer. With it,
 * several processes with one token run each interaction once, and what a process that died has left open is answered by
 * the next one or by another, about a quarter of a minute later. Nothing waits for a Redis that is away.
 *
 * Connects when it is started and lets go when it is stopped, both of which `protect` does.
 */
export function createRedisStore({ url, token, onError = () => {} }: RedisStoreOptions): RecoveryStore {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // A connection that died silently would keep what was asked over it for ever.
    commandTimeout: commandTimeoutMs,
  });
  redis.on("error", (error) => onError("connect", error));
  const store = createInteractionStore({
    redis,
    fingerprint: nameOf(token),
    secret: token,
    clock: systemClock,
    instanceId: randomUUID(),
    onError,
  });
  return {
    ...store,
    start() {
      // What fails is told as an "error", and tried again.
      redis.connect().catch(() => {});
      store.start();
    },
    async stop() {
      await store.stop();
      redis.disconnect();
    },
  };
}
