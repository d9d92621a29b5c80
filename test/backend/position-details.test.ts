import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createRedisPositionDetails } from "../../src/backend/position-details.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const [first, second] = ["721582e3-32cc-4eda-b28f-291d73ece2db", "f9412fa2-6241-43cf-80d6-0532429291fe"] as const;
const key = (id: string) => `signalguard:position-details:${id}`;
let server: OwnRedis;
let redis: Redis;
let clock: VirtualClock;
let unavailable: string[];
beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true });
  redis = new Redis(server.url, { retryStrategy: () => 10 });
  redis.on("error", () => {});
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await redis.flushall();
  clock = new VirtualClock();
  unavailable = [];
});
const store = () =>
  createRedisPositionDetails({ redis, clock, onUnavailable: (operation) => unavailable.push(operation) });

describe("details of positions in Redis", () => {
  it("are read as they were saved, by another process too, and kept for a year", async () => {
    await store().save(first, { size: 2.5, notes: "after the news" });
    await store().save(second, { size: 1 });
    expect(await store().read([first, "unknown", second])).toEqual(
      new Map([
        [first, { size: 2.5, notes: "after the news" }],
        [second, { size: 1 }],
      ]),
    );
    expect(await redis.ttl(key(first))).toBeGreaterThan(364 * 24 * 3600);
    expect(clock.pending).toBe(0);
  });

  it.each([["not JSON"], ['{"size":"much"}'], ["[]"], ['{"size":-1}']])(
    "are unknown when they are %s",
    async (text) => {
      await redis.set(key(first), text);
      await store().save(second, { size: 1 });
      expect([...(await store().read([first, second])).keys()]).toEqual([second]);
      expect(unavailable).toEqual([]);
    },
  );

  it("are not asked for when there is nothing to ask", async () => {
    expect(await store().read([])).toEqual(new Map());
  });

  it("are unknown after 300 ms when Redis does not answer, and a save still arrives when it does", async () => {
    await redis.ping();
    server.pause();
    const reading = store().read([first]);
    const saving = store().save(first, { size: 3 });
    await clock.advance(300);
    expect(await reading).toEqual(new Map());
    await saving;
    expect(unavailable).toEqual(["read", "save"]);
    server.resume();
    await expect.poll(async () => (await store().read([first])).get(first)).toEqual({ size: 3 });
  });

  it("are unknown when Redis refuses", async () => {
    const gone = new Redis(server.url, { enableOfflineQueue: false, lazyConnect: true });
    const details = createRedisPositionDetails({ redis: gone, clock, onUnavailable: (one) => unavailable.push(one) });
    expect(await details.read([first])).toEqual(new Map());
    expect(unavailable).toEqual(["read"]);
    gone.disconnect();
  });
});
