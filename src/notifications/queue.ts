import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { z } from "zod";
import type { RedisAddress } from "../queue-connection.ts";
import type { Halt } from "./delivery-end.ts";
import { type JobData, type JobEnd, type JobName, jobOptions, type MalformedJobData } from "./jobs.ts";
import { type NotificationKeys, notificationKeys, queueName } from "./keys.ts";

export interface NotificationQueueOptions {
  readonly redis: RedisAddress;
  /** Names the bot token. */
  readonly fingerprint: string;
  /** What the connection reports by itself. Commands that fail reject as well. */
  readonly onError?: (error: unknown) => void;
}

export type JobQueue = Queue<JobData | MalformedJobData, JobEnd, JobName>;

/** The durable queue, and the connection beside it. */
export interface NotificationQueue {
  readonly keys: NotificationKeys;
  readonly jobs: JobQueue;
  /** Nothing sent over it waits for a Redis that is away: it rejects. */
  readonly redis: Redis;
  /** Stops every worker, in every process, until {@link resume}; survives restarts. */
  halt(reason: Halt, atMs: number): Promise<void>;
  /** @returns why it had been stopped, undefined when it had not */
  resume(): Promise<Halted | undefined>;
  /** Whether and why it is stopped. */
  halted(): Promise<Halted | undefined>;
  close(): Promise<void>;
}

/** Why no notification is worked on any more, and since when (ms since the epoch), as far as it is known. */
export interface Halted {
  readonly reason: Halt | "paused";
  readonly atMs: number | undefined;
}

/** Opens the queue and returns at once: Redis may come up whenever it likes. */
export function createNotificationQueue(options: NotificationQueueOptions): NotificationQueue {
  const { redis: address, fingerprint, onError } = options;
  const redis = new Redis(address.url, { ...patientless, db: address.db, connectionName: "signalguard-queue" });
  // Once the queue is closed it does not listen any more, and the library prints what nobody listens to.
  redis.on("error", () => {});
  return openQueue({ redis, fingerprint, ...(onError && { onError }) });
}

/** The queue over a connection of the caller's, who closes it. */
export function openQueue(options: {
  readonly redis: Redis;
  readonly fingerprint: string;
  readonly onError?: (error: unknown) => void;
}): NotificationQueue {
  const { redis, fingerprint, onError = () => {} } = options;
  const keys = notificationKeys(fingerprint);
  const jobs: JobQueue = new Queue(queueName, {
    connection: redis,
    prefix: keys.queuePrefix,
    defaultJobOptions: jobOptions,
    // Otherwise everything asked of the queue would wait for a Redis that is away.
    skipWaitingForReady: true,
    // The check prints to the console.
    skipVersionCheck: true,
    // Who only looks leaves no trace.
    skipMetasUpdate: true,
  });
  // Without a listener the library prints them.
  jobs.on("error", onError);

  const halted = async (): Promise<Halted | undefined> => {
    const [paused, text] = await Promise.all([jobs.isPaused(), redis.get(keys.halted)]);
    if (!paused) return undefined;
    return haltedSchema.safeParse(text).data ?? { reason: "paused", atMs: undefined };
  };
  return {
    keys,
    jobs,
    redis,
    halted,
    async halt(reason, atMs) {
      await redis.set(keys.halted, JSON.stringify({ reason, atMs }));
      await jobs.pause();
    },
    async resume() {
      const before = await halted();
      await jobs.resume();
      await redis.del(keys.halted);
      return before;
    },
    async close() {
      await jobs.close();
      redis.disconnect();
    },
  };
}

const haltedSchema = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue("not JSON");
      return z.NEVER;
    }
  })
  .pipe(z.object({ reason: z.enum(["quarantined", "unauthorized"]), atMs: z.number() }));

/** For what is asked now and of no use later. */
const patientless = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // A connection that died silently would keep what was asked over it for ever, ms.
  commandTimeout: 5000,
};
