import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DirectChannels } from "../../src/notifications/direct-channels.ts";
import { type NotificationKeys, notificationKeys } from "../../src/notifications/keys.ts";
import { createOpenPace, type OpenPace } from "../../src/notifications/open-pace.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { away, connect } from "../recovery/support.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { discord, ScriptedLane } from "./support/scripted-lane.ts";

const person = "200000000000000001";
const other = "200000000000000002";
const known = (channelId: string) => ({ kind: "known", channelId });

let server: OwnRedis;
let redis: Redis;
let clock: VirtualClock;
let lane: ScriptedLane;
let keys: NotificationKeys;
let opened: number;

beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
});
afterAll(() => server.stop());
beforeEach(async () => {
  redis = await connect(server.url);
  clock = new VirtualClock();
  lane = new ScriptedLane();
  keys = notificationKeys(randomUUID());
  opened = 0;
});
afterEach(() => redis.disconnect());

const pace = (opensPerSecond: number): OpenPace => createOpenPace({ redis, key: keys.opens, opensPerSecond });

/** One process's. */
const channels = (opensPerSecond = 1_000) => {
  const onOpen = () => {
    opened += 1;
  };
  return new DirectChannels({ lane, redis, keys, pace: pace(opensPerSecond), clock, onOpen });
};

describe("a person's channel", () => {
  it("is opened once, whoever asks, however often, in whichever process", async () => {
    const one = channels();
    const asked = [one.channelOf(person, "person"), one.channelOf(person, "person"), one.channelOf(person, "queue")];
    expect(await Promise.all(asked)).toEqual(Array(3).fill(known(`dm-${person}`)));
    expect(await one.channelOf(person, "queue")).toEqual(known(`dm-${person}`));
    expect(await channels().channelOf(person, "queue")).toEqual(known(`dm-${person}`));
    expect(lane.opens).toEqual([person]);
    expect(opened).toBe(1);
  });

  it("is asked for again after opening it failed", async () => {
    const one = channels();
    lane.openSteps.push(discord(500, 0));
    await expect(one.channelOf(person, "queue")).rejects.toMatchObject({ failure: { status: 500 } });
    expect(await one.channelOf(person, "queue")).toEqual(known(`dm-${person}`));
  });

  it("is forgotten by all when it is gone, and another one that was opened since is not", async () => {
    const [one, two] = [channels(), channels()];
    await one.channelOf(person, "queue");
    await two.channelOf(person, "queue");
    await one.forget(person, `dm-${person}`);
    lane.generation = "-new";
    expect(await one.channelOf(person, "queue")).toEqual(known(`dm-${person}-new`));
    // The other process finds out later.
    await two.forget(person, `dm-${person}`);
    expect(await two.channelOf(person, "queue")).toEqual(known(`dm-${person}-new`));
    expect(lane.opens).toHaveLength(2);
  });

  it("is found without Redis when somebody waits for it, and is left to later when nobody does", async () => {
    const server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
    const client = await connect(server.url);
    const options = { redis: client, keys, clock, lane };
    const one = new DirectChannels({
      ...options,
      pace: createOpenPace({ redis: client, key: keys.opens, opensPerSecond: 1 }),
    });
    await server.halt();
    await away(client);
    await expect(one.channelOf(person, "queue")).rejects.toThrow();
    expect(lane.opens).toEqual([]);
    expect(await one.channelOf(person, "person")).toEqual(known(`dm-${person}`));
    expect(await one.channelOf(person, "queue")).toEqual(known(`dm-${person}`));
    client.disconnect();
    await server.stop();
  });
});

describe("the pace of openings", () => {
  it("lets a handful follow each other at once, and makes the next one wait; for all processes together", async () => {
    const [one, two] = [pace(0.001), pace(0.001)];
    const waits = [];
    for (const each of [one, two, one, two, one]) waits.push(await each.take());
    expect(waits).toEqual([0, 0, 0, 0, 0]);
    expect(await two.take()).toBeGreaterThan(1_000_000);
    expect(await one.take()).toBeGreaterThan(1_000_000);
  });

  it("is never faster than was asked for", async () => {
    for (const opensPerSecond of [0.3, 1, 6.5]) {
      const key = `${keys.opens}:${opensPerSecond}`;
      const each = createOpenPace({ redis, key, opensPerSecond });
      let count = 0;
      let waitMs = 0;
      while (waitMs === 0) {
        waitMs = await each.take();
        if (waitMs === 0) count += 1;
      }
      // What was let through at once lasts until the end of its window.
      const windowMs = await redis.pttl(`${key}:all`);
      expect(count / (Math.ceil(windowMs / 1_000) || 1)).toBeLessThanOrEqual(opensPerSecond);
    }
  });

  it("says until when it keeps somebody waiting, and not those who are known", async () => {
    const slow = channels(0.001);
    for (let index = 0; index < 5; index += 1) await slow.channelOf(`${20000000000000000n + BigInt(index)}`, "queue");
    const answer = await slow.channelOf(person, "queue");
    expect(answer.kind).toBe("notNow");
    expect(answer.kind === "notNow" && answer.untilMs).toBeGreaterThan(clock.now() + 1_000_000);
    expect(await slow.channelOf("20000000000000001", "queue")).toEqual(known("dm-20000000000000001"));
  });

  it("counts those that somebody waits for, and never refuses them", async () => {
    const slow = channels(0.001);
    for (let index = 0; index < 7; index += 1) {
      const each = `${20000000000000000n + BigInt(index)}`;
      expect(await slow.channelOf(each, "person")).toEqual(known(`dm-${each}`));
    }
    expect(await slow.channelOf(person, "queue")).toMatchObject({ kind: "notNow" });
  });

  it("is kept by each process alone while Redis is away", async () => {
    redis.disconnect();
    await away(redis);
    const alone = createOpenPace({ redis, key: keys.opens, opensPerSecond: 0.001 });
    const waits = [];
    for (let index = 0; index < 6; index += 1) waits.push(await alone.take());
    expect(waits.slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
    expect(waits[5]).toBeGreaterThan(1_000_000);
  });
});

describe("a pause of openings", () => {
  it("holds for everybody in every process, and not for channels that are known", async () => {
    const one = channels();
    await one.channelOf(other, "queue");
    const untilMs = await one.pauseOpenings();
    expect(untilMs).toBe(clock.now() + 5 * 60_000);
    for (const each of [one, channels()]) {
      expect(await each.channelOf(person, "queue")).toEqual({ kind: "notNow", untilMs });
      expect(await each.channelOf(person, "person")).toEqual({ kind: "notNow", untilMs });
      expect(await each.channelOf(other, "queue")).toEqual(known(`dm-${other}`));
    }
    await clock.advance(5 * 60_000);
    expect(await one.channelOf(person, "queue")).toEqual(known(`dm-${person}`));
  });
});
