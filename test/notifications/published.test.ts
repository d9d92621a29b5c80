import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { notificationChannel, signalChangeChannel } from "../../src/notifications/keys.ts";
import { createPublished, type Published, type PublishedOptions } from "../../src/notifications/published.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { EventRecord } from "./support/event-record.ts";

let server: OwnRedis;
let publisher: Redis;
let clock: AskedClock;
const listening: Published[] = [];

beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
  publisher = new Redis(server.url);
});
afterAll(async () => {
  publisher.disconnect();
  await server.stop();
});
beforeEach(() => {
  clock = new AskedClock();
});
afterEach(async () => {
  await Promise.all(listening.splice(0).map((each) => each.stop()));
});

/** Tells how many messages came: of each, the time is asked. */
class AskedClock extends VirtualClock {
  asked = 0;

  override now(): number {
    this.asked += 1;
    return super.now();
  }
}

/** One process that listens. */
async function listen(options: Partial<PublishedOptions> = {}) {
  const events = new EventRecord();
  const published = createPublished({
    ...{ redisUrl: server.url, clock, publish: events.publish, keepMs: 30_000 },
    ...options,
  });
  published.start();
  listening.push(published);
  await expect.poll(async () => (await publisher.pubsub("NUMSUB", notificationChannel))[1]).toBe(listening.length);
  return published;
}

/** Publishes, and waits until it has come. */
const say = async (text: string, channel = notificationChannel): Promise<void> => {
  const before = clock.asked;
  expect(await publisher.publish(channel, text)).toBe(1);
  await expect.poll(() => clock.asked).toBe(before + 1);
};

/** What somebody takes, as it comes. */
function taking(published: Published) {
  const taken: { text: string; meant: string; receivedAtMs: number }[] = [];
  published.deliverTo((text, meant, receivedAtMs) => taken.push({ text, meant, receivedAtMs }));
  return taken;
}

describe("what is published", () => {
  it("is given as it comes to whoever takes it", async () => {
    const taken = taking(await listen());
    await say("one");
    await say("two", signalChangeChannel);
    expect(taken.map(({ text, meant }) => [text, meant])).toEqual([
      ["one", "notification"],
      ["two", "signalChange"],
    ]);
  });

  it("is kept while nobody takes it, and given then, in order and with the time at which it came", async () => {
    const published = await listen();
    const receivedAtMs = clock.now();
    await say("one");
    await say("two");
    await clock.advance(20_000);
    const taken = taking(published);
    expect(taken).toEqual([
      { text: "one", meant: "notification", receivedAtMs },
      { text: "two", meant: "notification", receivedAtMs },
    ]);
    await say("three");
    expect(taken).toHaveLength(3);
  });

  it("is forgotten after a while: a leader has taken it", async () => {
    const published = await listen();
    await say("old");
    await clock.advance(30_000);
    await say("new");
    expect(taking(published).map(({ text }) => text)).toEqual(["new"]);
  });

  it("is forgotten also when nothing comes after it", async () => {
    const published = await listen();
    await say("old");
    await clock.advance(30_000);
    expect(taking(published)).toEqual([]);
  });

  it.each([
    ["count", { count: 2, characters: 1_000 }],
    ["length", { count: 100, characters: 6 }],
  ])("is kept within a bound of %s, and the newest of it", async (_what, most) => {
    const published = await listen({ most });
    for (const text of ["one", "two", "six"]) await say(text);
    expect(taking(published).map(({ text }) => text)).toEqual(["two", "six"]);
  });
});
