import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../src/clock.ts";
import { assertNotStale, type Fence, runScript, StaleLeaderError } from "../src/fence.ts";
import { addToQueue } from "../src/notifications/additions.ts";
import { DirectChannels } from "../src/notifications/direct-channels.ts";
import type { DeliveryLane } from "../src/notifications/lane.ts";
import type { Sending, WaitingItem } from "../src/notifications/person-records.ts";
import { PersonTurns } from "../src/notifications/person-turns.ts";
import type { NotificationQueue } from "../src/notifications/queue.ts";
import { examine, receive } from "../src/notifications/reception.ts";
import { createRuleStore } from "../src/notifications/rule-store.ts";
import { compose, settlementOf } from "../src/notifications/settlement.ts";
import { parseSignalChange, type SignalChange } from "../src/notifications/signal-change.ts";
import { SignalChangeStep } from "../src/notifications/signal-change-step.ts";
import { Liveness } from "../src/recovery/liveness.ts";
import { type OwnRedis, startRedis } from "../src/sandbox/redis.ts";
import { openTestQueue, published } from "./notifications/support/queue.ts";
import { connect, longEnoughMs, Processes } from "./recovery/support.ts";

const keys = { key: "lease:fence", finishingKey: "lease:finishing" };
const former: Fence = { ...keys, token: "1:former" };
const current: Fence = { ...keys, token: "2:current" };
const person = "200000000000000001";

let server: OwnRedis;
let queue: NotificationQueue;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
  queue = await openTestQueue(server);
  redis = queue.redis;
});
afterAll(async () => {
  await queue.close();
  await server.stop();
});
beforeEach(async () => {
  await redis.flushall();
  await redis.set(keys.key, current.token);
});

/** Everything there is, as Redis would move it elsewhere. */
async function everything(connection = redis): Promise<ReadonlyMap<string, string>> {
  const names = (await connection.keys("*")).toSorted();
  const dumped = await Promise.all(names.map((name) => connection.dumpBuffer(name)));
  return new Map(names.map((name, index) => [name, dumped[index]?.toString("hex") ?? ""]));
}

describe("a fence", () => {
  const write = (fence: Fence | undefined) =>
    runScript({ redis, fence }, 'redis.call("SET", KEYS[1], ARGV[1]); return { #KEYS, #ARGV }', ["a-key"], ["a value"]);

  it("lets through who leads, with nothing but their own keys and values", async () => {
    expect(await write(current)).toEqual([1, 1]);
    expect(await redis.get("a-key")).toBe("a value");
  });

  it("refuses who led before, and nothing is written", async () => {
    const before = await everything();
    await expect(write(former)).rejects.toBeInstanceOf(StaleLeaderError);
    expect(await everything()).toEqual(before);
  });

  it("lets through who led before and ends what it began, until that time is over", async () => {
    await redis.zadd(keys.finishingKey, Date.now() + 60_000, former.token);
    expect(await write(former)).toEqual([1, 1]);
    await redis.zadd(keys.finishingKey, Date.now() - 1, former.token);
    await expect(write(former)).rejects.toBeInstanceOf(StaleLeaderError);
  });

  it("refuses an epoch again that a Redis without its data gives to another", async () => {
    await redis.set(keys.key, "1:another");
    await expect(write(former)).rejects.toBeInstanceOf(StaleLeaderError);
  });

  it("refuses while Redis does not know who leads", async () => {
    await redis.del(keys.key);
    await expect(write(current)).rejects.toBeInstanceOf(StaleLeaderError);
  });

  it("is none where nobody else can lead", async () => {
    expect(await write(undefined)).toEqual([1, 1]);
    await assertNotStale({ redis, fence: undefined });
  });

  it("leaves the errors of scripts as they are", async () => {
    await expect(runScript({ redis, fence: current }, "return redis.call('NOPE')", [], [])).rejects.not.toBeInstanceOf(
      StaleLeaderError,
    );
  });
});

/** A message half-way to a person, and another that waits. */
async function scene(): Promise<{ readonly waiting: WaitingItem; readonly sending: Sending }> {
  const turns = new PersonTurns({ redis, keys: queue.keys, historyMs: 1_000_000 });
  const nowMs = Date.now();
  const items = ["EUR/USD", "GBP/USD"].map((slot): WaitingItem => {
    const payload = published({ pair: slot });
    return { identity: `identity-${slot}`, slot, orderMs: nowMs, receivedAtMs: nowMs, payload };
  });
  const [one, waiting] = items;
  if (one === undefined || waiting === undefined) throw new Error("two items");
  for (const each of items) await turns.offer(person, each, nowMs);
  await turns.take(person, "token");
  const state = { channelId: "1", attempts: 1, firstTriedAtMs: nowMs, lastTriedAtMs: nowMs, notBeforeMs: 0 };
  const sending: Sending = { id: "message-key", items: [one], state };
  await turns.begin(person, "token", sending);
  const rules = createRuleStore({ redis, keys: queue.keys });
  await rules.stop(person, 50_007, nowMs);
  await redis.hset(queue.keys.channels, person, "1");
  return { waiting, sending };
}

const untouched: DeliveryLane = {
  openChannel: async () => ({ channelId: "2" }),
  sendMessage: () => Promise.reject(new Error("was sent")),
  editMessage: () => Promise.reject(new Error("was sent")),
  recentMessages: () => Promise.reject(new Error("was asked")),
};

function signalChange(): SignalChange {
  const parsed = parseSignalChange(
    JSON.stringify({
      ...{ pair: "EUR/USD", timeframe: "1d", oldSignal: "long", newSignal: "short", newConfidence: 0.77 },
      ...{ signalStrength: "strong", marketCondition: "calm", entryPrice: 1.0853, indicators: {} },
      subscribers: [{ id: "300000000000000001", username: "erin" }],
    }),
  );
  if (parsed.kind === "malformed") throw new Error(parsed.reason);
  return parsed.change;
}

describe.each([
  ["who led before", former, false],
  ["who leads", current, true],
] as const)("what is kept about deliveries, written by %s", (_who, fence, accepted) => {
  const nowMs = Date.now();
  const done = { end: "withheld", reason: "outdated", attempts: 0, atMs: nowMs } as const;
  const turns = () => new PersonTurns({ redis, fence, keys: queue.keys, historyMs: 1_000_000 });
  const rules = () => createRuleStore({ redis, fence, keys: queue.keys });
  const channels = () =>
    new DirectChannels({
      ...{ lane: untouched, redis, fence, keys: queue.keys, clock: systemClock },
      pace: { take: async () => 0, count: async () => {} },
    });
  type Scene = Awaited<ReturnType<typeof scene>>;
  const writes: readonly (readonly [string, (scene: Scene) => Promise<unknown>])[] = [
    ["offer", ({ waiting }) => turns().offer(person, { ...waiting, identity: "new", orderMs: nowMs + 60_000 }, nowMs)],
    ["take", () => turns().take(person, "token")],
    ["keep", () => redis.pexpire(queue.keys.person(person).turn, 5).then(() => turns().keep(person, "token"))],
    ["release", () => turns().release(person, "token")],
    ["note", ({ sending: { id, state } }) => turns().note(person, id, { ...state, attempts: 2 })],
    ["put back", ({ sending: { id } }) => turns().putBack(person, id, nowMs)],
    ["end unsent", ({ waiting }) => turns().endUnsent(person, [{ item: waiting, done }])],
    ["fail", ({ sending: { id } }) => turns().fail(person, { id, everything: true, done })],
    [
      "settle",
      ({ sending }) => {
        const about = { messageId: "9", sentAtMs: nowMs, nowMs, intervalMs: 1_000 };
        return turns().settle(person, "token", sending.id, settlementOf(sending, compose(sending, []), about), nowMs);
      },
    ],
    ["change rules", () => rules().change(person, { strongOnly: true })],
    ["fewer", () => rules().addFewer(person, "EUR/USD|1h")],
    ["stop", () => rules().stop(person, 50_278, nowMs)],
    ["resume", () => rules().resume(person)],
    ["stop notice", () => rules().takeStopNotice(person)],
    ["forget a channel", () => channels().forget(person, "1")],
    ["pause openings", () => channels().pauseOpenings()],
    [
      "accept",
      () => {
        const from = { meant: "notification", way: "stream", receivedAtMs: nowMs } as const;
        const texts = [published({ timestamp: undefined }), published()];
        const candidates = texts.map((text) => examine(receive(text, from)));
        return addToQueue({ ...queue, fence }, candidates);
      },
    ],
  ];

  it.each(writes)("%s", async (name, write) => {
    const given = await scene();
    const before = name === "keep" ? undefined : await everything();
    if (accepted) {
      await write(given);
      if (before !== undefined && name !== "take") expect(await everything()).not.toEqual(before);
      return;
    }
    await expect(write(given)).rejects.toBeInstanceOf(StaleLeaderError);
    if (before !== undefined) expect(await everything()).toEqual(before);
  });

  it("begin a message", async () => {
    const { waiting, sending } = await scene();
    await redis.del(queue.keys.person(person).sending);
    const before = await everything();
    const begun = turns().begin(person, "token", { ...sending, items: [waiting] });
    if (accepted) expect(await begun).toBe(true);
    else await expect(begun).rejects.toBeInstanceOf(StaleLeaderError);
    if (!accepted) expect(await everything()).toEqual(before);
  });

  it("keep a channel", async () => {
    const opened = await channels().channelOf("another", "person");
    expect(opened).toEqual({ kind: "known", channelId: "2" });
    expect(await redis.hget(queue.keys.channels, "another")).toBe(accepted ? "2" : null);
  });

  it("announce a change: who may not sends nothing either", async () => {
    const step = new SignalChangeStep({
      ...{ channelId: "1", lane: untouched, redis, fence, keys: queue.keys, clock: systemClock },
      halt: async () => {},
    });
    const announcing = step.run(
      { identity: "a-change", receivedAtMs: nowMs, change: signalChange() },
      new AbortController().signal,
    );
    await expect(announcing).rejects.toThrow(accepted ? "was sent" : "another process leads");
    expect(await redis.exists(queue.keys.announcedAt("a-change"))).toBe(accepted ? 1 : 0);
  });
});

describe("what is kept about interactions", () => {
  it("is not written by who led before: no record, mark, claim, strike, takeover or sign of life", async () => {
    const direct = await connect(server.url);
    await direct.set(keys.key, former.token);
    const processes = new Processes(server.url);
    const stale = await processes.start("stale", { fence: former });
    const dying = await processes.start("dying", { fence: former });
    const left = processes.record();
    const { id } = left.target;
    dying.store.record(left);
    await dying.store.claim(id, "accepted");
    await processes.roundTrip();
    await dying.die();
    expect(await stale.store.takeOver()).toEqual([]);
    await processes.pass(longEnoughMs);

    await direct.set(keys.key, current.token);
    const before = await everything(direct);
    stale.store.record(processes.record());
    stale.store.markShown(id);
    expect(await stale.store.claim(processes.interactionId(), "accepted")).toBe("unknown");
    stale.store.strike(id);
    expect(await stale.store.takeOver()).toEqual([]);
    await processes.pass(3_000);
    expect(await everything(direct)).toEqual(before);
    const kinds = new Set(stale.errors.map((error) => error.split(":")[0]));
    expect([...kinds].toSorted()).toEqual(["claim", "markShown", "record", "refresh", "strike", "takeOver"]);
    for (const error of stale.errors) expect(error).toContain("another process leads");

    const isKnownDead = (other: string) => other === "dying" || other === "stale";
    const successor = await processes.start("successor", { fence: current, isKnownDead });
    expect(await successor.store.takeOver()).toMatchObject([{ target: { id } }]);
    await processes.end();
    direct.disconnect();
  });

  it("shows no life of one who led before", async () => {
    const errors: unknown[] = [];
    const life = (fence: Fence) =>
      new Liveness({
        ...{ redis, fence, key: `life:${fence.token}`, clock: systemClock },
        onRefreshed: () => {},
        onError: (error) => errors.push(error),
      });
    const [old, next] = [life(former), life(current)];
    old.start();
    next.start();
    await expect.poll(() => redis.exists(`life:${current.token}`)).toBe(1);
    await expect.poll(() => errors[0]).toBeInstanceOf(StaleLeaderError);
    expect(await redis.exists(`life:${former.token}`)).toBe(0);
    await Promise.all([old.stop(), next.stop()]);
  });
});
