import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import {
  agesBy,
  connect,
  interactionToken,
  keys,
  longEnoughMs,
  lookOf,
  type Process,
  Processes,
  person,
  withScripts,
} from "./support.ts";

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
  server.resume();
  await processes.end();
  redis.disconnect();
});

describe("interactions of a killed process", () => {
  it("go, whole, to exactly one of two others", async () => {
    const killed = await processes.start("killed");
    const others = [await processes.start("one"), await processes.start("other")];
    const records = await open(killed, 250);
    await killed.die();

    const [mine = [], theirs = []] = await processes.afterMissing(others);

    const taken = [...mine, ...theirs].sort((a, b) => (a.target.id < b.target.id ? -1 : 1));
    expect(taken).toEqual(records);
    expect(await lookOf(others)).toEqual([[], []]);
  });

  it("are given out as they were, whatever the kind", async () => {
    const [killed, taker] = [await processes.start("killed"), await processes.start("taker")];
    const records = [
      processes.record({ kind: "component", input: { person, argument: "7:a", values: ["EUR/USD", "GBP/USD"] } }),
      processes.record({ kind: "modal", input: { person, argument: "", fields: { size: "10", why: "a\nb" } } }),
    ].map((record) => ({ ...record, surface: "update" as const }));
    for (const record of records) {
      killed.store.record(record);
      await killed.store.claim(record.target.id, "accepted");
    }
    await killed.die();
    expect(await processes.afterMissing([taker])).toEqual([records]);
  });

  it("are claimed, so that nobody who comes late runs them too", async () => {
    const [killed, taker] = [await processes.start("killed"), await processes.start("taker")];
    const late = await processes.start("late");
    const [record] = await open(killed, 1);
    await killed.die();
    expect(await processes.afterMissing([taker])).toEqual([[record]]);
    expect(await late.store.claim(record?.target.id ?? "", "accepted")).toBe("taken");
    expect(await taker.store.claim(record?.target.id ?? "", "accepted")).toBe("ours");
  });

  it("are taken over at once by one that knows it to be dead, although its sign of life is still there", async () => {
    const killed = await processes.start("scope:killed");
    const [record] = await open(killed, 1);
    killed.redis.disconnect();
    const next = await processes.start("scope:next", { isKnownDead: (id) => id.startsWith("scope:") });
    expect(await next.store.takeOver()).toEqual([record]);
    expect(await next.store.takeOver()).toEqual([]);
  });

  it("go on to a third when the one who took them over dies as well", async () => {
    const killed = await processes.start("killed");
    const [second, third] = [await processes.start("second"), await processes.start("third")];
    const records = await open(killed, 3);
    await killed.die();
    expect(await processes.afterMissing([second])).toEqual([records]);
    await second.die();
    expect(await processes.afterMissing([third])).toEqual([records]);
  });

  it("stay where they are once they are struck off", async () => {
    const [killed, taker] = [await processes.start("killed"), await processes.start("taker")];
    const [record] = await open(killed, 1);
    killed.store.strike(record?.target.id ?? "");
    await processes.roundTrip();
    await killed.die();
    expect(await processes.afterMissing([taker])).toEqual([[]]);
  });

  it("are also found when it had recorded and not claimed them, but not before the acknowledgement's deadline", async () => {
    const [killed, taker] = [await processes.start("killed"), await processes.start("taker")];
    const record = processes.record();
    killed.store.record(record);
    await processes.roundTrip();
    await killed.die();
    expect(await processes.afterMissing([taker])).toEqual([[]]);

    await agesBy(redis, record.target.id, 5_100);

    expect(await lookOf([taker])).toEqual([[record]]);
  });

  it("may be those it had claimed from another process's record", async () => {
    const [recorder, killed] = [await processes.start("recorder"), await processes.start("killed")];
    const taker = await processes.start("taker");
    const record = processes.record();
    recorder.store.record(record);
    await processes.roundTrip();
    await killed.store.claim(record.target.id, "accepted");
    await killed.die();
    expect(await processes.afterMissing([taker])).toEqual([[record]]);
  });

  it("are let go by one that stops with something unanswered", async () => {
    const [stopped, taker] = [await processes.start("stopped"), await processes.start("taker")];
    const records = await open(stopped, 2);
    await stopped.store.stop();
    expect(await redis.exists(keys.instance("stopped"))).toBe(0);
    expect(await processes.afterMissing([taker])).toEqual([records]);
  });
});

describe("interactions of a living process", () => {
  it("stay its own", async () => {
    const [living, taker] = [await processes.start("living"), await processes.start("taker")];
    await open(living, 3);
    expect(await processes.afterMissing([taker])).toEqual([[]]);
    expect(await processes.afterMissing([living])).toEqual([[]]);
  });

  it("stay its own when the one that recorded them is dead", async () => {
    const [recorder, living] = [await processes.start("recorder"), await processes.start("living")];
    const taker = await processes.start("taker");
    const record = processes.record();
    recorder.store.record(record);
    await processes.roundTrip();
    await living.store.claim(record.target.id, "accepted");
    await recorder.die();
    expect(await processes.afterMissing([taker])).toEqual([[]]);
  });

  it("stay its own when its liveness was lost, by an outage or an eviction, and it says so again", async () => {
    const [living, taker] = [await processes.start("living"), await processes.start("taker")];
    await open(living, 1);
    await redis.del(keys.instance("living"));
    expect(await lookOf([taker])).toEqual([[]]);
    await processes.pass(longEnoughMs);
    expect(await lookOf([taker])).toEqual([[]]);
  });

  it("stay its own when Redis was away too long to hear of it", async () => {
    const [living, taker] = [await processes.start("living"), await processes.start("taker")];
    await open(living, 1);
    await redis.del(keys.instance("living"));
    living.redis.disconnect();
    expect(await lookOf([taker])).toEqual([[]]);

    // It was missed before; what follows is a time in which nobody could say anything.
    server.pause();
    await processes.clock.advance(longEnoughMs);
    server.resume();
    await processes.roundTrip();
    expect(await lookOf([taker])).toEqual([[]]);
    await processes.pass(4_000);
    expect(await lookOf([taker])).toEqual([[]]);

    // And now it had its time.
    await processes.pass(2_000);
    expect(await lookOf([taker])).toHaveLength(1);
  });
});

describe("a record that cannot be read", () => {
  const damages: readonly (readonly [string, (sealed: string) => Readonly<Record<string, string>>])[] = [
    ["says no age", () => ({ lifeMs: interactionToken })],
    ["is damaged", (sealed) => ({ sealed: sealed.replace(/^..../, "AAAA") })],
    ["is cut off", () => ({ sealed: "AAAA" })],
  ];
  it.each(damages)("is removed and reported without its content when it %s", async (_, damage) => {
    const [killed, taker] = [await processes.start("killed"), await processes.start("taker")];
    const [record] = await open(killed, 1);
    const key = keys.record(record?.target.id ?? "");
    await redis.hset(key, damage((await redis.hget(key, "sealed")) ?? ""));
    await killed.die();
    expect(await processes.afterMissing([taker])).toEqual([[]]);
    await expectRemoved(record?.target.id);
    expect(taker.errors).toEqual([
      expect.stringMatching(/^takeOver: UnreadableRecordError: a recorded interaction could not be read[^{]*$/),
    ]);
  });

  it("is removed when it is another shape", async () => {
    const [killed, taker] = [await processes.start("killed"), await processes.start("taker")];
    const [record] = await open(killed, 1);
    await redis.hdel(keys.record(record?.target.id ?? ""), "sealed");
    await killed.die();
    expect(await processes.afterMissing([taker])).toEqual([[]]);
    await expectRemoved(record?.target.id);
  });

  it("is removed when it was moved from another interaction", async () => {
    const [killed, taker] = [await processes.start("killed"), await processes.start("taker")];
    const [one, other] = await open(killed, 2);
    await redis.copy(keys.record(one?.target.id ?? ""), keys.record(other?.target.id ?? ""), "REPLACE");
    await killed.die();
    expect(await processes.afterMissing([taker])).toEqual([[one]]);
    await expectRemoved(other?.target.id);
  });

  it("is removed when it was written with another token", async () => {
    const killed = await processes.start("killed", { secret: "the.token.before" });
    const taker = await processes.start("taker");
    const [record] = await open(killed, 1);
    await killed.die();
    expect(await processes.afterMissing([taker])).toEqual([[]]);
    await expectRemoved(record?.target.id);
  });

  it("leaves nothing in the index when its life is over", async () => {
    const [killed, taker] = [await processes.start("killed"), await processes.start("taker")];
    const [record] = await open(killed, 1);
    await redis.del(keys.record(record?.target.id ?? ""));
    expect(await lookOf([taker])).toEqual([[]]);
    await expectRemoved(record?.target.id);
  });
});

describe("a search that Redis does not answer", () => {
  it("is empty at once when there is no Redis", async () => {
    const { store } = await processes.start("taker");
    await server.halt();
    expect(await store.takeOver()).toEqual([]);
    await server.start();
  });

  it("is empty after two seconds, and what it finds later is not lost", async () => {
    const [killed, taker] = [await processes.start("killed"), await processes.start("taker")];
    const records = await open(killed, 2);
    await killed.die();
    await lookOf([taker]);
    await processes.pass(longEnoughMs);
    server.pause();
    const search = taker.store.takeOver();
    await processes.clock.advance(2_000);
    expect(await search).toEqual([]);

    server.resume();

    expect(await taker.store.takeOver()).toEqual(records);
    expect(await lookOf([taker])).toEqual([[]]);
  });

  it("loses nothing when its claim succeeds and the reply does not come", async () => {
    const replies = losingReplies(await connect(server.url));
    const killed = await processes.start("killed");
    const taker = await processes.start("taker", { redis: replies.redis });
    const records = await open(killed, 2);
    await killed.die();
    await lookOf([taker]);
    await processes.pass(longEnoughMs);
    replies.lose = true;
    expect(await lookOf([taker])).toEqual([[]]);
    expect(await redis.get(keys.claim(records[0]?.target.id ?? ""))).toBe("taker");

    replies.lose = false;

    expect(await lookOf([taker])).toEqual([records]);
    expect(await lookOf([taker])).toEqual([[]]);
  });
});

/** Interactions that `process` has recorded and claimed, and not answered. */
async function open(process: Process, count: number) {
  const records = Array.from({ length: count }, () => processes.record());
  for (const record of records) {
    process.store.record(record);
    expect(await process.store.claim(record.target.id, "accepted")).toBe("ours");
  }
  return records;
}

async function expectRemoved(id: string | undefined): Promise<void> {
  expect(await redis.exists(keys.record(id ?? ""))).toBe(0);
  expect(await redis.zscore(keys.index, id ?? "")).toBeNull();
}

/** A connection on which scripts run and, while `lose` is set, their replies are lost. */
function losingReplies(real: Redis) {
  const state = { lose: false, redis: real };
  state.redis = withScripts(real, async (run) => {
    const reply = await run();
    if (state.lose) throw new Error("Connection is closed.");
    return reply;
  });
  return state;
}
