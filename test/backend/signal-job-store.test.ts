import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRedisSignalJobs, type SignalJobStore, signalReadyChannel } from "../../src/backend/signal-job-store.ts";
import { systemClock } from "../../src/clock.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";

let server: OwnRedis;
let redis: Redis;
let store: SignalJobStore;

beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
  redis = new Redis(server.url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => 20 });
  redis.on("error", () => {});
  await new Promise((resolve) => redis.once("ready", resolve));
  store = storeOf("http://backend:3000");
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const storeOf = (backendUrl: string) => createRedisSignalJobs({ redis, backendUrl, clock: systemClock });
const open = { jobIds: ["a", "b"], askedAtMs: 1_000 };
const result = { text: '{"jobId":"a"}', cameAtMs: 2_000 };

describe("what is kept in Redis of jobs", () => {
  it("is seen by every process that asks the same backend, and by no other", async () => {
    store.writeOpen("EUR/USD 1h", open, 60_000);
    store.writeResult("a", result, 60_000);
    const same = storeOf("http://backend:3000");
    expect([await same.readOpen("EUR/USD 1h"), await same.readResult("a")]).toEqual([open, result]);
    const other = storeOf("http://elsewhere:3000");
    expect([await other.readOpen("EUR/USD 1h"), await other.readResult("a")]).toEqual([undefined, undefined]);
  });

  it("is gone when the jobs ended, and by itself after its time", async () => {
    store.writeOpen("USD/JPY 1h", open, 60_000);
    const [key = ""] = await redis.keys("*USD/JPY 1h");
    expect(await redis.pttl(key)).toBeGreaterThan(50_000);
    store.removeOpen("USD/JPY 1h");
    expect(await store.readOpen("USD/JPY 1h")).toBeUndefined();
  });

  it("is not believed when it is something else", async () => {
    store.writeOpen("GBP/USD 1h", open, 60_000);
    const [key = ""] = await redis.keys("*GBP/USD 1h");
    for (const wrong of ["", "{", "{}", '{"jobIds":[],"askedAtMs":1}', '{"jobIds":["a b"],"askedAtMs":1}']) {
      await redis.set(key, wrong);
      expect(await store.readOpen("GBP/USD 1h")).toBeUndefined();
    }
  });

  it("is announced to whoever listens", async () => {
    const listener = new Redis(server.url);
    await listener.subscribe(signalReadyChannel);
    const heard = new Promise((resolve) => listener.once("message", (_channel, text) => resolve(text)));
    store.announce("news");
    expect(await heard).toBe("news");
    listener.disconnect();
  });

  it("is missed without harm while Redis is down", async () => {
    await server.halt();
    store.writeOpen("EUR/USD 1h", open, 60_000);
    store.removeOpen("EUR/USD 1h");
    store.writeResult("a", result, 60_000);
    store.announce("news");
    expect([await store.readOpen("EUR/USD 1h"), await store.readResult("a")]).toEqual([undefined, undefined]);
    await server.start();
  });
});
