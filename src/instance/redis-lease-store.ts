import type { Redis } from "ioredis";
import { z } from "zod";
import { type LeaseKeys, leaseKeys } from "./lease-keys.ts";
import { type LeaseMember, readMember } from "./lease-member.ts";
import { acquireScript, leaveScript, passOnScript, renewScript } from "./lease-scripts.ts";
import type { Acquisition, LeaseStore } from "./lease-store.ts";

export interface RedisLeaseStoreOptions {
  /**
   * Of the lease alone: nothing else may keep a renewal waiting. Created with `enableOfflineQueue: false` and a
   * `commandTimeout`.
   */
  readonly redis: Redis;
  readonly fingerprint: string;
  readonly self: LeaseMember;
  /** How long a standby that says nothing more counts as one, ms. */
  readonly standbyLifeMs: number;
  /** Called when the lease was given up, and when Redis can be reached again. */
  readonly onFree: () => void;
}

export interface RedisLeaseStore extends LeaseStore {
  readonly keys: LeaseKeys;
  close(): void;
}

/** The lease in Redis, which counts how long it lasts. */
export function createRedisLeaseStore(options: RedisLeaseStoreOptions): RedisLeaseStore {
  const { redis, fingerprint, self, standbyLifeMs, onFree } = options;
  const keys = leaseKeys(fingerprint);
  const { holder, fence, finishing, standbys, freeChannel } = keys;
  const member = JSON.stringify(self);

  // Who only listens waits for Redis as long as it takes, and listens again after every outage.
  const listener = redis.duplicate({
    connectionName: "signalguard-lease-listener",
    enableOfflineQueue: true,
    maxRetriesPerRequest: null,
    commandTimeout: undefined,
  });
  listener.on("error", () => {});
  listener.on("message", onFree);
  // Whatever was told meanwhile was missed.
  listener.on("ready", onFree);
  listener.subscribe(freeChannel).catch(() => {});
  redis.on("ready", onFree);

  /** A connection that does not answer may be dead: the next attempt gets another one. */
  const run = async (script: string, scriptKeys: readonly string[], values: readonly (string | number)[]) => {
    try {
      return await redis.eval(script, scriptKeys.length, ...scriptKeys, ...values);
    } catch (error) {
      if (error instanceof Error && error.message === "Command timed out") redis.disconnect(true);
      throw error;
    }
  };

  return {
    keys,
    async acquire(durationMs, seen) {
      const reply = await run(
        acquireScript,
        [holder, fence, finishing, standbys],
        [self.id, member, durationMs, seen ?? "", standbyLifeMs],
      );
      return acquisitionOf(replySchema.parse(reply));
    },
    renew: async (durationMs, token) =>
      (await run(renewScript, [holder, fence], [self.id, member, durationMs, token])) === 1,
    passOn: async (token, finishMs) =>
      (await run(passOnScript, [holder, finishing], [token, finishMs, freeChannel])) === 1,
    async leave(token) {
      await run(leaveScript, [holder, finishing, standbys], [self.id, member, token ?? "", freeChannel]);
    },
    close() {
      listener.disconnect();
      redis.off("ready", onFree);
    },
  };
}

const replySchema = z.union([
  z.tuple([z.literal("ours"), z.string(), z.array(z.string())]),
  z.tuple([z.literal("held"), z.number(), z.string(), z.string()]),
  z.tuple([z.literal("forgotten")]),
]);

function acquisitionOf(reply: z.infer<typeof replySchema>): Acquisition {
  switch (reply[0]) {
    case "ours":
      return { kind: "ours", token: reply[1], finishing: reply[2] };
    case "held":
      return { kind: "held", leftMs: reply[1], token: reply[2], holder: readMember(reply[3]) };
    case "forgotten":
      return { kind: "forgotten" };
  }
}
