import { type JobName, type NotificationJob, readJob } from "./jobs.ts";
import type { JobQueue, NotificationQueue } from "./queue.ts";
import { readPayload } from "./reception.ts";

/** What will never be delivered, unless it is redriven. */
export interface DeadLetter {
  readonly id: string;
  readonly name: JobName;
  /** When it was given up, ms since the epoch. */
  readonly atMs: number | undefined;
  /** Why, in few words. */
  readonly reason: string;
  /** As far as they can be read. */
  readonly personId: string | undefined;
  readonly pair: string | undefined;
}

export interface DeadLetterInFull extends DeadLetter {
  /** ms since the epoch. */
  readonly receivedAtMs: number | undefined;
  readonly way: string | undefined;
  /** How often it was worked on. */
  readonly attempts: number;
  /** What was at fault in one that could not be read. */
  readonly path: string | undefined;
  /** As published, cut when it was too long to be kept. Untrusted text. */
  readonly payload: string;
}

/** What came of asking for one to be tried again. */
export type Redriven = "redriven" | "unknown" | "noDeadLetter";

type Queue = Pick<NotificationQueue, "jobs" | "redis" | "keys">;
type QueuedJob = NonNullable<Awaited<ReturnType<JobQueue["getJob"]>>>;

/** Newest first; pages count from 1. */
export async function listDeadLetters(
  { jobs }: Queue,
  { page, limit }: { readonly page: number; readonly limit: number },
): Promise<{ readonly total: number; readonly letters: readonly DeadLetter[] }> {
  const [total, failed] = await Promise.all([
    jobs.getFailedCount(),
    jobs.getFailed((page - 1) * limit, page * limit - 1),
  ]);
  return { total, letters: failed.map((job) => describe(job)) };
}

/** @returns undefined when there is no dead letter of this id */
export async function showDeadLetter({ jobs }: Queue, id: string): Promise<DeadLetterInFull | undefined> {
  const job = await jobs.getJob(id);
  if (job === undefined || !(await job.isFailed())) return undefined;
  const content = readJob(job.name, job.data);
  return {
    ...describe(job),
    receivedAtMs: content?.receivedAtMs,
    way: content?.way,
    attempts: job.attemptsStarted,
    path: content?.name === "malformed" ? content.path : undefined,
    payload: content?.payload ?? JSON.stringify(job.data),
  };
}

/** Has it tried again from the beginning, reading included. */
export async function redrive({ jobs, redis, keys }: Queue, id: string): Promise<Redriven> {
  const job = await jobs.getJob(id);
  if (job === undefined) return "unknown";
  if (!(await job.isFailed())) return "noDeadLetter";
  // Its end would be found, and it would end so again.
  await redis.del(keys.done(id));
  await job.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
  return "redriven";
}

/** Those that there are now: one that fails again meanwhile is not tried once more. @returns how many were redriven */
export async function redriveAll(queue: Queue): Promise<number> {
  let count = 0;
  for (const id of await queue.jobs.getRanges(["failed"], 0, -1)) {
    if ((await redrive(queue, id)) === "redriven") count += 1;
  }
  return count;
}

function describe(job: QueuedJob): DeadLetter {
  const content = readJob(job.name, job.data);
  return {
    id: job.id ?? "",
    name: job.name,
    atMs: job.finishedOn ?? undefined,
    reason: job.failedReason ?? "",
    ...(content === undefined ? { personId: undefined, pair: undefined } : subjectOf(content)),
  };
}

function subjectOf(job: NotificationJob): Pick<DeadLetter, "personId" | "pair"> {
  const parsed = readPayload(job);
  switch (parsed.kind) {
    case "notification":
      return { personId: parsed.notification.personId, pair: parsed.notification.signal.pair };
    case "signalChange":
      return { personId: undefined, pair: parsed.change.signal.pair };
    case "malformed":
      return { personId: undefined, pair: undefined };
  }
}
