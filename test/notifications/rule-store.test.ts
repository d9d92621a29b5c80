import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { notificationKeys } from "../../src/notifications/keys.ts";
import { createRuleStore, type RuleStore } from "../../src/notifications/rule-store.ts";
import { noRules, type QuietHours } from "../../src/notifications/rules.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { away, connect } from "../recovery/support.ts";

const alice = "200000000000000001";
const bob = "200000000000000002";
const keys = notificationKeys("0123456789abcdef");
const aliceKey = keys.person(alice).rules;

const night: QuietHours = { fromMinute: 1320, toMinute: 420, timeZone: "Asia/Taipei", strongPasses: true };

let server: OwnRedis;
let redis: Redis;
let rules: RuleStore;

beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true });
  redis = await connect(server.url);
  rules = createRuleStore({ redis, keys });
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});
beforeEach(() => redis.flushall());

describe("the rules of a person", () => {
  it("are none before they say anything", async () => {
    expect(await rules.read(alice)).toEqual(noRules);
  });

  it("are what was said, piece by piece, and are given back after each change", async () => {
    expect(await rules.change(alice, { quietHours: night, minConfidence: 0 })).toEqual({
      ...noRules,
      quietHours: night,
      minConfidence: 0,
    });
    await rules.change(alice, { strongOnly: true, mutedUntilMs: 1_795_293_388_949, fewer: ["EUR/USD|1h"] });
    expect(await rules.read(alice)).toEqual({
      quietHours: night,
      minConfidence: 0,
      strongOnly: true,
      mutedUntilMs: 1_795_293_388_949,
      fewer: ["EUR/USD|1h"],
      stopped: undefined,
    });
  });

  it("go one by one, and what is not mentioned stays", async () => {
    await rules.change(alice, { quietHours: night, mutedUntilMs: 5, strongOnly: true });
    expect(await rules.change(alice, { quietHours: null, strongOnly: undefined })).toEqual({
      ...noRules,
      mutedUntilMs: 5,
      strongOnly: true,
    });
    expect(await rules.change(alice, {})).toMatchObject({ mutedUntilMs: 5 });
  });

  it("are nobody else's", async () => {
    await rules.change(alice, { strongOnly: true });
    expect(await rules.read(bob)).toEqual(noRules);
    const other = createRuleStore({ redis, keys: notificationKeys("fedcba9876543210") });
    expect(await other.read(alice)).toEqual(noRules);
  });

  it("last: nothing of them expires", async () => {
    await rules.change(alice, { strongOnly: true });
    await rules.stop(alice, 50007, 1);
    expect(await redis.ttl(aliceKey)).toBe(-1);
  });

  it("hold but for the one that is damaged", async () => {
    await rules.change(alice, { quietHours: night, strongOnly: true, fewer: ["EUR/USD|1h"], minConfidence: 0.7 });
    await redis.hset(aliceKey, { minConfidence: "70", mutedUntilMs: "{", fewer: '["EUR/USD|1h",5]', stopped: "[]" });
    expect(await rules.read(alice)).toEqual({ ...noRules, quietHours: night, strongOnly: true });
    await redis.hset(aliceKey, { quietHours: JSON.stringify({ ...night, timeZone: "Mars/Olympus" }), unheardOf: "x" });
    expect(await rules.read(alice)).toEqual({ ...noRules, strongOnly: true });
    await redis.hset(aliceKey, { quietHours: JSON.stringify({ ...night, fromMinute: 1440 }) });
    expect(await rules.change(alice, { minConfidence: 0.5 })).toEqual({
      ...noRules,
      strongOnly: true,
      minConfidence: 0.5,
    });
  });
});

describe("fewer", () => {
  it("are all kept that are added at the same time, each once", async () => {
    const slots = ["EUR/USD|1h", "EUR/USD|4h", "USD/JPY|", "EUR/USD|1h"];
    await Promise.all(slots.map((slot) => rules.addFewer(alice, slot)));
    expect([...(await rules.read(alice)).fewer].sort()).toEqual(["EUR/USD|1h", "EUR/USD|4h", "USD/JPY|"]);
  });

  it("are given back with the other rules", async () => {
    await rules.change(alice, { quietHours: night });
    expect(await rules.addFewer(alice, "EUR/USD|1h")).toEqual({
      ...noRules,
      quietHours: night,
      fewer: ["EUR/USD|1h"],
    });
  });

  it.each(["{", "5", '{"a":1}', ""])("begin anew where %o stands in their place", async (damaged) => {
    await redis.hset(aliceKey, "fewer", damaged);
    expect((await rules.addFewer(alice, "EUR/USD|1h")).fewer).toEqual(["EUR/USD|1h"]);
  });

  it("are not more than there can be", async () => {
    const many = Array.from({ length: 200 }, (_, index) => `EUR/USD|${index}`);
    await rules.change(alice, { fewer: many });
    expect((await rules.addFewer(alice, "one more")).fewer).toEqual(many);
    expect((await rules.addFewer(alice, "EUR/USD|7")).fewer).toEqual(many);
  });
});

describe("a person who is stopped", () => {
  const stopped = { code: 50007, atMs: 1_795_293_388_949 };

  it("stays so until they come back, with all their rules", async () => {
    await rules.change(alice, { strongOnly: true });
    await rules.stop(alice, stopped.code, stopped.atMs);
    expect(await rules.read(alice)).toEqual({ ...noRules, strongOnly: true, stopped });
    expect(await rules.resume(alice)).toBe(true);
    expect(await rules.read(alice)).toEqual({ ...noRules, strongOnly: true });
    expect(await rules.resume(alice)).toBe(false);
  });

  it("is told so once, also when they ask several things at the same time", async () => {
    await rules.stop(alice, stopped.code, stopped.atMs);
    const told = await Promise.all([1, 2, 3].map(() => rules.takeStopNotice(alice)));
    expect(told.filter((one) => one !== undefined)).toEqual([stopped]);
    expect(await rules.takeStopNotice(alice)).toBeUndefined();
    expect((await rules.read(alice)).stopped).toEqual(stopped);
  });

  it("is not told of a stop that is over", async () => {
    await rules.stop(alice, stopped.code, stopped.atMs);
    await rules.resume(alice);
    expect(await rules.takeStopNotice(alice)).toBeUndefined();
  });

  it("is told again when they are stopped again", async () => {
    await rules.stop(alice, stopped.code, stopped.atMs);
    await rules.takeStopNotice(alice);
    await rules.resume(alice);
    await rules.stop(alice, 50278, 7);
    expect(await rules.takeStopNotice(alice)).toEqual({ code: 50278, atMs: 7 });
  });
});

describe("without Redis", () => {
  const asked: readonly (readonly [string, (store: RuleStore) => Promise<unknown>])[] = [
    ["read", (store) => store.read(alice)],
    ["change", (store) => store.change(alice, { strongOnly: true })],
    ["addFewer", (store) => store.addFewer(alice, "EUR/USD|1h")],
    ["stop", (store) => store.stop(alice, 50007, 1)],
    ["resume", (store) => store.resume(alice)],
    ["takeStopNotice", (store) => store.takeStopNotice(alice)],
  ];

  it.each(asked)("%s rejects, and waits for nothing", async (_name, ask) => {
    const own = await startRedis({ ignoreEnvironment: true });
    const lost = await connect(own.url);
    try {
      await own.stop();
      await away(lost);
      await expect(ask(createRuleStore({ redis: lost, keys }))).rejects.toThrow();
    } finally {
      lost.disconnect();
      await own.stop();
    }
  });

  it.each(asked)("%s rejects with what Redis says against it", async (_name, ask) => {
    await redis.set(aliceKey, "not a hash");
    await expect(ask(rules)).rejects.toThrow(/WRONGTYPE/);
  });
});
