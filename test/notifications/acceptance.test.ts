import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { NotificationQueue } from "../../src/notifications/queue.ts";
import { maxKeptBytes, type Received, receive } from "../../src/notifications/reception.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";
import { type Intake, openTestQueue, published, queued, ready, takingIn, workOff } from "./support/queue.ts";

let redis: OwnRedis;
let queue: NotificationQueue;

beforeAll(async () => {
  redis = await startRedis({ ignoreEnvironment: true });
  queue = await openTestQueue(redis);
});
beforeEach(async () => {
  await queue.redis.flushall();
});
afterAll(async () => {
  await queue.close();
  await redis.stop();
});

const byStream = (text: string, receivedAtMs: number): Received =>
  receive(text, { meant: "notification", way: "stream", receivedAtMs });
const untimed = published({ timestamp: undefined });

/** Everything received so far is accounted for. */
const settled = ({ events }: Intake): Promise<void> =>
  events.until(
    (record) =>
      record.count("notificationReceived") ===
      record.count("notificationAccepted") +
        record.count("notificationDuplicate") +
        record.count("notificationMalformed") +
        record.count("signalChangeIgnored"),
  );

describe("a notification", () => {
  it("is accepted when it is in the durable queue, as it was published", async () => {
    const clock = new VirtualClock();
    const intake = takingIn(queue, { clock });
    const text = published({ note: "é\u202e" });
    intake.acceptance.receive(text, "notification");
    expect(intake.acceptance.waiting).toBe(1);
    await intake.events.reach("notificationAccepted", 1);
    const [job, ...others] = await queued(queue);
    expect(others).toEqual([]);
    expect(job).toMatchObject({ name: "notification", payload: text, receivedAtMs: clock.now(), way: "channel" });
    expect(intake.events.all).toEqual([
      { kind: "notificationReceived", bytes: Buffer.byteLength(text), way: "channel" },
      { kind: "notificationAccepted", personId: "200000000000000001", identity: job?.id, way: "channel" },
    ]);
    expect(intake.acceptance.waiting).toBe(0);
  });

  it("is one, by whichever way it comes and however often", async () => {
    const intake = takingIn(queue);
    await intake.acceptance.accept([byStream(published(), 1), byStream(published(), 2)]);
    intake.acceptance.receive(published(), "notification");
    await settled(intake);
    expect(await queued(queue)).toHaveLength(1);
    expect(intake.events.count("notificationReceived")).toBe(3);
    expect(intake.events.of("notificationAccepted").map(({ way }) => way)).toEqual(["stream"]);
    expect(intake.events.count("notificationDuplicate")).toBe(2);
  });

  it("counts as accepted by one of two processes that receive it at the same time", async () => {
    const intakes = [takingIn(queue), takingIn(await openSecond())];
    for (let minute = 10; minute < 30; minute += 1) {
      const text = published({ timestamp: `2026-01-05T11:${minute}:00.000Z` });
      for (const { acceptance } of intakes) acceptance.receive(text, "notification");
    }
    await Promise.all(intakes.map(settled));
    const sum = (kind: "notificationAccepted" | "notificationDuplicate") =>
      intakes.reduce((total, { events }) => total + events.count(kind), 0);
    expect(await queued(queue)).toHaveLength(20);
    expect(sum("notificationAccepted")).toBe(20);
    expect(sum("notificationDuplicate")).toBe(20);
  });

  it("is recognised as long as the queue remembers it, also when it is finished", async () => {
    const intake = takingIn(queue);
    await intake.acceptance.accept([byStream(published(), 1)]);
    await workOff(queue, redis, () => ({ end: "delivered" }));
    await intake.acceptance.accept([byStream(published(), 1)]);
    expect(intake.events.count("notificationDuplicate")).toBe(1);
    expect(await queued(queue)).toEqual([]);
  });
});

describe("a notification without a time of its own", () => {
  it("is the same within two minutes of the first, across both ways and two processes, and another afterwards", async () => {
    const clock = new VirtualClock();
    const intakes = [takingIn(queue, { clock }), takingIn(await openSecond(), { clock })] as const;
    const [one, other] = intakes;
    one.acceptance.receive(untimed, "notification");
    await settled(one);
    await clock.advance(119_999);
    other.acceptance.receive(untimed, "notification");
    await settled(other);
    await one.acceptance.accept([byStream(untimed, clock.now())]);
    expect(await queued(queue)).toHaveLength(1);
    await clock.advance(1);
    other.acceptance.receive(untimed, "notification");
    await settled(other);
    expect(await queued(queue)).toHaveLength(2);
  });

  it("is the same for two machines whose clocks differ", async () => {
    const intake = takingIn(queue);
    await intake.acceptance.accept([byStream(untimed, 1_000_000)]);
    await intake.acceptance.accept([byStream(untimed, 1_000_000 - 5_000)]);
    expect(await queued(queue)).toHaveLength(1);
  });

  it("keeps its name when its entry is read again hours later, though the same content came again meanwhile", async () => {
    const intake = takingIn(queue);
    const hourMs = 60 * 60_000;
    const first = byStream(untimed, hourMs);
    await intake.acceptance.accept([byStream(untimed, hourMs - 60_000)]);
    await intake.acceptance.accept([first]);
    await intake.acceptance.accept([byStream(untimed, 5 * hourMs)]);
    await intake.acceptance.accept([first]);
    expect(intake.events.count("notificationAccepted")).toBe(2);
    expect(intake.events.count("notificationDuplicate")).toBe(2);
  });

  it("differs from another person's", async () => {
    const intake = takingIn(queue);
    const elsewhere = published({ timestamp: undefined, discordUserId: "200000000000000002" });
    await intake.acceptance.accept([byStream(untimed, 1), byStream(elsewhere, 1)]);
    expect(intake.events.count("notificationAccepted")).toBe(2);
  });
});

describe("what cannot be read", () => {
  it("is kept with the reason, the same content once", async () => {
    const intake = takingIn(queue);
    const nobody = published({ discordUserId: 5 });
    for (const text of [nobody, "{", nobody]) intake.acceptance.receive(text, "notification");
    await settled(intake);
    const jobs = await queued(queue);
    expect(jobs).toContainEqual(
      expect.objectContaining({ name: "malformed", meant: "notification", reason: "noPerson", payload: nobody }),
    );
    expect(jobs).toContainEqual(expect.objectContaining({ name: "malformed", reason: "notJson", payload: "{" }));
    expect(jobs).toHaveLength(2);
    expect(intake.events.of("notificationMalformed")).toEqual([
      { kind: "notificationMalformed", reason: "noPerson", path: "discordUserId" },
      { kind: "notificationMalformed", reason: "notJson", path: "" },
    ]);
    expect(intake.events.count("notificationDuplicate")).toBe(1);
  });

  it("is cut when it is long, and told apart by its size", async () => {
    const intake = takingIn(queue);
    const megabytes = (count: number) => "é".repeat((count * 1024 * 1024) / 2);
    for (const text of [megabytes(3), megabytes(4), megabytes(3)]) intake.acceptance.receive(text, "notification");
    await settled(intake);
    const jobs = await queued(queue);
    expect(jobs.map((job) => job.name === "malformed" && [job.reason, job.bytes]).sort()).toEqual([
      ["tooLarge", 3 * 1024 * 1024],
      ["tooLarge", 4 * 1024 * 1024],
    ]);
    for (const { payload } of jobs) expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(maxKeptBytes);
  });
});

describe("a change of a signal", () => {
  const change = JSON.stringify({ pair: "EUR/USD", oldSignal: null, newSignal: "long", subscribers: [] });

  it("is accepted once in two minutes", async () => {
    const clock = new VirtualClock();
    const intake = takingIn(queue, { clock });
    for (const waitMs of [0, 60_000, 60_000]) {
      await clock.advance(waitMs);
      intake.acceptance.receive(change, "signalChange");
      await settled(intake);
    }
    expect((await queued(queue)).map(({ name, payload }) => [name, payload])).toEqual([
      ["signalChange", change],
      ["signalChange", change],
    ]);
    expect(intake.events.count("notificationDuplicate")).toBe(1);
  });

  it("is left aside, counted and said once, where there is no channel to announce it in", async () => {
    const intake = takingIn(queue, { announcesChanges: false });
    for (const text of [change, "{"]) intake.acceptance.receive(text, "signalChange");
    expect(intake.events.of("signalChangeIgnored").map(({ first }) => first)).toEqual([true, false]);
    await intake.acceptance.stop(0);
    expect(await queued(queue)).toEqual([]);
    expect(intake.events.count("notificationsAbandoned")).toBe(0);
  });
});

describe("a burst", () => {
  it("is taken in turns of the event loop", async () => {
    let turns = 0;
    let counting = true;
    const count = () => {
      turns += 1;
      if (counting) setImmediate(count);
    };
    setImmediate(count);
    const added = watched(queue, () => turns);
    const burst = Array.from({ length: 100 }, (_, ms) => byStream(published({ timestamp: ms + 1 }), 1));
    await takingIn(added.queue).acceptance.accept(burst);
    counting = false;
    // Nothing was asked of Redis before: whatever turns there were, they were between two texts.
    expect(added.seen[0]).toBeGreaterThanOrEqual(99);
  });

  it("takes few requests", async () => {
    const added = watched(queue, (jobs) => jobs.length);
    const intake = takingIn(added.queue);
    for (let ms = 0; ms < 250; ms += 1) {
      intake.acceptance.receive(published({ timestamp: ms + 1 }), "notification");
    }
    await settled(intake);
    expect(added.seen).toEqual([1, 100, 100, 49]);
  });
});

describe("while Redis is away", () => {
  afterEach(async () => {
    await redis.start();
    await ready(queue);
  });

  it("what was published waits, and is accepted when Redis is back", async () => {
    const intake = takingIn(queue);
    await halt();
    for (let ms = 0; ms < 5; ms += 1) {
      intake.acceptance.receive(published({ timestamp: 1_700_000_000_000 + ms }), "notification");
    }
    await intake.events.reach("acceptanceState", 1);
    expect(intake.acceptance.waiting).toBe(5);
    await redis.start();
    await intake.events.reach("notificationAccepted", 5);
    expect(await queued(queue)).toHaveLength(5);
    expect(intake.events.of("acceptanceState").map(({ state, reason }) => [state, reason])).toEqual([
      ["down", "not connected"],
      ["up", undefined],
    ]);
  });

  it("what came by stream is refused, for the stream to keep", async () => {
    const intake = takingIn(queue);
    await halt();
    await expect(intake.acceptance.accept([byStream(published(), 1)])).rejects.toThrow();
    expect(intake.events.count("notificationReceived")).toBe(0);
    expect(intake.acceptance.waiting).toBe(0);
  });

  it("no more waits than may, and what is given up for it is counted together", async () => {
    const clock = new VirtualClock();
    const intake = takingIn(queue, { clock, maxWaiting: { count: 3, characters: 1e6 } });
    await halt();
    for (let ms = 0; ms < 10; ms += 1) {
      intake.acceptance.receive(published({ timestamp: 1_700_000_000_000 + ms }), "notification");
    }
    await settle();
    // One is on its way and three wait behind it.
    expect(intake.acceptance.waiting).toBe(4);
    await clock.advance(1000);
    expect(intake.events.of("notificationsAbandoned")).toEqual([
      { kind: "notificationsAbandoned", reason: "tooMany", count: 6 },
    ]);
  });

  it("no more text waits than may", async () => {
    const intake = takingIn(queue, { clock: new VirtualClock(), maxWaiting: { count: 100, characters: 1000 } });
    await halt();
    for (let ms = 0; ms < 10; ms += 1) {
      intake.acceptance.receive(published({ timestamp: ms + 1, note: "x".repeat(500) }), "notification");
    }
    expect(intake.acceptance.waiting).toBe(2);
  });

  it("a stop waits only so long, and counts what it gives up", async () => {
    const clock = new VirtualClock();
    const intake = takingIn(queue, { clock });
    await halt();
    for (const minute of [11, 12]) {
      intake.acceptance.receive(published({ timestamp: `2026-01-05T11:${minute}:00Z` }), "notification");
    }
    const stopped = intake.acceptance.stop(2_000);
    await clock.advance(2_000);
    await stopped;
    expect(intake.events.of("notificationsAbandoned")).toEqual([
      { kind: "notificationsAbandoned", reason: "stopping", count: 2 },
    ]);
    intake.acceptance.receive(published(), "notification");
    expect(intake.acceptance.waiting).toBe(0);
  });
});

describe("a stop", () => {
  it("has everything that came accepted first", async () => {
    const intake = takingIn(queue);
    for (let ms = 0; ms < 150; ms += 1) {
      intake.acceptance.receive(published({ timestamp: 1_700_000_000_000 + ms }), "notification");
    }
    await intake.acceptance.stop(60_000);
    expect(await queued(queue)).toHaveLength(150);
    expect(intake.events.count("notificationsAbandoned")).toBe(0);
  });
});

describe("an answer of Redis that was lost", () => {
  it("does not make a notification its own duplicate", async () => {
    let lost = 0;
    const jobs = Object.create(queue.jobs, {
      addBulk: {
        value: async (...args: Parameters<typeof queue.jobs.addBulk>) => {
          const added = await queue.jobs.addBulk(...args);
          lost += 1;
          if (lost === 1) throw new Error("Connection is closed.");
          return added;
        },
      },
    });
    const intake = takingIn({ ...queue, jobs });
    intake.acceptance.receive(untimed, "notification");
    await settled(intake);
    expect(lost).toBe(2);
    expect(intake.events.count("notificationAccepted")).toBe(1);
    expect(await queued(queue)).toHaveLength(1);
  });
});

const seconds: NotificationQueue[] = [];
afterEach(async () => {
  for (const second of seconds.splice(0)) await second.close();
});

/** As another process has it. */
async function openSecond(): Promise<NotificationQueue> {
  const second = await openTestQueue(redis);
  seconds.push(second);
  return second;
}

/** Redis is gone, and the connection knows. */
async function halt(): Promise<void> {
  const closed = new Promise((resolve) => queue.redis.once("close", resolve));
  await redis.halt();
  await closed;
}

type Added = Parameters<NotificationQueue["jobs"]["addBulk"]>[0];

/** The queue, with what was seen each time that jobs were added. */
function watched(original: NotificationQueue, see: (jobs: Added) => number) {
  const seen: number[] = [];
  const jobs = Object.create(original.jobs, {
    addBulk: {
      value: (added: Added) => {
        seen.push(see(added));
        return original.jobs.addBulk(added);
      },
    },
  });
  return { queue: { ...original, jobs }, seen };
}
