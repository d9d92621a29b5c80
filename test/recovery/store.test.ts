import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createInteractionStore } from "../../src/recovery/store.ts";
import { recordFields } from "../../src/recovery/stored-record.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { away, connect, fingerprint, interactionToken, keys, Processes, person, ready, wrongClock } from "./support.ts";

const minuteMs = 60_000;

let server: OwnRedis;
let redis: Redis;
let processes: Processes;

beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true });
});
afterAll(() => server.stop());
beforeEach(async () => {
  await server.start();
  redis = await connect(server.url);
  await redis.flushall();
  processes = new Processes(server.url);
});
afterEach(async () => {
  server.resume();
  await processes.end();
  redis.disconnect();
});

describe("a claim", () => {
  it("is won by one of seven processes that claim at the same time", async () => {
    const names = ["one", "two", "three", "four", "five", "six", "seven"];
    const seven = await Promise.all(names.map((name) => processes.start(name, { claimTimeoutMs: 5_000 })));
    const id = processes.interactionId();

    const claims = await Promise.all(seven.map(({ store }) => store.claim(id, "accepted")));

    expect(claims.sort()).toEqual(["ours", "taken", "taken", "taken", "taken", "taken", "taken"]);
  });

  it("stays ours when we ask again, and taken for everybody else", async () => {
    const [ours, other] = [await processes.start("ours"), await processes.start("other")];
    const id = processes.interactionId();
    expect(await ours.store.claim(id, "accepted")).toBe("ours");
    expect(await ours.store.claim(id, "accepted")).toBe("ours");
    expect(await other.store.claim(id, "accepted")).toBe("taken");
  });

  describe("of what was not sent yet", () => {
    it("is taken over from a process that died before it had recorded anything, and known to be one that comes again", async () => {
      const [dead, ours] = [await processes.start("dead"), await processes.start("ours", { claimTimeoutMs: 5_000 })];
      const id = processes.interactionId();
      expect(await dead.store.claim(id, "unsent")).toBe("ours");
      expect(await ours.store.claim(id, "unsent")).toBe("taken");
      await dead.die();
      expect(await ours.store.claim(id, "accepted")).toBe("taken");
      expect(await ours.store.claim(id, "unsent")).toBe("ours");
      expect(await ours.store.whoHad?.(id)).toBe("dead");
    });

    it("is left to whoever answers for the dead when it was recorded", async () => {
      const [dead, ours] = [await processes.start("dead"), await processes.start("ours", { claimTimeoutMs: 5_000 })];
      const record = processes.record();
      expect(await dead.store.claim(record.target.id, "unsent")).toBe("ours");
      dead.store.record(record);
      await processes.roundTrip();
      await dead.die();
      expect(await ours.store.claim(record.target.id, "unsent")).toBe("taken");
    });
  });

  it("of a bot with another token is another one", async () => {
    const [ours, other] = [await processes.start("a"), await processes.start("b", { fingerprint: "fedcba9876543210" })];
    const id = processes.interactionId();
    expect(await ours.store.claim(id, "accepted")).toBe("ours");
    expect(await other.store.claim(id, "accepted")).toBe("ours");
  });

  it.each([
    ["80 ms when Redis hangs and Discord accepted the acknowledgement", "accepted", 80],
    ["half a second when only our journal says that it is ours", "journal", 500],
  ] as const)("is unknown after %s", async (_what, evidence, limitMs) => {
    const { store, errors } = await processes.start("ours");
    server.pause();
    let answer: string | undefined;
    void store.claim(processes.interactionId(), evidence).then((claim) => {
      answer = claim;
    });

    await processes.clock.advance(limitMs - 1);
    expect(answer).toBeUndefined();
    await processes.clock.advance(1);

    expect(answer).toBe("unknown");
    expect(errors).toEqual([`claim: StoreTimeoutError: Redis did not answer within ${limitMs} ms`]);
  });

  it("that came back unknown and landed later is ours, and nobody else's", async () => {
    const [ours, other] = [await processes.start("ours"), await processes.start("other")];
    const id = processes.interactionId();
    server.pause();
    const claim = ours.store.claim(id, "accepted");
    await processes.clock.advance(80);
    expect(await claim).toBe("unknown");

    server.resume();
    await processes.roundTrip();

    expect(await other.store.claim(id, "accepted")).toBe("taken");
    expect(await ours.store.claim(id, "accepted")).toBe("ours");
  });

  it("is unknown at once when there is no Redis", async () => {
    const { store } = await processes.start("ours");
    await server.halt();
    expect(await store.claim(processes.interactionId(), "accepted")).toBe("unknown");
  });

  it("is unknown when something else stands in its place", async () => {
    const { store, errors } = await processes.start("ours");
    const id = processes.interactionId();
    await redis.rpush(keys.claim(id), "junk");
    expect(await store.claim(id, "accepted")).toBe("unknown");
    expect(errors).toEqual([expect.stringContaining("WRONGTYPE")]);
  });
});

describe("what is recorded", () => {
  it("shows neither the token nor what the person typed, chose, entered or is called", async () => {
    const { store } = await processes.start("ours");
    const records = [
      processes.record(),
      processes.record({ kind: "component", input: { person, argument: "secret-trade", values: ["chosen-pair"] } }),
      processes.record({ kind: "modal", input: { person, argument: "", fields: { why: "my divorce" } } }),
    ];
    for (const record of records) store.record(record);
    await processes.roundTrip();
    for (const { target } of records) expect(await store.claim(target.id, "accepted")).toBe("ours");

    const everything = await dump();

    for (const { target } of records) expect(everything).toContain(target.id);
    const typed = ["EUR/USD", "1234.5", "retirement", "secret-trade", "chosen-pair", "divorce"];
    for (const hidden of [interactionToken, ...typed, "nobody", "Nobody", "position"]) {
      expect(everything).not.toContain(hidden);
      expect(everything).not.toContain(Buffer.from(hidden).toString("base64").replace(/=+$/, ""));
    }
  });

  it("never outlives the interaction's token", async () => {
    const { store } = await processes.start("ours");
    const record = processes.record();
    await processes.clock.advance(5 * minuteMs);
    store.record(record);
    await store.claim(record.target.id, "accepted");
    const names = [keys.record(record.target.id), keys.claim(record.target.id)];
    for (const name of names) await expectLifeBetween(name, 9.9 * minuteMs, 10 * minuteMs);
    await expectLifeBetween(keys.index, 9.9 * minuteMs, 15 * minuteMs);
    await expectLifeBetween(keys.instance("ours"), 1, 7_000);
  });

  it("outlasts the race for it on a machine whose clock is an hour fast or slow", async () => {
    const { clock } = processes;
    const fast = await processes.start("fast", { clock: wrongClock(clock, 60 * minuteMs) });
    const slow = await processes.start("slow", { clock: wrongClock(clock, -60 * minuteMs) });
    const [one, other] = [processes.interactionId(), processes.interactionId()];
    await fast.store.claim(one, "accepted");
    await slow.store.claim(other, "accepted");
    await expectLifeBetween(keys.claim(one), 0.9 * minuteMs, minuteMs);
    await expectLifeBetween(keys.claim(other), 14.9 * minuteMs, 15 * minuteMs);
  });

  it("is not replaced by the record of a second process, which is remembered beside the first", async () => {
    const [first, second] = [await processes.start("first"), await processes.start("second")];
    const record = processes.record();
    first.store.record(record);
    await processes.roundTrip();
    const before = await redis.hgetall(keys.record(record.target.id));
    const lifeMs = await redis.pttl(keys.record(record.target.id));
    second.store.record(record);
    await processes.roundTrip();
    expect(await redis.hgetall(keys.record(record.target.id))).toEqual({
      ...before,
      [recordFields.recordedBy("second")]: "",
    });
    expect(await redis.pttl(keys.record(record.target.id))).toBeLessThanOrEqual(lifeMs);
  });

  it("says whether something was shown that is not the answer, and lives no longer for it", async () => {
    const [killed, taker] = [await processes.start("killed"), await processes.start("taker")];
    const record = processes.record();
    killed.store.record(record);
    await killed.store.claim(record.target.id, "accepted");
    killed.store.markShown(record.target.id);
    await processes.roundTrip();
    await expectLifeBetween(keys.record(record.target.id), 14.9 * minuteMs, 15 * minuteMs);
    await killed.die();
    expect(await processes.afterMissing([taker])).toEqual([[{ ...record, shown: true }]]);
  });

  it("does not come back by something shown after it was struck off", async () => {
    const { store } = await processes.start("ours");
    const record = processes.record();
    store.record(record);
    store.strike(record.target.id);
    store.markShown(record.target.id);
    await processes.roundTrip();
    expect(await redis.exists(keys.record(record.target.id))).toBe(0);
  });

  it("is forgotten when it is struck off, and its claim is not", async () => {
    const [ours, other] = [await processes.start("ours"), await processes.start("other")];
    const record = processes.record();
    const { id } = record.target;
    ours.store.record(record);
    await ours.store.claim(id, "accepted");
    ours.store.strike(id);
    await processes.roundTrip();
    expect(await redis.exists(keys.record(id))).toBe(0);
    expect(await redis.zcard(keys.index)).toBe(0);
    expect(await other.store.claim(id, "accepted")).toBe("taken");
  });

  it("may come after our own claim, where the claim comes before the acknowledgement", async () => {
    const [ours, other] = [await processes.start("ours"), await processes.start("other")];
    const record = processes.record();
    await ours.store.claim(record.target.id, "accepted");
    other.store.record(record);
    await processes.roundTrip();
    expect(await redis.exists(keys.record(record.target.id))).toBe(0);
    ours.store.record(record);
    await processes.roundTrip();
    expect(await redis.exists(keys.record(record.target.id))).toBe(1);
  });

  it("does not come back through a slower process once it is struck off, even if nobody had claimed it", async () => {
    const [ours, slower] = [await processes.start("ours"), await processes.start("slower")];
    const record = processes.record();
    ours.store.record(record);
    ours.store.strike(record.target.id);
    await processes.roundTrip();
    slower.store.record(record);
    await processes.roundTrip();
    expect(await redis.exists(keys.record(record.target.id))).toBe(0);
    expect(await slower.store.claim(record.target.id, "accepted")).toBe("taken");
  });
});

describe("when Redis is away", () => {
  it.each(["term", "kill"] as const)("makes good what could not be struck off (%s)", async (how) => {
    const { store, errors, redis: own } = await processes.start("ours");
    const record = processes.record();
    const { id } = record.target;
    store.record(record);
    await store.claim(id, "accepted");
    await server.halt(how);
    store.strike(id);
    await away(own);
    expect(errors).toEqual([expect.stringMatching(/^strike: /)]);

    await server.start();
    await ready(own);
    await processes.pass(2_000);

    expect(await own.exists(keys.record(id))).toBe(0);
    expect(await own.zscore(keys.index, id)).toBeNull();
    expect(await own.get(keys.claim(id))).toBe("ours");
    expect(errors).toHaveLength(1);
  });

  it("gives up on what could not be struck off when its token is dead", async () => {
    const { store, redis: own } = await processes.start("ours");
    const { id } = processes.record().target;
    await server.halt();
    store.strike(id);
    await away(own);
    await processes.clock.advance(15 * minuteMs);
    await server.start();
    await ready(own);
    await processes.pass(2_000);
    expect(await own.exists(keys.claim(id))).toBe(0);
  });

  it("strikes off after a pause what was struck off during it", async () => {
    const { store } = await processes.start("ours");
    const record = processes.record();
    store.record(record);
    await processes.roundTrip();
    server.pause();
    store.strike(record.target.id);
    server.resume();
    await processes.roundTrip();
    expect(await redis.exists(keys.record(record.target.id))).toBe(0);
  });

  it("goes on with a Redis that has come back without its data", async () => {
    const forgetful = await startRedis({ ignoreEnvironment: true, appendOnly: false });
    const there = new Processes(forgetful.url);
    try {
      const { store, redis: own } = await there.start("ours");
      store.record(there.record());
      await forgetful.halt();
      store.record(there.record());
      await forgetful.start();
      await ready(own);
      await there.pass(2_000);
      const record = there.record();
      store.record(record);
      expect(await store.claim(record.target.id, "accepted")).toBe("ours");
      expect(await own.exists(keys.instance("ours"), keys.record(record.target.id))).toBe(2);
    } finally {
      await there.end();
      await forgetful.stop();
    }
  });

  it("begins with one that is not there yet", async () => {
    await server.halt();
    const late = new Redis(server.url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => 20 });
    late.on("error", () => {});
    const { clock } = processes;
    const store = createInteractionStore({ redis: late, fingerprint, secret: "s", clock, instanceId: "late" });
    try {
      store.start();
      store.record(processes.record());
      expect(await store.takeOver()).toEqual([]);
      await server.start();
      await ready(late);
      await late.ping();
      expect(await late.exists(keys.instance("late"))).toBe(1);
    } finally {
      await store.stop();
      late.disconnect();
    }
  });

  it("stops within half a second", async () => {
    const { store } = await processes.start("ours");
    server.pause();
    const stopped = store.stop();
    await processes.clock.advance(500);
    await stopped;
    expect(processes.clock.pending).toBe(0);
  });
});

describe("no exception leaves the store", () => {
  it("when something else stands under every key", async () => {
    const { store, errors } = await processes.start("ours");
    const record = processes.record();
    const { id } = record.target;
    await redis.flushall();
    for (const key of [keys.claim(id), keys.instance("dead")]) await redis.hset(key, "junk", "1");
    await redis.set(keys.record(id), "junk");
    await redis.set(keys.index, "junk");

    store.record(record);
    store.markShown(id);
    store.strike(id);
    const other = processes.record();
    store.record(other);
    await processes.roundTrip();
    expect(await store.takeOver()).toEqual([]);

    const failed = new Set(errors.map((error) => error.split(":")[0]));
    expect(failed).toEqual(new Set(["record", "markShown", "strike", "takeOver"]));
  });

  it("when an id is none", async () => {
    const { store, errors } = await processes.start("ours");
    store.record(processes.record(undefined, { id: "none" }));
    store.strike("none");
    expect(await store.claim("none", "accepted")).toBe("unknown");
    expect(errors.map((error) => error.split(":")[0]).sort()).toEqual(["claim", "record", "strike"]);
  });
});

/** Every key, and every value whatever its type. */
async function dump(): Promise<string> {
  const parts: string[] = [];
  for await (const names of redis.scanStream()) {
    for (const name of names) {
      const type = await redis.type(name);
      if (type === "zset") parts.push(name, ...(await redis.zrange(name, 0, "-1")));
      else if (type === "hash") parts.push(name, ...Object.entries(await redis.hgetall(name)).flat());
      else parts.push(name, String(await redis.get(name)));
    }
  }
  return parts.join("\n");
}

async function expectLifeBetween(key: string, fromMs: number, toMs: number): Promise<void> {
  const lifeMs = await redis.pttl(key);
  expect(lifeMs, key).toBeGreaterThan(fromMs);
  expect(lifeMs, key).toBeLessThanOrEqual(toMs);
}
