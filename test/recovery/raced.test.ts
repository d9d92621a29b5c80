import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createRestLane, type InteractionRecord } from "../../src/interactions/index.ts";
import { takeOverScript } from "../../src/recovery/scripts.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { startVirtualBot } from "../support/virtual-bot.ts";
import { agesBy, away, connect, keys, longEnoughMs, lookOf, Processes, ready, withScripts } from "./support.ts";

let server: OwnRedis;
let redis: Redis;
let processes: Processes;

beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true });
});
afterAll(() => server.stop());
beforeEach(async () => {
  redis = await connect(server.url);
  await redis.flushall();
  processes = new Processes(server.url);
});
afterEach(async () => {
  await processes.end();
  redis.disconnect();
});

describe("an interaction that several processes recorded and none claimed", () => {
  /** The one that lost the acknowledgement has let go of it; the other won, and has not claimed it yet. */
  const raced = async () => {
    const [loser, winner] = [await processes.start("loser"), await processes.start("winner")];
    const record = processes.record();
    loser.store.record(record);
    await processes.roundTrip();
    winner.store.record(record);
    await processes.roundTrip();
    loser.store.release(record.target.id);
    return { loser, winner, record, id: record.target.id };
  };

  it("goes to the loser when the winner died, but not before the acknowledgement's deadline", async () => {
    const { loser, winner, record, id } = await raced();
    await winner.die();
    expect(await processes.afterMissing([loser])).toEqual([[]]);
    await agesBy(redis, id, 5_100);
    expect(await lookOf([loser])).toEqual([[record]]);
    expect(await lookOf([loser])).toEqual([[]]);
  });

  it("is left to the winner for as long by a loser that knows every process on its machine but itself to be dead", async () => {
    const loser = await processes.start("scope:loser", { isKnownDead: (id) => id.startsWith("scope:") });
    const record = processes.record();
    loser.store.record(record);
    loser.store.release(record.target.id);
    await processes.roundTrip();
    expect(await lookOf([loser])).toEqual([[]]);
  });

  it("goes to the one loser that lives, and not to one that cannot know that it let go", async () => {
    const { loser, winner, record, id } = await raced();
    const [second, outsider] = [await processes.start("second"), await processes.start("outsider")];
    second.store.record(record);
    second.store.release(id);
    await processes.roundTrip();
    await winner.die();
    await loser.die();
    await agesBy(redis, id, 5_100);
    const taken = await processes.afterMissing([second, outsider]);
    expect(taken).toEqual([[record], []]);
  });

  it("goes to a third when winner and loser died", async () => {
    const { loser, winner, record, id } = await raced();
    const third = await processes.start("third");
    await winner.die();
    await loser.die();
    await agesBy(redis, id, 5_100);
    expect(await processes.afterMissing([third])).toEqual([[record]]);
  });

  it("goes to the loser also when the winner's record never reached Redis", async () => {
    const loser = await processes.start("loser");
    const record = processes.record();
    loser.store.record(record);
    loser.store.release(record.target.id);
    await processes.roundTrip();
    expect(await lookOf([loser])).toEqual([[]]);
    await agesBy(redis, record.target.id, 5_100);
    expect(await lookOf([loser])).toEqual([[record]]);
  });

  it("goes to the loser although Redis was away when it let go of it", async () => {
    const { loser, winner, record, id } = await raced();
    const another = processes.record();
    loser.store.record(another);
    await processes.roundTrip();
    await server.halt();
    await away(loser.redis);
    loser.store.release(another.target.id);
    await server.start();
    await Promise.all([loser, winner].map((process) => ready(process.redis)));
    await winner.die();
    await agesBy(redis, id, 5_100);
    await agesBy(redis, another.target.id, 5_100);
    await processes.pass(2_000);
    const first = (await lookOf([loser])).flat();
    expect(first).toEqual([another]);
    await processes.pass(longEnoughMs);
    expect(await lookOf([loser])).toEqual([[record]]);
  });

  it("stays the winner's while that lives, however slow its claim is", async () => {
    const { loser, winner, id } = await raced();
    await agesBy(redis, id, 5_100);
    expect(await processes.afterMissing([loser])).toEqual([[]]);
    expect(await winner.store.claim(id, "accepted")).toBe("ours");
    expect(await lookOf([loser])).toEqual([[]]);
  });

  it("stays the winner's when its record arrives after the loser let go, in the very moment that the loser takes it", async () => {
    const winner = await processes.start("winner");
    const record = processes.record();
    const loser = await processes.start("loser", {
      redis: interposing(await connect(server.url), async () => {
        winner.store.record(record);
        await winner.redis.ping();
      }),
    });
    loser.store.record(record);
    loser.store.release(record.target.id);
    await processes.roundTrip();
    await agesBy(redis, record.target.id, 5_100);
    expect(await lookOf([loser])).toEqual([[]]);
    expect(await winner.store.claim(record.target.id, "accepted")).toBe("ours");
  });

  it("is the loser's once it has taken it: a claim that arrives later is told so", async () => {
    const { loser, winner, record, id } = await raced();
    await redis.del(keys.instance("winner"));
    winner.redis.disconnect();
    await agesBy(redis, id, 5_100);
    expect(await processes.afterMissing([loser])).toEqual([[record]]);
    const back = await processes.start("winner");
    expect(await back.store.claim(id, "accepted")).toBe("taken");
  });

  it("stays with one that has not let go of it", async () => {
    const { loser, winner, record, id } = await raced();
    const second = await processes.start("second");
    second.store.record(record);
    await processes.roundTrip();
    await winner.die();
    await agesBy(redis, id, 5_100);
    expect(await processes.afterMissing([loser])).toEqual([[]]);
  });

  it("is given out once to who took it over, also when its event comes again meanwhile and is let go of", async () => {
    const dead = await processes.start("dead");
    const next = await processes.start("next", { isKnownDead: (id) => id === "dead" });
    const record = processes.record();
    dead.store.record(record);
    await processes.roundTrip();
    await agesBy(redis, record.target.id, 5_100);
    expect(await lookOf([next])).toEqual([[record]]);
    next.store.release(record.target.id);
    expect(await lookOf([next])).toEqual([[]]);
  });

  it("is looked at again by one that claimed it before it knew that the acknowledgement is not its own", async () => {
    const early = await processes.start("early");
    const record = processes.record();
    await early.store.claim(record.target.id, "accepted");
    early.store.record(record);
    early.store.release(record.target.id);
    await processes.roundTrip();
    expect(await lookOf([early])).toEqual([[]]);
    await agesBy(redis, record.target.id, 5_100);
    expect(await lookOf([early])).toEqual([[record]]);
    expect(await lookOf([early])).toEqual([[]]);
  });
});

describe("a process that died between its acknowledgement and its claim", () => {
  it("is answered for by the one that lost the acknowledgement and recorded the interaction first", async () => {
    const [loser, winner] = [await processes.start("loser"), await processes.start("winner")];
    let remember = (_record: InteractionRecord): void => {};
    const recorded = new Promise<InteractionRecord>((resolve) => {
      remember = resolve;
    });
    const bot = await startVirtualBot({
      clock: processes.clock,
      store: {
        ...loser.store,
        record(record) {
          loser.store.record(record);
          remember(record);
        },
      },
      commands: [
        {
          definition: { name: "look", description: "Only reads" },
          visibility: "private",
          effect: "reads",
          execute: async () => ({ content: "seen" }),
        },
      ],
    });
    const lane = createRestLane({ apiUrl: bot.discord.apiUrl, sampleDate: () => {} });
    try {
      const { seen, ended } = await bot.use("look", { callbacks: [{ delayRequestMs: 100 }] });
      await seen.until(({ attempts }) => attempts.length === 1);
      const record = await recorded;
      const acknowledged = await lane.callback(record.target, { type: 5 }, { timeoutMs: 10_000, fresh: false });
      expect(acknowledged).toEqual({ kind: "accepted" });
      winner.store.record(record);
      await processes.roundTrip();
      await winner.die();
      await bot.clock.advance(100);
      await ended;
      expect(bot.outcomes(seen.id)).toEqual(["foreign"]);

      await agesBy(redis, seen.id, 5_100);
      expect(await bot.layer.recover()).toBe(0);
      await processes.pass(longEnoughMs);
      expect(await bot.layer.recover()).toBe(1);

      expect(seen.report()).toMatchObject({ saw: "answered", answersShown: 1, visible: [{ content: "seen" }] });
    } finally {
      await lane.close();
      await bot.stop();
    }
  });
});

/** A connection on which something else happens right before each take-over. */
const interposing = (real: Redis, happen: () => Promise<void>): Redis =>
  withScripts(real, async (run, script) => {
    if (script === takeOverScript) await happen();
    return run();
  });
