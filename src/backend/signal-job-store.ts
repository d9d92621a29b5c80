import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { withinPatience } from "../patience.ts";
import { json } from "./fields.ts";
import { jobIdSchema } from "./job-result.ts";

/** The channel on which the backend publishes results of jobs. */
export const signalReadyChannel = "signal-ready";

/** The jobs that stand for one signal, and when the last of them was asked for: ms since the epoch. */
export interface OpenJobs {
  /** The first one, and the one asked for when it did not end. */
  readonly jobIds: readonly string[];
  readonly askedAtMs: number;
}

/** A result as it came, and when: ms since the epoch. */
export interface KeptResult {
  readonly text: string;
  readonly cameAtMs: number;
}

/**
 * What must outlive a process about signals that the backend is computing, where every process that asks the same backend
 * sees it. Never throws and never rejects: what cannot be read is not there, what cannot be kept is not kept.
 */
export interface SignalJobStore {
  readOpen(key: string): Promise<OpenJobs | undefined>;
  /** Kept for `lifeMs`. */
  writeOpen(key: string, open: OpenJobs, lifeMs: number): void;
  /** They ended. */
  removeOpen(key: string): void;
  readResult(jobId: string): Promise<KeptResult | undefined>;
  writeResult(jobId: string, result: KeptResult, lifeMs: number): void;
  /** Lets the other processes hear of a result that only this one got. */
  announce(text: string): void;
}

export interface RedisSignalJobsOptions {
  readonly redis: Pick<Redis, "get" | "set" | "del" | "publish">;
  /** Tells backends apart that share a Redis. */
  readonly backendUrl: string;
  readonly clock: Clock;
}

/** Redis nearby answers in one or two. A job that is overlooked is computed twice, which takes longer than this, ms. */
const patienceMs = 2_000;

export function createRedisSignalJobs({ redis, backendUrl, clock }: RedisSignalJobsOptions): SignalJobStore {
  const backend = createHash("sha256").update(backendUrl).digest("hex").slice(0, 8);
  const prefix = `signalguard:signal-jobs:${backend}`;
  const openKey = (key: string): string => `${prefix}:open:${key}`;
  const resultKey = (jobId: string): string => `${prefix}:result:${jobId}`;
  const read = async <T>(key: string, schema: z.ZodType<T>): Promise<T | undefined> =>
    schema.safeParse(await withinPatience(clock, patienceMs, redis.get(key))).data;
  const write = (key: string, value: object, lifeMs: number): void =>
    ignore(redis.set(key, JSON.stringify(value), "PX", Math.max(1, Math.round(lifeMs))));
  return {
    readOpen: (key) => read(openKey(key), openSchema),
    writeOpen: (key, open, lifeMs) => write(openKey(key), open, lifeMs),
    removeOpen: (key) => ignore(redis.del(openKey(key))),
    readResult: (jobId) => read(resultKey(jobId), resultSchema),
    writeResult: (jobId, result, lifeMs) => write(resultKey(jobId), result, lifeMs),
    announce: (text) => ignore(redis.publish(signalReadyChannel, text)),
  };
}

/** That Redis is down has been said, and this process goes on with its memory. */
function ignore(task: Promise<unknown>): void {
  task.catch(() => {});
}

const openSchema = json(z.object({ jobIds: z.array(jobIdSchema).min(1).max(10), askedAtMs: z.number() }));
const resultSchema = json(z.object({ text: z.string(), cameAtMs: z.number() }));
