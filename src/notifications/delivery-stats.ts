import { z } from "zod";
import { type JobEnd, jobEndSchema } from "./jobs.ts";
import { parseJson } from "./message.ts";
import type { Halted, NotificationQueue } from "./queue.ts";

/** What became of everything that the queue remembers: finished ones for days, open ones and dead letters besides. */
export interface DeliveryStats {
  /** Open ones, ends and dead letters together. */
  readonly accepted: number;
  readonly open: { readonly waiting: number; readonly delayed: number; readonly active: number };
  /** Finished ones by how they ended. */
  readonly ends: Readonly<Record<string, number>>;
  /** By reason. */
  readonly deadLetters: Readonly<Record<string, number>>;
  readonly halted: Halted | undefined;
}

type Queue = Pick<NotificationQueue, "jobs" | "redis" | "halted">;

/** Counts what there is at one moment, so that nothing that moves meanwhile is missed or counted twice. */
export async function readStats(queue: Queue): Promise<DeliveryStats> {
  const { waiting, delayed, active, completed, failed } = await takeSnapshot(queue);
  const [values, reasons, halted] = await Promise.all([
    readField(queue, completed, "returnvalue"),
    readField(queue, failed, "failedReason"),
    queue.halted(),
  ]);
  const ends = { ...noEnds, ...count(values.map(readEnd)) };
  return {
    accepted: waiting + delayed + active + completed.length + failed.length,
    open: { waiting, delayed, active },
    ends,
    deadLetters: count(reasons.map((reason) => (reason ?? "unknown").slice(0, maxReasonLength))),
    halted,
  };
}

/** Said also when there are none, so that a reader can rely on them. */
const noEnds = { delivered: 0, merged: 0, edited: 0, superseded: 0, withheld: 0 };

const maxReasonLength = 100;

const number = z.number();
const ids = z.array(z.string());
const snapshotSchema = z.tuple([number, number, number, number, number, number, ids, ids]);

async function takeSnapshot({ jobs, redis }: Queue) {
  const answers = await redis
    .multi()
    .llen(jobs.toKey("wait"))
    .llen(jobs.toKey("paused"))
    .zcard(jobs.toKey("prioritized"))
    .zcard(jobs.toKey("waiting-children"))
    .zcard(jobs.toKey("delayed"))
    .llen(jobs.toKey("active"))
    .zrange(jobs.toKey("completed"), "0", "-1")
    .zrange(jobs.toKey("failed"), "0", "-1")
    .exec();
  const values = (answers ?? []).map(([error, value]) => {
    if (error !== null) throw error;
    return value;
  });
  const [wait, paused, prioritized, children, delayed, active, completed, failed] = snapshotSchema.parse(values);
  return { waiting: wait + paused + prioritized + children, delayed, active, completed, failed };
}

/** One pipeline to Redis. */
const pageSize = 1000;

async function readField({ jobs, redis }: Queue, jobIds: readonly string[], field: string) {
  const values: (string | undefined)[] = [];
  for (let start = 0; start < jobIds.length; start += pageSize) {
    const pipeline = redis.pipeline();
    for (const id of jobIds.slice(start, start + pageSize)) pipeline.hget(jobs.toKey(id), field);
    for (const [error, value] of (await pipeline.exec()) ?? []) {
      if (error !== null) throw error;
      values.push(z.string().safeParse(value).data);
    }
  }
  return values;
}

/** One that another version finished, or that was removed while we counted, is of an end unknown. */
function readEnd(returnValue: string | undefined): string {
  const json = parseJson(returnValue ?? "");
  const end: JobEnd["end"] | undefined = json.readable ? jobEndSchema.safeParse(json.value).data?.end : undefined;
  return end ?? "unknown";
}

function count(words: readonly string[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries(counts);
}
