import { DelayedError, type Job, UnrecoverableError, Worker } from "bullmq";
import { type Clock, delay } from "../clock.ts";
import { isRedisAway, type RedisAddress, workerConnection } from "../queue-connection.ts";
import { backoffMs } from "./backoff.ts";
import type { DeferReason, PublishNotificationEvent } from "./events.ts";
import { type JobData, type JobEnd, type JobName, type MalformedJobData, readJob } from "./jobs.ts";
import { type NotificationKeys, queueName } from "./keys.ts";
import type { Done } from "./person-records.ts";
import type { Received } from "./reception.ts";
import { type About, type Steps, taskOf } from "./worker-tasks.ts";

export interface DeliveryWorkerOptions extends Steps {
  readonly redis: RedisAddress;
  readonly keys: Pick<NotificationKeys, "queuePrefix">;
  /** Takes what could not be read before and can be now. */
  readonly accept: (entries: readonly Received[]) => Promise<void>;
  readonly clock: Clock;
  readonly publish: PublishNotificationEvent;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

/** Works on the queue, together with the workers of all other processes. */
export interface DeliveryWorker {
  /** Begins, and returns at once: Redis may come up whenever it likes. */
  start(): void;
  /** Begins nothing new in this process until {@link resume}. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * Begins nothing new, leaves what is under way `graceMs` to end, and gives up the rest: whatever has not ended then is
   * gone on with by the next process.
   */
  stop(graceMs: number): Promise<void>;
}

/** Jobs worked on at once; most of the time each waits for Discord. */
const concurrency = 50;

/** Of a killed process, jobs go on after this at most, and the pause between two looks for them, ms. */
const lockMs = 15_000;
const stalledIntervalMs = 5_000;

/** A job ends by what Discord or the rules say of it, not by the crashes of whoever works on it. */
const unlimited = 1_000_000_000;

/** Between two attempts of which Discord did not say when the next may be. */
const backoff = { firstMs: 500, maxMs: 60_000 };

/** After a lost connection to Redis, ms. */
const runRetryDelayMs = 1_000;

/** For what was given up to notice it, and for Redis to be told, ms. */
const abortMs = 1_000;

type QueueJob = Job<JobData | MalformedJobData, JobEnd, JobName>;

/** An attempt failed: the queue gives the job back after this time. */
class TryAgain extends Error {
  override readonly name = "TryAgain";
  readonly waitMs: number;

  constructor(waitMs: number) {
    super("tried again later");
    this.waitMs = waitMs;
  }
}

export function createDeliveryWorker(options: DeliveryWorkerOptions): DeliveryWorker {
  const { redis, keys, clock, publish, random = Math.random } = options;
  /** How each job ended that the queue has not been told of yet. */
  const ends = new WeakMap<object, About & { readonly done: Done }>();

  const worker = new Worker<JobData | MalformedJobData, JobEnd, JobName>(
    queueName,
    (job, token, signal) => process(job, token, signal ?? neverAborted),
    {
      connection: workerConnection(redis),
      prefix: keys.queuePrefix,
      autorun: false,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: stalledIntervalMs,
      maxStalledCount: unlimited,
      runRetryDelay: runRetryDelayMs,
      // No `skipVersionCheck`: of a Redis whose version it does not know, the library waits in whole seconds.
      settings: {
        backoffStrategy: (attempts = 1, _type, error) =>
          error instanceof TryAgain ? error.waitMs : backoffMs(attempts, backoff, random),
      },
    },
  );

  async function process(job: QueueJob, token: string | undefined, signal: AbortSignal): Promise<JobEnd> {
    const read = readJob(job.name, job.data);
    if (read === undefined) throw new UnrecoverableError("malformed unknownJob");
    const task = taskOf(read, job.id ?? "", options);
    if (task.kind === "malformed") throw new UnrecoverableError(`malformed ${task.reason}`);
    if (task.kind === "readAgain") {
      await options.accept([task.received]);
      return { end: "superseded", reason: "readAgain" };
    }
    const { personId } = task;
    const outcome = await task.run(signal);
    switch (outcome.kind) {
      case "ended":
        ends.set(job, { ...task, done: outcome.done });
        if (outcome.done.end === "deadLetter") throw new UnrecoverableError(outcome.done.reason ?? "unknown");
        return { end: outcome.done.end, reason: outcome.done.reason };
      case "wait":
        publish({ ...outcome, kind: "notificationDeferred", personId, identity: job.id ?? "" });
        await job.moveToDelayed(outcome.untilMs, token);
        if (isTheirOwn(outcome.reason)) await wakeIfFree(job, task.stillWaits);
        throw new DelayedError();
      case "retry": {
        const attempt = job.attemptsMade + 1;
        const waitMs = outcome.waitMs ?? backoffMs(attempt, backoff, random);
        publish({ kind: "deliveryRetried", personId, reason: outcome.reason, attempt, waitMs });
        throw new TryAgain(waitMs);
      }
    }
  }

  /**
   * Who changes their mind wakes what is put off by then; what was only about to be is woken here. What cannot be asked
   * comes in its time.
   */
  async function wakeIfFree(job: QueueJob, stillWaits: (() => Promise<boolean>) | undefined): Promise<void> {
    try {
      if ((await stillWaits?.()) === false) await job.promote();
    } catch {
      // Redis is away, or somebody else has woken it.
    }
  }

  /** Told when the queue has it: a crash before that repeats the step, and tells then. */
  const report = (job: QueueJob | undefined): void => {
    const ended = job && ends.get(job);
    if (ended === undefined) return;
    const { personId, publishedAtMs, receivedAtMs, done } = ended;
    publish({
      kind: "notificationEnded",
      ...{ personId, identity: job?.id ?? "", end: done.end, reason: done.reason, attempts: done.attempts },
      latencyMs: Math.max(0, done.atMs - receivedAtMs),
      sincePublicationMs: publishedAtMs === undefined ? undefined : Math.max(0, done.atMs - publishedAtMs),
    });
  };

  worker.on("completed", report);
  worker.on("failed", (job, error) => {
    if (error instanceof UnrecoverableError) report(job);
    else if (!(error instanceof TryAgain) && !isRedisAway(error)) publish({ kind: "workerFailed", error });
  });
  const tell = (error: unknown): void => {
    if (!isRedisAway(error))
      publish({ kind: "queueTrouble", reason: error instanceof Error ? error.message : "unknown" });
  };
  worker.on("error", tell);

  return {
    start() {
      worker.run().catch(tell);
    },
    pause: () => worker.pause(true),
    resume: () => worker.resume(),
    async stop(graceMs) {
      const closing = worker.close();
      if (await within(clock, graceMs, closing)) return;
      worker.cancelAllJobs("stopping");
      if (await within(clock, abortMs, closing)) return;
      // Redis does not answer either. What it believes to be worked on is gone on with when the locks are over.
      await within(clock, abortMs, worker.disconnect());
    },
  };
}

/** The person let it wait, and no one else. */
const isTheirOwn = (reason: DeferReason): boolean => reason === "muted" || reason === "quietHours";

const neverAborted = new AbortController().signal;

/** Whether the work ended in time; one that failed has ended. */
async function within(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<boolean> {
  const ended = new AbortController();
  const done = work.then(
    () => ended.abort(),
    () => ended.abort(),
  );
  await Promise.race([done, delay(clock, limitMs, ended.signal)]);
  return ended.signal.aborted;
}
