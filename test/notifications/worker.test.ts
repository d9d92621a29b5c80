import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { AcceptedNotification, StepOutcome } from "../../src/notifications/delivery-step.ts";
import type { NotificationQueue } from "../../src/notifications/queue.ts";
import type { Received } from "../../src/notifications/reception.ts";
import { createDeliveryWorker, type DeliveryWorker } from "../../src/notifications/worker.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { EventRecord } from "./support/event-record.ts";
import { db, openTestQueue, published, ready, takingIn } from "./support/queue.ts";

type Handle = (accepted: AcceptedNotification, signal: AbortSignal) => Promise<StepOutcome>;

const delivered: StepOutcome = { kind: "ended", done: { end: "delivered", attempts: 1, atMs: Date.now() } };
const personId = "200000000000000001";

let redis: OwnRedis;
let queue: NotificationQueue;
const workers: DeliveryWorker[] = [];

beforeEach(async () => {
  redis = await startRedis({ ignoreEnvironment: true, appendOnly: false });
  queue = await openTestQueue(redis);
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop(0)));
  await queue.close();
  await redis.stop();
});

/** A process that works on the queue, with a step of the test's own. */
function working(handle: Handle = async () => delivered) {
  const events = new EventRecord();
  const { acceptance } = takingIn(queue);
  const readAgain: Received[] = [];
  const worker = createDeliveryWorker({
    redis: { url: redis.url, db },
    keys: queue.keys,
    notifications: { run: handle },
    changes: { run: async () => delivered },
    async accept(entries) {
      readAgain.push(...entries);
      await acceptance.accept(entries);
    },
    clock: systemClock,
    publish: events.publish,
    random: () => 1,
  });
  workers.push(worker);
  worker.start();
  return { worker, events, readAgain };
}

async function accept(...texts: readonly string[]): Promise<void> {
  const { acceptance } = takingIn(queue);
  const received = { meant: "notification", way: "stream", receivedAtMs: Date.now() } as const;
  await acceptance.accept(texts.map((text) => ({ ...received, text, bytes: Buffer.byteLength(text) })));
}

describe("a job of the queue", () => {
  it("is completed with how its notification ended, which is told once", async () => {
    const timestamp = new Date(Date.now() - 500).toISOString();
    const atMs = Date.now() + 40;
    const { events } = working(async () => ({ kind: "ended", done: { end: "delivered", attempts: 3, atMs } }));
    await accept(published({ timestamp }));
    await events.reach("notificationEnded", 1);
    const [job] = await queue.jobs.getCompleted();
    expect(job?.returnvalue).toEqual({ end: "delivered" });
    const [ended] = events.of("notificationEnded");
    expect(ended).toMatchObject({ personId, identity: job?.id, end: "delivered", attempts: 3 });
    expect(ended?.sincePublicationMs).toBe(atMs - Date.parse(timestamp));
    expect(ended?.latencyMs).toBeLessThan(ended?.sincePublicationMs ?? 0);
  });

  it("becomes a dead letter with the reason, and is not tried again", async () => {
    let runs = 0;
    const { events } = working(async () => {
      runs += 1;
      return { kind: "ended", done: { end: "deadLetter", reason: "closed 50007", attempts: 1, atMs: Date.now() } };
    });
    await accept(published());
    await events.reach("notificationEnded", 1);
    expect(await queue.jobs.getFailed()).toMatchObject([{ failedReason: "closed 50007" }]);
    expect(events.of("notificationEnded")).toMatchObject([{ end: "deadLetter", reason: "closed 50007" }]);
    expect(runs).toBe(1);
  });

  it("is put off and comes again when it is due", async () => {
    const runs: number[] = [];
    let untilMs = 0;
    const { events } = working(async () => {
      runs.push(Date.now());
      untilMs ||= Date.now() + 300;
      return runs.length === 1 ? { kind: "wait", untilMs, reason: "pace" } : delivered;
    });
    await accept(published());
    await events.reach("notificationEnded", 1);
    expect(events.of("notificationDeferred")).toMatchObject([{ personId, reason: "pace", untilMs }]);
    expect(runs).toHaveLength(2);
    // A timer may fire a millisecond early.
    expect(runs[1]).toBeGreaterThanOrEqual(untilMs - 1);
    expect(events.of("deliveryRetried")).toEqual([]);
  });

  it("is tried again after what was said, or after ever longer waits", async () => {
    const outcomes: StepOutcome[] = [
      { kind: "retry", waitMs: 30, reason: "rateLimited" },
      { kind: "retry", waitMs: undefined, reason: "network" },
      delivered,
    ];
    const { events } = working(async () => outcomes.shift() ?? delivered);
    await accept(published());
    await events.reach("notificationEnded", 1);
    expect(events.of("deliveryRetried")).toMatchObject([
      { reason: "rateLimited", attempt: 1, waitMs: 30 },
      { reason: "network", attempt: 2, waitMs: 1_000 },
    ]);
  });

  it("outlives whatever a step throws", async () => {
    let runs = 0;
    const { events } = working(async () => {
      runs += 1;
      if (runs === 1) throw new Error("Redis was away for a moment");
      return delivered;
    });
    await accept(published());
    await events.reach("notificationEnded", 1);
    expect(events.of("workerFailed")).toHaveLength(1);
    expect(runs).toBe(2);
  });

  it("that cannot be read is a dead letter at once, and not told as the end of a notification", async () => {
    const { events } = working();
    await accept("no JSON", published());
    await events.reach("notificationEnded", 1);
    await expect.poll(() => queue.jobs.getFailedCount()).toBe(1);
    expect(await queue.jobs.getFailed()).toMatchObject([{ failedReason: "malformed notJson" }]);
    expect(events.count("notificationEnded")).toBe(1);
  });

  it("that was accepted and cannot be read any more is a dead letter, and told as one", async () => {
    const { events } = working();
    const data = { payload: "of another version", receivedAtMs: Date.now(), way: "channel", receipt: "r" } as const;
    await queue.jobs.add("notification", data, { jobId: "identity-1" });
    await events.reach("notificationEnded", 1);
    expect(events.of("notificationEnded")).toMatchObject([
      { identity: "identity-1", end: "deadLetter", reason: "malformed notJson" },
    ]);
  });

  it("that can be read by now is accepted as what it is", async () => {
    const payload = published();
    const data = { payload, receivedAtMs: Date.now(), way: "channel", receipt: "r" } as const;
    const fault = { meant: "notification", reason: "noPair", path: "pair", bytes: payload.length } as const;
    await queue.jobs.add("malformed", { ...data, ...fault }, { jobId: "malformed-1" });
    const { events, readAgain } = working();
    await events.reach("notificationEnded", 1);
    expect(readAgain).toMatchObject([{ text: payload, meant: "notification" }]);
    await expect.poll(() => queue.jobs.getCompletedCount()).toBe(2);
    expect(events.of("notificationEnded")).toMatchObject([{ personId, end: "delivered" }]);
  });
});

describe("workers", () => {
  it("of several processes share the queue, each job for one of them", async () => {
    const runs = new Map<string, number>();
    const begun = new Set<string>();
    let bothBegun = () => {};
    const both = new Promise<void>((resolve) => {
      bothBegun = resolve;
    });
    // Neither can do it alone: each works on fifty at most before the other has begun.
    const handleAs =
      (name: string): Handle =>
      async ({ identity }) => {
        runs.set(identity, (runs.get(identity) ?? 0) + 1);
        if (begun.add(name).size === 2) bothBegun();
        await both;
        return delivered;
      };
    const [one, other] = [working(handleAs("one")), working(handleAs("other"))];
    const texts = Array.from({ length: 300 }, (_, index) =>
      published({ discordUserId: `${20000000000000000n + BigInt(index)}` }),
    );
    await accept(...texts);
    const told = () => one.events.count("notificationEnded") + other.events.count("notificationEnded");
    await Promise.race([one, other].map(({ events }) => events.until(() => told() === 300)));
    expect([...runs.values()].filter((count) => count !== 1)).toEqual([]);
    expect(runs.size).toBe(300);
    for (const { events } of [one, other]) expect(events.count("notificationEnded")).toBeGreaterThan(0);
  });

  it("begin nothing while they are paused, and go on after", async () => {
    const { worker, events } = working();
    await accept(published({ pair: "AUD/USD" }));
    await events.reach("notificationEnded", 1);
    await worker.pause();
    await accept(published({ pair: "GBP/USD" }), published({ pair: "USD/JPY" }), published({ pair: "USD/CHF" }));
    // Whoever waited for a job at the moment of the pause may still take one.
    await expect.poll(() => queue.jobs.getWaitingCount()).toBeGreaterThan(0);
    await worker.resume();
    await events.reach("notificationEnded", 4);
  });

  it("stop only when what they work on has ended, or at the end of its time", async () => {
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const running: string[] = [];
    const { worker, events } = working(async ({ notification }) => {
      running.push(notification.signal.pair);
      await finished;
      return delivered;
    });
    await accept(published());
    await expect.poll(() => running.length).toBe(1);
    const stopping = worker.stop(60_000);
    finish();
    await stopping;
    expect(events.count("notificationEnded")).toBe(1);
  });

  // Given back at the last moment, it may be taken once more by who stops; then its lock has to run out first.
  it("leave what has not ended in time to the next process", { timeout: 60_000 }, async () => {
    let begun = () => {};
    const running = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const { worker, events } = working(
      (_accepted, signal) =>
        new Promise((resolve) => {
          begun();
          signal.addEventListener("abort", () => resolve({ kind: "retry", waitMs: 0, reason: "network" }));
        }),
    );
    await accept(published());
    await running;
    await worker.stop(0);
    expect(events.count("notificationEnded")).toBe(0);
    const next = working();
    await next.events.reach("notificationEnded", 1);
  });

  it("wait for a Redis that comes later, and for one that comes back", async () => {
    await redis.halt();
    const { events } = working();
    await redis.start();
    await ready(queue);
    await accept(published({ pair: "AUD/USD" }));
    await events.reach("notificationEnded", 1);
    await redis.halt("kill");
    await redis.start();
    await ready(queue);
    await accept(published({ pair: "GBP/USD" }));
    await events.until(({ all }) => all.filter(({ kind }) => kind === "notificationEnded").length >= 2);
  });
});
