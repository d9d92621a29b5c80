import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { createSignalUse } from "../../src/backend/signal-use.ts";
import { createRedisConnection } from "../../src/redis-connection.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

let server: OwnRedis;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
beforeEach(() => redis.flushall());

const backendUrl = "http://localhost:3000";
const hourMs = 3_600_000;

/** What one process knows; commands over one connection are done in order, so that a count is there when it is asked for. */
function using(clock = new VirtualClock(), url = backendUrl) {
  const use = createSignalUse({ redis, backendUrl: url, clock });
  const ask = (key: string, times: number): void => {
    for (let time = 0; time < times; time += 1) use.count(key);
  };
  return { clock, use, ask };
}

it("says what is asked for most, whoever of the processes was asked, the most wanted first", async () => {
  const { ask } = using();
  const other = using();
  ask("EUR/USD 1h", 2);
  ask("GBP/USD 4h", 4);
  other.ask("EUR/USD 1h", 3);
  other.ask("USD/JPY swing", 2);
  expect(await other.use.mostAsked(6)).toEqual(["EUR/USD 1h", "GBP/USD 4h", "USD/JPY swing"]);
  expect(await other.use.mostAsked(2)).toEqual(["EUR/USD 1h", "GBP/USD 4h"]);
});

it("does not mind what was asked for once", async () => {
  const { use, ask } = using();
  ask("EUR/USD 1h", 1);
  ask("GBP/USD 1h", 2);
  expect(await use.mostAsked(6)).toEqual(["GBP/USD 1h"]);
});

it("counts this hour and the last together, and none before", async () => {
  const { clock, use, ask } = using();
  ask("EUR/USD 1h", 3);
  await clock.advance(hourMs);
  ask("GBP/USD 1h", 1);
  expect(await use.mostAsked(6)).toEqual(["EUR/USD 1h"]);
  ask("EUR/USD 1h", 1);
  ask("GBP/USD 1h", 4);
  expect(await use.mostAsked(6)).toEqual(["GBP/USD 1h", "EUR/USD 1h"]);
  await clock.advance(hourMs);
  expect(await use.mostAsked(6)).toEqual(["GBP/USD 1h"]);
  await clock.advance(hourMs);
  expect(await use.mostAsked(6)).toEqual([]);
});

it("leaves nothing in Redis for ever", async () => {
  const { use, ask } = using();
  ask("EUR/USD 1h", 2);
  await use.mostAsked(1);
  const keys = await redis.keys("*");
  expect(keys).toHaveLength(1);
  const [pttl = 0] = await Promise.all(keys.map((key) => redis.pttl(key)));
  expect(pttl).toBeGreaterThan(hourMs);
  expect(pttl).toBeLessThanOrEqual(2 * hourMs);
});

it("tells backends apart, and their addresses stay out of Redis", async () => {
  const { ask } = using();
  ask("EUR/USD 1h", 2);
  const other = using(undefined, "http://elsewhere:3000");
  expect(await other.use.mostAsked(6)).toEqual([]);
  expect((await redis.keys("*")).join()).not.toContain("localhost");
});

it("passes over what is no key of this version", async () => {
  const { use, ask } = using();
  ask("EUR/USD 7h", 9);
  ask("EUR/USD 1h", 2);
  expect(await use.mostAsked(1)).toEqual(["EUR/USD 1h"]);
});

it("keeps nobody waiting for a Redis that is away, and says only to who asks that it is", async () => {
  const own = await startRedis({ ignoreEnvironment: true, appendOnly: false });
  const connection = createRedisConnection({ url: own.url, db: 0, onState: () => {} });
  try {
    await vi.waitUntil(() => connection.status === "ready");
    await own.halt("kill");
    await vi.waitUntil(() => connection.status !== "ready");
    const use = createSignalUse({ redis: connection, backendUrl, clock: new VirtualClock() });
    // A rejection that nobody handles would fail the run.
    expect(use.count("EUR/USD 1h")).toBeUndefined();
    await expect(use.mostAsked(6)).rejects.toThrow();
  } finally {
    connection.disconnect();
    await own.stop();
  }
});
