import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { notificationKeys } from "../../src/notifications/keys.ts";
import { createNotificationQueue, type NotificationQueue } from "../../src/notifications/queue.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { db, fingerprint, openTestQueue, ready } from "./support/queue.ts";

let redis: OwnRedis;
let queue: NotificationQueue;
const data = { payload: "{}", receivedAtMs: 0, way: "channel", receipt: "r" } as const;

beforeAll(async () => {
  redis = await startRedis({ ignoreEnvironment: true });
});
beforeEach(async () => {
  await redis.start();
  queue = await openTestQueue(redis);
  await queue.redis.flushall();
});
afterEach(async () => {
  await queue.close();
});
afterAll(() => redis.stop());

describe("the durable queue", () => {
  it("keeps everything under the name of the bot, in the database that is set", async () => {
    await queue.jobs.add("notification", data, { jobId: "a" });
    await queue.halt("quarantined", 5);
    const all = await queue.redis.keys("*");
    expect(all.length).toBeGreaterThan(3);
    expect(all.filter((key) => !key.startsWith(`signalguard:${fingerprint}:`))).toEqual([]);
    expect(all).toContain(`${notificationKeys(fingerprint).queuePrefix}:notifications:a`);
    await queue.redis.select(0);
    expect(await queue.redis.dbsize()).toBe(0);
    await queue.redis.select(db);
  });

  it("takes a job of an id it knows once", async () => {
    await queue.jobs.addBulk([1, 2].map(() => ({ name: "notification" as const, data, opts: { jobId: "a" } })));
    await queue.jobs.add("notification", data, { jobId: "a" });
    expect(await queue.jobs.getWaitingCount()).toBe(1);
  });

  it("has what it accepted after Redis restarted", async () => {
    await queue.jobs.add("notification", data, { jobId: "a" });
    await queue.halt("quarantined", 5);
    await restart();
    expect(await queue.jobs.getJob("a")).toMatchObject({ id: "a", data });
    expect(await queue.halted()).toEqual({ reason: "quarantined", atMs: 5 });
  });

  it("says why it is stopped, to every process, until somebody has it go on", async () => {
    expect(await queue.halted()).toBeUndefined();
    expect(await queue.resume()).toBeUndefined();
    const other = await openTestQueue(redis);
    await queue.halt("unauthorized", 7);
    expect(await other.halted()).toEqual({ reason: "unauthorized", atMs: 7 });
    expect(await other.resume()).toEqual({ reason: "unauthorized", atMs: 7 });
    expect(await queue.halted()).toBeUndefined();
    await queue.jobs.pause();
    expect(await other.halted()).toEqual({ reason: "paused", atMs: undefined });
    await queue.redis.set(queue.keys.halted, "not JSON");
    expect(await other.halted()).toEqual({ reason: "paused", atMs: undefined });
    await other.close();
  });

  it("lets nobody wait for a Redis that is away, and prints nothing", async () => {
    const printed = (["log", "info", "warn", "error"] as const).map((name) =>
      vi.spyOn(console, name).mockImplementation(() => {}),
    );
    const errors: unknown[] = [];
    await redis.halt();
    const absent = createNotificationQueue({
      redis: { url: redis.url, db },
      fingerprint,
      onError: (error) => errors.push(error),
    });
    await expect(absent.jobs.add("notification", data, { jobId: "b" })).rejects.toThrow();
    await expect(absent.halted()).rejects.toThrow();
    await redis.start();
    await ready(absent);
    await absent.jobs.add("notification", data, { jobId: "b" });
    await absent.close();
    expect(errors.length).toBeGreaterThan(0);
    expect(printed.flatMap((spy) => spy.mock.calls)).toEqual([]);
    vi.restoreAllMocks();
    await ready(queue);
  });
});

async function restart(): Promise<void> {
  const closed = new Promise((resolve) => queue.redis.once("close", resolve));
  await redis.halt();
  await closed;
  await redis.start();
  await ready(queue);
}
