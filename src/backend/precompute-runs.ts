import { Queue, Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { Clock } from "../clock.ts";
import { awaitWithin } from "../patience.ts";
import { isRedisAway, type RedisAddress, workerConnection } from "../queue-connection.ts";

export interface PrecomputeRunsOptions {
  /** The connection that the parts share: what cannot be sent rejects. */
  readonly redis: Redis;
  /** The same Redis, for the worker's own connections. */
  readonly address: RedisAddress;
  /** Names the bot token. */
  readonly fingerprint: string;
  readonly everyMs: number;
  /** One run; undefined when there are to be none any more. */
  readonly run: ((signal: AbortSignal) => Promise<void>) | undefined;
  readonly clock: Clock;
  /** What is not explained by a Redis that is away; told once as long as it stays the same. */
  readonly onError: (error: unknown) => void;
}

export interface PrecomputeRuns {
  /** Gives up a run under way. Resolves within seconds whatever Redis does; later calls get the same. */
  stop(): Promise<void>;
}

const queueName = "precompute";
const schedulerId = "run";

/** Until Redis is told again what it could not be told, ms. */
const tellAgainMs = 10_000;
/** Of a killed process, its run is begun again by another one after this, ms. */
const lockMs = 15_000;
/** For a run that was given up to end, and for a Redis that does not answer, ms. */
const stopMs = 1_000;

/**
 * Lets all processes together do one run in every `everyMs`, each on one of them; or sees to it that no runs of an earlier
 * configuration are left. Returns at once: Redis may come up whenever it likes, and without it there are no runs.
 */
export function startPrecomputeRuns(options: PrecomputeRunsOptions): PrecomputeRuns {
  const { redis, run, clock } = options;
  const tell = tellOnce(options.onError);
  const prefix = `signalguard:${options.fingerprint}:queue`;
  const queue = new Queue(queueName, {
    connection: redis,
    prefix,
    // Otherwise what is asked of the queue would wait for a Redis that is away.
    skipWaitingForReady: true,
    // The check prints to the console.
    skipVersionCheck: true,
    skipMetasUpdate: true,
  });
  queue.on("error", tell);
  const stopping = new AbortController();

  const arrange = async (): Promise<void> => {
    if (run === undefined) {
      await queue.removeJobScheduler(schedulerId);
      return;
    }
    const opts = { removeOnComplete: true, removeOnFail: true };
    await queue.upsertJobScheduler(schedulerId, { every: options.everyMs }, { name: schedulerId, opts });
  };
  let cancelAgain = () => {};
  // Whenever Redis can be used again: one that was restarted may have forgotten it.
  const keepArranged = (): void => {
    cancelAgain();
    arrange().catch((error: unknown) => {
      tell(error);
      if (!stopping.signal.aborted) cancelAgain = clock.schedule(tellAgainMs, keepArranged);
    });
  };
  redis.on("ready", keepArranged);
  if (redis.status === "ready") keepArranged();

  const worker = run && startWorker({ ...options, run, prefix, stopping: stopping.signal, tell });
  const stop = async (): Promise<void> => {
    redis.off("ready", keepArranged);
    cancelAgain();
    stopping.abort();
    if (worker !== undefined) {
      const closed = await awaitWithin(clock, stopMs, worker.close());
      if (closed.kind === "late") await awaitWithin(clock, stopMs, worker.disconnect());
    }
    await awaitWithin(clock, stopMs, queue.close());
  };
  let stopped: Promise<void> | undefined;
  return {
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

interface WorkerSettings extends Pick<PrecomputeRunsOptions, "address"> {
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly prefix: string;
  readonly stopping: AbortSignal;
  readonly tell: (error: unknown) => void;
}

function startWorker({ address, run, prefix, stopping, tell }: WorkerSettings): Worker {
  const worker = new Worker(queueName, () => run(stopping), {
    connection: workerConnection(address),
    prefix,
    autorun: false,
    lockDuration: lockMs,
    stalledInterval: lockMs,
    // No `skipVersionCheck`: of a Redis whose version it does not know, the library waits in whole seconds.
  });
  worker.on("failed", (_job, error) => tell(error));
  worker.on("error", tell);
  worker.run().catch(tell);
  return worker;
}

/** Every run would tell the same trouble again. A run that a restarted Redis has forgotten is not missed. */
function tellOnce(onError: (error: unknown) => void): (error: unknown) => void {
  let told: string | undefined;
  return (error) => {
    if (isRedisAway(error) || isForgotten(error)) return;
    const message = error instanceof Error ? error.message : "unknown";
    if (message !== told) onError(error);
    told = message;
  };
}

const isForgotten = (error: unknown): boolean =>
  error instanceof Error && /^(Missing (lock|key) for job|could not renew lock)/i.test(error.message);
