import { once } from "node:events";
import { type Job, UnrecoverableError, Worker } from "bullmq";
import { type Clock, systemClock } from "../../../src/clock.ts";
import { type Acceptance, type AcceptanceOptions, createAcceptance } from "../../../src/notifications/acceptance.ts";
import { type JobEnd, type NotificationJob, readJob } from "../../../src/notifications/jobs.ts";
import { createNotificationQueue, type NotificationQueue } from "../../../src/notifications/queue.ts";
import { workerConnection } from "../../../src/queue-connection.ts";
import type { OwnRedis } from "../../../src/sandbox/redis.ts";
import { EventRecord } from "./event-record.ts";

export const fingerprint = "0123456789abcdef";
export const db = 2;

/** The queue over an own connection, up. */
export async function openTestQueue(redis: OwnRedis): Promise<NotificationQueue> {
  const queue = createNotificationQueue({ redis: { url: redis.url, db }, fingerprint });
  await ready(queue);
  return queue;
}

export async function ready(queue: NotificationQueue): Promise<void> {
  if (queue.redis.status !== "ready") await once(queue.redis, "ready");
}

/** One process as far as taking in goes. */
export interface Intake {
  readonly acceptance: Acceptance;
  readonly events: EventRecord;
}

export function takingIn(
  queue: AcceptanceOptions["queue"],
  { clock = systemClock, ...options }: Partial<Omit<AcceptanceOptions, "queue">> & { readonly clock?: Clock } = {},
): Intake {
  const events = new EventRecord();
  const acceptance = createAcceptance({
    queue,
    clock,
    publish: events.publish,
    announcesChanges: true,
    backoff: { firstMs: 5, maxMs: 20 },
    ...options,
  });
  return { acceptance, events };
}

/** What waits in the queue. */
export async function queued({ jobs }: NotificationQueue): Promise<(NotificationJob & { readonly id: string })[]> {
  return (await jobs.getJobs("waiting")).map((job) => {
    const content = readJob(job.name, job.data);
    if (content === undefined || job.id === undefined) throw new Error(`job ${job.id} cannot be read`);
    return { ...content, id: job.id };
  });
}

/** Works on what waits, one after the other; what the handler throws makes a dead letter. */
export async function workOff(
  { jobs, keys }: NotificationQueue,
  redis: OwnRedis,
  handle: (content: NotificationJob) => JobEnd,
): Promise<void> {
  const count = await jobs.getWaitingCount();
  const worker = new Worker(
    jobs.name,
    async (job: Job) => {
      const content = readJob(job.name, job.data);
      if (content === undefined) throw new Error(`job ${job.id} cannot be read`);
      try {
        return handle(content);
      } catch (error) {
        throw new UnrecoverableError(error instanceof Error ? error.message : String(error));
      }
    },
    { connection: workerConnection({ url: redis.url, db }), prefix: keys.queuePrefix, autorun: false },
  );
  let finished = 0;
  const done = new Promise<void>((resolve) => {
    const tally = () => {
      finished += 1;
      if (finished === count) resolve();
    };
    worker.on("completed", tally);
    worker.on("failed", tally);
  });
  if (count > 0) {
    void worker.run();
    await done;
  }
  await worker.close();
}

/** A notification as it is published; without a time of its own when `timestamp` is undefined. */
export const published = (changes: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    discordUserId: "200000000000000001",
    signal: { signal: "buy", confidence: 0.82, entryPrice: 1.0853 },
    pair: "EUR/USD",
    timeframe: "4h",
    timestamp: "2026-01-05T11:59:00.000Z",
    ...changes,
  });
