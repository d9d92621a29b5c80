import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parseSignal } from "../../src/backend/signal.ts";
import { createSignalCache } from "../../src/backend/signal-cache.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const [freshMs, keepMs] = [60_000, 3_600_000];
const key = "EUR/USD 1h";
const raw = {
  ...{ pair: "EUR/USD", timeframe: "1h", signal: "long", confidence: 0.72, entryPrice: 1.0853, stopLoss: null },
  ...{ sentimentSignal: "bullish", sentimentScore: 0.62, timestamp: "2026-01-05T12:00:00.000Z" },
  technicalData: { indicators: { sma: { period: 20, value: 1.08, signal: "neutral" }, vix: 3 } },
  periodInfo: { nameEn: "Swing Trading", holdingPeriodEn: "2-10 Days" },
};
const parsed = parseSignal(raw);
if (parsed === undefined) throw new Error("not a signal");
const signal = parsed;

let server: OwnRedis;
let redis: Redis;
const clock = new VirtualClock();
beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
  redis = new Redis(server.url, { maxRetriesPerRequest: 0, retryStrategy: () => 10 });
  redis.on("error", () => {});
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
afterEach(() => redis.flushall());

/** The cache of one process. */
const open = (more: Partial<Parameters<typeof createSignalCache>[0]> = {}) =>
  createSignalCache({ redis, backendUrl: "http://backend", clock, freshMs, keepMs, ...more });

/** The one key that is there. */
async function storedKey(): Promise<string> {
  await expect.poll(() => redis.keys("*")).toHaveLength(1);
  const [stored = ""] = await redis.keys("*");
  return stored;
}

describe("kept signals", () => {
  it("are shared by processes that ask the same backend, whole", async () => {
    open().write(key, { signal, saidAtMs: clock.now() });
    await storedKey();
    expect(await open().read(key)).toEqual({ signal, saidAtMs: clock.now(), from: "redis" });
    expect(await open({ backendUrl: "http://another" }).read(key)).toBeUndefined();
  });

  it("come from memory while they are fresh, and then whichever is newer", async () => {
    const [one, another] = [open(), open()];
    one.write(key, { signal, saidAtMs: clock.now() });
    await storedKey();
    another.write(key, { signal: { ...signal, entryPrice: 2 }, saidAtMs: clock.now() + 1 });
    await expect.poll(async () => (await open().read(key))?.signal.entryPrice).toBe(2);
    expect(await one.read(key)).toMatchObject({ signal: { entryPrice: 1.0853 }, from: "memory" });
    await clock.advance(freshMs);
    expect(await one.read(key)).toMatchObject({ signal: { entryPrice: 2 }, from: "redis" });
    expect(await one.read(key)).toMatchObject({ signal: { entryPrice: 2 }, from: "memory" });
  });

  it("are forgotten when they are of no use any more, in Redis by itself", async () => {
    const cache = open();
    cache.write(key, { signal, saidAtMs: clock.now() });
    expect(await redis.pttl(await storedKey())).toBeGreaterThan(keepMs - 60_000);
    await clock.advance(keepMs);
    expect(await cache.read(key)).toBeUndefined();
    expect(await open().read(key)).toBeUndefined();
  });

  it.each<[string, string]>([
    ["no JSON", "{"],
    ["another shape", JSON.stringify({ signal: "buy" })],
    ["a list", "[]"],
    ["another pair's", JSON.stringify({ signal: { ...signal, pair: "GBP/USD" }, saidAtMs: 1 })],
    ["a word nobody knows", JSON.stringify({ signal: { ...signal, direction: "up" }, saidAtMs: 1 })],
    ["a price in words", JSON.stringify({ signal: { ...signal, entryPrice: "1.08" }, saidAtMs: 1 })],
    ["a date that is none", JSON.stringify({ signal: { ...signal, computedAt: "soon" }, saidAtMs: 1 })],
    ["from tomorrow", JSON.stringify({ signal, saidAtMs: Date.UTC(2030, 0, 1) })],
  ])("are ignored when what stands in Redis is poisoned: %s", async (_what, text) => {
    const cache = open();
    cache.write(key, { signal, saidAtMs: clock.now() });
    const stored = await storedKey();
    await redis.set(stored, text.replace('"saidAtMs":1}', `"saidAtMs":${clock.now()}}`));
    expect(await open().read(key)).toBeUndefined();
    expect(await cache.read(key)).toMatchObject({ signal: { entryPrice: 1.0853 }, from: "memory" });
  });

  it("are ignored when the key in Redis is of another type", async () => {
    open().write(key, { signal, saidAtMs: clock.now() });
    const stored = await storedKey();
    await redis.del(stored);
    await redis.sadd(stored, "member");
    expect(await open().read(key)).toBeUndefined();
  });

  it("are those of memory while Redis is down, however old", async () => {
    const down = new Redis({ port: 1, lazyConnect: true, enableOfflineQueue: false, maxRetriesPerRequest: 0 });
    down.on("error", () => {});
    const cache = open({ redis: down });
    cache.write(key, { signal, saidAtMs: clock.now() });
    await clock.advance(freshMs * 10);
    expect(await cache.read(key)).toMatchObject({ signal: { pair: "EUR/USD" }, from: "memory" });
    expect(await cache.read("GBP/USD 1h")).toBeUndefined();
    down.disconnect();
  });

  it("are not waited for when Redis hangs", async () => {
    const hanging = { get: () => new Promise<string>(() => {}), set: () => new Promise<"OK">(() => {}) };
    const cache = createSignalCache({
      ...{ redis: hanging, backendUrl: "http://backend" },
      ...{ clock, freshMs, keepMs },
    });
    const reading = cache.read(key);
    await clock.advance(50);
    expect(await reading).toBeUndefined();
  });
});
