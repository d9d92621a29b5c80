import { Redis } from "ioredis";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type PrecomputeRunsOptions, startPrecomputeRuns } from "../../src/backend/precompute-runs.ts";
import { systemClock } from "../../src/clock.ts";
import { createRedisConnection } from "../../src/redis-connection.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";

let server: OwnRedis;
const db = 2;
const fingerprint = "0123456789abcdef";
const opened: { end(): unknown }[] = [];

beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
  return () => server.stop();
});
beforeEach(async () => {
  const redis = new Redis(server.url);
  await redis.flushall();
  redis.disconnect();
});
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.end();
});

/** One process: its connection and its part in the runs. */
function startProcess(run: PrecomputeRunsOptions["run"], everyMs = 50) {
  const errors: unknown[] = [];
  const redis = createRedisConnection({ url: server.url, db, onState: () => {} });
  const runs = startPrecomputeRuns({
    ...{ redis, address: { url: server.url, db }, fingerprint, clock: systemClock, everyMs, run },
    onError: (error) => errors.push(error),
  });
  opened.push({ end: () => redis.disconnect() }, { end: () => runs.stop() });
  return { runs, redis, errors };
}

/** A run that counts itself. */
function counted() {
  const counter = { count: 0, atOnce: 0, mostAtOnce: 0 };
  const run = async (): Promise<void> => {
    counter.count += 1;
    counter.atOnce += 1;
    counter.mostAtOnce = Math.max(counter.mostAtOnce, counter.atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    counter.atOnce -= 1;
  };
  const reach = (count: number) => vi.waitUntil(() => counter.count >= count, { timeout: 20_000 });
  return { counter, run, reach };
}

const schedulers = async (): Promise<readonly string[]> => {
  const redis = new Redis(server.url, { db });
  try {
    return await redis.keys(`signalguard:${fingerprint}:queue:precompute:repeat*`);
  } finally {
    redis.disconnect();
  }
};

describe("the runs that refresh signals ahead", { timeout: 30_000 }, () => {
  it("begin by themselves and go on, and leave no finished jobs behind", async () => {
    const { run, reach } = counted();
    const { runs, redis, errors } = startProcess(run);
    await reach(4);
    await runs.stop();
    expect(await redis.keys(`signalguard:${fingerprint}:queue:precompute:completed`)).toEqual([]);
    expect(errors).toEqual([]);
  });

  it("are shared by all processes: as many as one process would do alone", async () => {
    const everyMs = 200;
    const ours = [counted(), counted(), counted()];
    const startMs = performance.now();
    for (const { run } of ours) startProcess(run, everyMs);
    const total = () => ours.reduce((sum, { counter }) => sum + counter.count, 0);
    await vi.waitUntil(() => total() >= 8, { timeout: 20_000 });
    // Each process on its own schedule would have done three times as many.
    expect(total()).toBeLessThanOrEqual(2 + Math.ceil((performance.now() - startMs) / everyMs));
  });

  it("go on by another process when one stops", async () => {
    const first = counted();
    const second = counted();
    const { runs } = startProcess(first.run);
    await first.reach(2);
    startProcess(second.run);
    await runs.stop();
    await second.reach(3);
  });

  it("go on after one of them failed, and say so once", async () => {
    let count = 0;
    const { errors } = startProcess(async () => {
      count += 1;
      throw new Error("it is not known what people want");
    });
    await vi.waitUntil(() => count >= 4, { timeout: 20_000 });
    expect(errors).toEqual([expect.objectContaining({ message: "it is not known what people want" })]);
  });

  it("pause without Redis and without a word, and come back by themselves, though Redis forgot everything", async () => {
    const { counter, run, reach } = counted();
    const { errors } = startProcess(run);
    await reach(2);
    await server.halt("kill");
    const before = counter.count;
    await server.start();
    await reach(before + 3);
    expect(errors).toEqual([]);
  });

  it("begin when Redis comes up after the process", async () => {
    await server.halt();
    const { run, reach, counter } = counted();
    const { errors } = startProcess(run);
    await server.start();
    await reach(2);
    expect(counter.mostAtOnce).toBe(1);
    expect(errors).toEqual([]);
  });

  it("are given up at a stop, even one that the backend does not let end", async () => {
    let given: AbortSignal | undefined;
    const { runs } = startProcess(
      (signal) =>
        new Promise((resolve) => {
          given = signal;
          signal.addEventListener("abort", () => resolve(), { once: true });
        }),
    );
    await vi.waitUntil(() => given !== undefined, { timeout: 20_000 });
    expect(given?.aborted).toBe(false);
    await runs.stop();
    expect(given?.aborted).toBe(true);
  });

  it("end in time when neither the run nor Redis does", async () => {
    let begun = false;
    const { runs } = startProcess(() => {
      begun = true;
      return new Promise(() => {});
    });
    await vi.waitUntil(() => begun, { timeout: 20_000 });
    server.pause();
    try {
      // Each part is given up after a second; one that is not would let the test run out of time.
      await runs.stop();
    } finally {
      server.resume();
    }
  });

  it("are removed when they are switched off", async () => {
    const { run, reach } = counted();
    const { runs } = startProcess(run);
    await reach(1);
    await runs.stop();
    expect(await schedulers()).not.toEqual([]);
    const { redis } = startProcess(undefined);
    await vi.waitUntil(async () => (await schedulers()).length === 0, { timeout: 20_000 });
    const waiting = ["delayed", "wait", "prioritized"].map(
      (list) => `signalguard:${fingerprint}:queue:precompute:${list}`,
    );
    await vi.waitUntil(async () => (await redis.exists(...waiting)) === 0, { timeout: 20_000 });
  });
});
