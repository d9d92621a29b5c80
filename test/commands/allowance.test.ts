import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createAllowance } from "../../src/commands/index.ts";
import type { Allowance, Excess, Used } from "../../src/interactions/index.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { away, connect, fingerprint, ready } from "../recovery/support.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";

const alice = "800000000000000001";
const bob = "800000000000000002";
const limits = { commandsPerMinute: 3, buttonsPerMinute: 2, suggestionsPerMinute: 4 };

const signal: Used = { kind: "command", name: "signal" };
const unsubscribe: Used = { kind: "command", name: "unsubscribe" };
const notifications: Used = { kind: "command", name: "notifications" };
const button: Used = { kind: "component", name: "unsubscribe" };
const form: Used = { kind: "modal", name: "openPosition" };
const keystroke: Used = { kind: "autocomplete", name: "unsubscribe" };

let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
});

const processOn = (redis: Redis): Allowance => createAllowance({ redis, fingerprint, clock, limits });

/** Uses it so often; what came of each. */
async function takes(allowance: Allowance, used: Used, count: number, personId = alice) {
  const results: (Excess | undefined)[] = [];
  for (let nth = 0; nth < count; nth += 1) results.push(await allowance.take(personId, used));
  return results;
}
const allowed = (results: readonly (Excess | undefined)[]): number => results.filter((one) => one === undefined).length;

describe("the allowance of one process, without Redis", () => {
  const redis = new Redis({ lazyConnect: true });
  let allowance: Allowance;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
    allowance = processOn(redis);
  });
  afterEach(() => vi.useRealTimers());

  it("is so many in a minute, and says when to go on; what is refused makes nobody wait longer", async () => {
    expect(allowed(await takes(allowance, signal, 3))).toBe(3);
    vi.advanceTimersByTime(20_000);
    const excess = { allowance: "commands", mostPerMinute: 3, waitMs: 40_000 };
    expect(await takes(allowance, signal, 2)).toEqual([
      { ...excess, first: true },
      { ...excess, first: false },
    ]);
    vi.advanceTimersByTime(39_999);
    expect(await takes(allowance, signal, 1)).toEqual([{ ...excess, waitMs: 1, first: false }]);
    vi.advanceTimersByTime(1);
    const next = await takes(allowance, signal, 4);
    expect(allowed(next)).toBe(3);
    expect(next[3]).toEqual({ ...excess, waitMs: 60_000, first: true });
  });

  it("is each person's own", async () => {
    await takes(allowance, signal, 5);
    expect(allowed(await takes(allowance, signal, 3, bob))).toBe(3);
  });

  it("counts commands, buttons with forms, and suggestions apart", async () => {
    expect(allowed(await takes(allowance, signal, 9))).toBe(3);
    expect(allowed([...(await takes(allowance, button, 1)), ...(await takes(allowance, form, 9))])).toBe(2);
    expect(allowed(await takes(allowance, keystroke, 9))).toBe(4);
  });

  it("leaves everybody the commands that stop messages, whatever else they used up, and counts them too", async () => {
    for (const used of [signal, button, keystroke]) await takes(allowance, used, 9);
    const stops = [...(await takes(allowance, unsubscribe, 2)), ...(await takes(allowance, notifications, 2))];
    expect(stops).toEqual([undefined, undefined, undefined, expect.objectContaining({ allowance: "stops" })]);
  });

  it("is without a limit where the limit is 0", async () => {
    const unlimited = createAllowance({ redis, fingerprint, clock, limits: { ...limits, commandsPerMinute: 0 } });
    expect(allowed(await takes(unlimited, signal, 1_000))).toBe(1_000);
    expect(allowed(await takes(unlimited, button, 9))).toBe(2);
  });

  it("waits for no Redis, and leaves no timer behind", async () => {
    await takes(allowance, signal, 4);
    await settle();
    expect(clock.pending).toBe(0);
  });
});

describe("the allowance of several processes", () => {
  let server: OwnRedis;
  const connections: Redis[] = [];
  const process = async (): Promise<Allowance & { readonly redis: Redis }> => {
    const redis = await connect(server.url);
    connections.push(redis);
    return { ...processOn(redis), redis };
  };
  const keyOf = (personId: string) => `signalguard:${fingerprint}:allowance:commands:${personId}`;

  beforeAll(async () => {
    server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
  });
  beforeEach(async () => {
    const redis = await connect(server.url);
    await redis.flushall();
    redis.disconnect();
  });
  afterEach(() => {
    for (const redis of connections.splice(0)) redis.disconnect();
  });
  afterAll(() => server.stop());

  it("is one, and the first refusal is told once", async () => {
    const [first, second] = [await process(), await process()];
    expect(allowed(await takes(first, signal, 2))).toBe(2);
    const results = await takes(second, signal, 4);
    expect(results).toEqual([
      undefined,
      expect.objectContaining({ allowance: "commands", mostPerMinute: 3, first: true }),
      expect.objectContaining({ first: false }),
      expect.objectContaining({ first: false }),
    ]);
    for (const excess of results.slice(1)) {
      expect(excess?.waitMs).toBeGreaterThan(0);
      expect(excess?.waitMs).toBeLessThanOrEqual(60_000);
    }
  });

  it("is forgotten after a minute", async () => {
    const [first, later] = [await process(), await process()];
    await takes(first, signal, 3);
    expect(await first.redis.keys("*")).toEqual([keyOf(alice)]);
    const lifeMs = await first.redis.pttl(keyOf(alice));
    expect(lifeMs).toBeGreaterThan(0);
    expect(lifeMs).toBeLessThanOrEqual(60_000);
    await first.redis.pexpire(keyOf(alice), 1);
    await vi.waitUntil(async () => (await first.redis.exists(keyOf(alice))) === 0, { timeout: 10_000 });
    expect(allowed(await takes(later, signal, 4))).toBe(3);
  });

  it("costs Redis no more than the allowance, however much is asked for", async () => {
    const { redis, ...allowance } = await process();
    await takes(allowance, signal, 200);
    expect(await redis.get(keyOf(alice))).toBe("3");
  });

  it("belongs to one bot: another one on the same Redis has its own", async () => {
    const { redis, ...allowance } = await process();
    await takes(allowance, signal, 3);
    const other = createAllowance({ redis, fingerprint: "fedcba9876543210", clock, limits });
    expect(await other.take(alice, signal)).toBeUndefined();
  });

  it("is that of each process while Redis is down, and shared again when it is back", async () => {
    const [first, second] = [await process(), await process()];
    await takes(first, signal, 2);
    await server.halt();
    await Promise.all([away(first.redis), away(second.redis)]);
    expect(allowed(await takes(first, signal, 9))).toBe(1);
    expect(allowed(await takes(second, signal, 9))).toBe(3);
    await server.start();
    await Promise.all([ready(first.redis), ready(second.redis)]);
    expect(allowed(await takes(first, signal, 2, bob))).toBe(2);
    expect(allowed(await takes(second, signal, 9, bob))).toBe(1);
  });

  describe("while Redis hangs", () => {
    afterEach(() => server.resume());

    it("waits tens of milliseconds, and counts by itself; Redis counts what it was asked when it goes on", async () => {
      const { redis, ...allowance } = await process();
      expect(allowed(await takes(allowance, signal, 1))).toBe(1);
      server.pause();
      const results: (Excess | undefined)[] = [];
      const taking = takes(allowance, signal, 3).then((taken) => results.push(...taken));
      await clock.advance(49);
      expect(results).toEqual([]);
      await clock.advance(1 + 50);
      await taking;
      // The third is refused here, where nothing has to be waited for.
      expect(allowed(results)).toBe(2);
      expect(results[2]).toMatchObject({ allowance: "commands", first: true });
      expect(clock.pending).toBe(0);
      server.resume();
      await redis.ping();
      expect(await redis.get(keyOf(alice))).toBe("3");
    });
  });
});
