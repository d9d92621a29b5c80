import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { systemClock } from "../../src/clock.ts";
import type { Acceptance } from "../../src/notifications/acceptance.ts";
import { notificationStream, streamGroup } from "../../src/notifications/keys.ts";
import type { NotificationQueue } from "../../src/notifications/queue.ts";
import type { Received } from "../../src/notifications/reception.ts";
import {
  createStreamConsumer,
  type StreamConsumer,
  type StreamConsumerOptions,
} from "../../src/notifications/stream-consumer.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import type { EventRecord } from "./support/event-record.ts";
import { db, fingerprint, openTestQueue, published, queued, ready, takingIn } from "./support/queue.ts";

const group = streamGroup(fingerprint);
const cleanups: (() => unknown)[] = [];
let redis: OwnRedis;
let queue: NotificationQueue;

beforeAll(async () => {
  redis = await startRedis({ ignoreEnvironment: true });
  queue = await openTestQueue(redis);
});
beforeEach(async () => {
  await queue.redis.flushall();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(async () => {
  await queue.close();
  await redis.stop();
});

describe("the stream", () => {
  it("is read from its beginning, from before the first start too, and acknowledged", async () => {
    await add(published());
    const { events } = reading();
    await events.reach("notificationAccepted", 1);
    await add(published({ timestamp: 1 }));
    await events.reach("notificationAccepted", 2);
    await untilSettled();
    expect((await queued(queue)).map(({ way, payload }) => [way, payload])).toContainEqual(["stream", published()]);
  });

  it("loses nothing while nobody reads it", async () => {
    const first = reading();
    await first.events.reach("streamState", 1);
    await first.consumer.stop();
    for (const timestamp of [1, 2, 3]) await add(published({ timestamp }));
    const { events } = reading();
    await events.reach("notificationAccepted", 3);
    expect(first.events.count("notificationReceived")).toBe(0);
  });

  it("is shared by the processes of one bot, and read by each bot whole", async () => {
    const seen: Received[] = [];
    const acceptance = { accept: async (entries: readonly Received[]) => void seen.push(...entries) };
    const otherBot = "fedcba9876543210";
    const processes = [reading({ consumer: "a" }), reading({ consumer: "b" })];
    reading({ fingerprint: otherBot, acceptance });
    for (const { events } of processes) await events.reach("streamState", 1);
    for (let timestamp = 1; timestamp <= 20; timestamp += 1) await add(published({ timestamp }));
    await untilSettled();
    await untilSettled(streamGroup(otherBot));
    expect(seen).toHaveLength(20);
    expect(await queued(queue)).toHaveLength(20);
    expect(processes.reduce((sum, { events }) => sum + events.count("notificationReceived"), 0)).toBe(20);
  });

  it("is the one of the database that is set", async () => {
    const { events } = reading();
    await events.reach("streamState", 1);
    const elsewhere = new Redis(redis.url, { db: 0 });
    await elsewhere.xadd(notificationStream, "*", "payload", published({ timestamp: 1 }));
    elsewhere.disconnect();
    await add(published({ timestamp: 2 }));
    await events.reach("notificationAccepted", 1);
    expect((await queued(queue)).map(({ payload }) => payload)).toEqual([published({ timestamp: 2 })]);
  });

  it("gives its entries the time they came to it, not that of their reading", async () => {
    const beforeMs = Date.now() - 60 * 60_000;
    await add(published(), `${beforeMs}-1`);
    const { events } = reading();
    await events.reach("notificationAccepted", 1);
    expect((await queued(queue))[0]?.receivedAtMs).toBe(beforeMs);
  });

  it("may have entries numbered as their publisher likes", async () => {
    await add(published({ timestamp: undefined }), "7-1");
    const { events } = reading({ clock: { ...systemClock, now: () => 1_800_000_000_000 } });
    await events.reach("notificationAccepted", 1);
    expect((await queued(queue))[0]?.receivedAtMs).toBe(1_800_000_000_000);
  });
});

describe("an entry", () => {
  it("is acknowledged when it is accepted and not before, and offered until it is", async () => {
    let refusals = 0;
    const { acceptance, events: accepted } = takingIn(queue);
    const pendingAtOffer: number[] = [];
    const hesitant: Pick<Acceptance, "accept"> = {
      accept: async (entries) => {
        pendingAtOffer.push(await pending());
        refusals += 1;
        if (refusals <= 2) throw new Error("OOM command not allowed when used memory > 'maxmemory'.");
        await acceptance.accept(entries);
      },
    };
    const { events } = reading({ acceptance: hesitant });
    await add(published());
    await accepted.reach("notificationAccepted", 1);
    await untilSettled();
    expect(pendingAtOffer).toEqual([1, 1, 1]);
    expect(events.of("streamState").map(({ state, reason }) => [state, reason])).toContainEqual(["down", "OOM"]);
  });

  it("that a process of this name had left open is taken up at the start", async () => {
    await leaveOpen("me", published());
    const { events } = reading({ consumer: "me", claimAfterMs: 3_600_000 });
    await events.reach("notificationAccepted", 1);
    await untilSettled();
    expect(events.count("entriesClaimed")).toBe(0);
  });

  it("that another process left open is claimed, many of them and after the start too", async () => {
    const { events } = reading({ claimAfterMs: 1, claimEveryMs: 20 });
    await events.reach("streamState", 1);
    // In one step with their coming, so that the living one cannot have them.
    const dying = queue.redis.multi();
    for (let timestamp = 1; timestamp <= 250; timestamp += 1) {
      dying.xadd(notificationStream, "*", "payload", published({ timestamp }));
    }
    dying.xreadgroup("GROUP", group, "dead", "COUNT", 250, "STREAMS", notificationStream, ">");
    await dying.exec();
    await events.until(() => events.of("entriesClaimed").reduce((sum, { count }) => sum + count, 0) >= 250);
    await untilSettled();
    expect(await queued(queue)).toHaveLength(250);
  });

  it("that was deleted while it was open is nobody's worry", async () => {
    await leaveOpen("me", published({ timestamp: 1 }));
    await leaveOpen("dead", published({ timestamp: 2 }));
    await queue.redis.xtrim(notificationStream, "MAXLEN", "=", 0);
    const { events } = reading({ consumer: "me", claimAfterMs: 1, claimEveryMs: 20 });
    await add(published({ timestamp: 3 }));
    await events.reach("notificationAccepted", 1);
    await untilSettled();
    expect(events.count("notificationMalformed")).toBe(0);
  });

  it("without a payload is kept as malformed; other fields beside one do not matter", async () => {
    await queue.redis.xadd(notificationStream, "*", "signal", "buy", "signal", "sell");
    await queue.redis.xadd(notificationStream, "*", "payload", "{");
    await queue.redis.xadd(notificationStream, "*", "trace", "payload", "payload", published(), "payload", "{");
    const { events } = reading();
    await untilSettled();
    await events.reach("notificationAccepted", 1);
    expect(events.of("notificationMalformed").map(({ reason }) => reason)).toEqual(["noPayload", "notJson"]);
    expect(await queued(queue)).toContainEqual(
      expect.objectContaining({ name: "malformed", payload: '["signal","buy","signal","sell"]', path: "payload" }),
    );
  });
});

describe("the consumer", () => {
  it("loses nothing that was accepted or waited when Redis restarts in the middle", async () => {
    const { events } = reading();
    await events.reach("streamState", 1);
    for (let timestamp = 1; timestamp <= 100; timestamp += 1) await add(published({ timestamp }));
    await events.reach("notificationAccepted", 1);
    await redis.halt();
    await redis.start();
    await ready(queue);
    for (let timestamp = 101; timestamp <= 110; timestamp += 1) await add(published({ timestamp }));
    await untilSettled();
    expect(await queued(queue)).toHaveLength(110);
    expect(events.of("streamState").map(({ state }) => state)).toEqual(["up", "down", "up"]);
  });

  it("starts while Redis is away, and says why", async () => {
    await redis.halt();
    const { events } = reading();
    await events.reach("streamState", 1);
    expect(events.of("streamState")).toEqual([{ kind: "streamState", state: "down", reason: "ECONNREFUSED" }]);
    await redis.start();
    await ready(queue);
    await add(published());
    await events.reach("notificationAccepted", 1);
  });

  it("begins anew after somebody deleted everything", async () => {
    const { events } = reading();
    await events.reach("streamState", 1);
    await queue.redis.flushall();
    await add(published());
    await events.reach("notificationAccepted", 1);
    await queue.redis.xgroup("DESTROY", notificationStream, group);
    await add(published({ timestamp: 2 }));
    await events.reach("notificationAccepted", 2);
  });

  it("notices a Redis that has fallen silent, and comes back when it speaks again", async () => {
    const { events } = reading({ claimEveryMs: 50, answerTimeoutMs: 300 });
    const last = () => events.of("streamState").at(-1);
    await events.until(() => last()?.state === "up");
    redis.pause();
    cleanups.push(() => redis.resume());
    await events.until(() => last()?.reason === "no answer");
    redis.resume();
    await events.until(() => last()?.state === "up");
  });

  it("stops while it waits for the next entry, whenever that would come, and stays stopped", async () => {
    const { consumer, events } = reading({ claimEveryMs: 3_600_000 });
    await events.reach("streamState", 1);
    await consumer.stop();
    await add(published());
    expect(events.of("streamState").at(-1)).toEqual({ kind: "streamState", state: "down", reason: "stopped" });
    expect(await pending()).toBe(0);
    expect(await queued(queue)).toEqual([]);
  });

  it("stops when what it has read is accepted and acknowledged", async () => {
    const { acceptance } = takingIn(queue);
    let offered = () => {};
    const offering = new Promise<void>((resolve) => {
      offered = resolve;
    });
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { consumer } = reading({
      acceptance: {
        accept: async (entries) => {
          offered();
          await released;
          await acceptance.accept(entries);
        },
      },
    });
    await add(published());
    await offering;
    const stopped = consumer.stop();
    release();
    await stopped;
    expect(await pending()).toBe(0);
    expect(await queued(queue)).toHaveLength(1);
  });

  it("stops at once when it was never started, or cannot connect", async () => {
    await createStreamConsumer({ ...base(), acceptance: { accept: async () => {} }, publish: () => {} }).stop();
    await redis.halt();
    const { consumer, events } = reading({ backoff: { firstMs: 3_600_000, maxMs: 3_600_000 } });
    await events.reach("streamState", 1);
    await consumer.stop();
    await redis.start();
    await ready(queue);
  });
});

describe("the consumer sweeps", () => {
  it("consumers that are gone, but none with an entry left open", async () => {
    await leaveOpen("busy", published());
    await queue.redis.xgroup("CREATECONSUMER", notificationStream, group, "gone");
    reading({ consumer: "me", claimEveryMs: 20, claimAfterMs: 3_600_000, forgetConsumerAfterMs: 1 });
    await until(async () => !(await consumers()).includes("gone"));
    expect(await consumers()).toContain("busy");
  });

  it("entries of days ago that every bot is done with", async () => {
    await queue.redis.config("SET", "stream-node-max-entries", "1");
    cleanups.push(() => queue.redis.config("SET", "stream-node-max-entries", "100"));
    const weekAgoMs = Date.now() - 7 * 24 * 60 * 60_000;
    const left = await add(published({ timestamp: 1 }), `${weekAgoMs}-1`);
    const second = await add(published({ timestamp: 2 }), `${weekAgoMs}-2`);
    const recent = await add(published({ timestamp: 3 }));
    await queue.redis.xgroup("CREATE", notificationStream, "slow", "0");
    await queue.redis.xreadgroup("GROUP", "slow", "reader", "STREAMS", notificationStream, ">");
    const { events } = reading({ claimEveryMs: 20, forgetConsumerAfterMs: 1 });
    await events.reach("notificationAccepted", 3);
    await untilSettled();
    // Gone means that the sweep has been.
    await queue.redis.xgroup("CREATECONSUMER", notificationStream, group, "gone");
    await until(async () => !(await consumers()).includes("gone"));
    expect(await entryIds()).toEqual([left, second, recent]);
    await queue.redis.xack(notificationStream, "slow", left, second, recent);
    await until(async () => (await entryIds()).join() === recent);
  });
});

const base = (): Omit<StreamConsumerOptions, "acceptance" | "publish"> => ({
  redis: { url: redis.url, db },
  fingerprint,
  consumer: "me",
  clock: systemClock,
  backoff: { firstMs: 5, maxMs: 20 },
  claimEveryMs: 1000,
});

/** A consumer that has been started, with an acceptance of its own. */
function reading(options: Partial<StreamConsumerOptions> = {}): { consumer: StreamConsumer; events: EventRecord } {
  const { acceptance, events } = takingIn(queue);
  const consumer = createStreamConsumer({ ...base(), acceptance, publish: events.publish, ...options });
  consumer.start();
  cleanups.push(() => consumer.stop());
  return { consumer, events };
}

async function add(payload: string, id = "*"): Promise<string> {
  return (await queue.redis.xadd(notificationStream, id, "payload", payload)) ?? "";
}

/** As a process that died between reading and acknowledging. */
async function leaveOpen(consumer: string, payload: string): Promise<void> {
  await queue.redis.xgroup("CREATE", notificationStream, group, "0", "MKSTREAM").catch(() => {});
  await add(payload);
  await queue.redis.xreadgroup("GROUP", group, consumer, "COUNT", 1, "STREAMS", notificationStream, ">");
}

/** Asks until it is so: nothing tells when Redis has it. */
async function until(fulfilled: () => Promise<boolean>): Promise<void> {
  while (!(await fulfilled())) await new Promise((resolve) => setImmediate(resolve));
}

const pending = async (): Promise<number> => Number((await queue.redis.xpending(notificationStream, group))[0]);

/** Everything in the stream has been read and acknowledged. */
const untilSettled = (of = group): Promise<void> =>
  until(async () => {
    const [stream] = records([await queue.redis.xinfo("STREAM", notificationStream).catch(() => [])]);
    const groups = records(await queue.redis.xinfo("GROUPS", notificationStream).catch(() => []));
    const found = groups.find((each) => each.get("name") === of);
    return found?.get("pending") === 0 && found.get("last-delivered-id") === stream?.get("last-generated-id");
  });

const consumers = async (): Promise<unknown[]> =>
  records(await queue.redis.xinfo("CONSUMERS", notificationStream, group)).map((each) => each.get("name"));

const entryIds = async (): Promise<string[]> =>
  (await queue.redis.xrange(notificationStream, "-", "+")).map(([id]) => id);

/** Redis gives names and values in turn. */
const records = (answer: unknown): Map<unknown, unknown>[] =>
  z
    .array(z.array(z.unknown()))
    .parse(answer)
    .map((list) => new Map(list.flatMap((name, at) => (at % 2 === 0 ? [[name, list[at + 1]]] : []))));
