import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { InteractionRecord } from "../../src/interactions/index.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { agesBy, connect, keys, longEnoughMs, lookOf, type Process, Processes } from "./support.ts";

let server: OwnRedis;
let redis: Redis;
let processes: Processes;

beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
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

const claimTimeoutMs = 60_000;
const isKnownDead = (instanceId: string): boolean => instanceId === "dead";
const successor = () => processes.start("ours", { claimTimeoutMs, isKnownDead });
const updating = (): InteractionRecord => ({ ...processes.record(), surface: "update" });
const stands = async ({ target: { id } }: InteractionRecord) => ({
  recorded: (await redis.exists(keys.record(id))) === 1,
  holder: await redis.get(keys.claim(id)),
});

describe("an interaction that somebody acknowledged, and of which Redis knows", () => {
  it.each([
    ["in a message of its own", () => processes.record()],
    ["by an update", updating],
  ])("nothing, is ours, and recorded for whoever comes after us: answered %s", async (_how, make) => {
    const ours = await successor();
    const record = make();
    expect(await ours.store.adopt?.(record)).toBe("ours");
    expect(await stands(record)).toEqual({ recorded: true, holder: "ours" });
    await ours.die();
    const next = await processes.start("next", { isKnownDead: (id) => id === "ours" });
    expect(await lookOf([next])).toEqual([[record]]);
  });

  it("only what we recorded and claimed ourselves, is ours", async () => {
    const ours = await successor();
    const record = processes.record();
    ours.store.record(record);
    await ours.store.claim(record.target.id, "unsent");
    expect(await ours.store.adopt?.(record)).toBe("ours");
    expect(await lookOf([ours])).toEqual([[]]);
  });

  it("a claim of a dead process, is recorded for it, and so found and claimed like all that it left", async () => {
    const [dead, ours] = [await processes.start("dead"), await successor()];
    const record = processes.record();
    await dead.store.claim(record.target.id, "unsent");
    expect(await ours.store.adopt?.(record)).toBe("theirs");
    expect(await stands(record)).toEqual({ recorded: true, holder: "dead" });
    ours.store.release(record.target.id);
    expect(await lookOf([ours])).toEqual([[record]]);
    expect(await lookOf([ours])).toEqual([[]]);
  });

  it("a claim of a dead process that was taken over before anything was sent, is ours", async () => {
    const [dead, ours] = [await processes.start("dead"), await successor()];
    const record = processes.record();
    await dead.store.claim(record.target.id, "unsent");
    await ours.store.claim(record.target.id, "unsent");
    expect(await ours.store.adopt?.(record)).toBe("ours");
  });

  it.each([
    ["stands", async (_ours: Process, _id: string) => {}],
    ["was taken over before anything was sent", (ours: Process, id: string) => ours.store.claim(id, "unsent")],
  ])("a claim of a dead process that may have updated its message, is left alone: it %s", async (_what, before) => {
    const [dead, ours] = [await processes.start("dead"), await successor()];
    const record = updating();
    await dead.store.claim(record.target.id, "unsent");
    await before(ours, record.target.id);
    expect(await ours.store.adopt?.(record)).toBe("theirs");
    expect((await stands(record)).recorded).toBe(false);
  });

  it("a record of a dead process, is for whoever answers for the dead", async () => {
    const [dead, ours] = [await processes.start("dead"), await successor()];
    const record = processes.record();
    dead.store.record(record);
    await processes.roundTrip();
    ours.store.record(record);
    expect(await ours.store.adopt?.(record)).toBe("theirs");
    expect((await stands(record)).holder).toBeNull();
    ours.store.release(record.target.id);
    await agesBy(redis, record.target.id, 5_100);
    expect(await lookOf([ours])).toEqual([[record]]);
  });

  it("a claim of a living process, stays that one's, and is answered for it should it die later", async () => {
    const [other, ours] = [await processes.start("other"), await successor()];
    const record = processes.record();
    await other.store.claim(record.target.id, "accepted");
    expect(await ours.store.adopt?.(record)).toBe("theirs");
    ours.store.release(record.target.id);
    await agesBy(redis, record.target.id, 5_100);
    expect(await processes.afterMissing([ours])).toEqual([[]]);
    await other.die();
    expect(await processes.afterMissing([ours])).toEqual([[record]]);
  });

  it("that a living process answered it meanwhile, is struck off with that", async () => {
    const [other, ours] = [await processes.start("other"), await successor()];
    const record = processes.record();
    await other.store.claim(record.target.id, "accepted");
    await ours.store.adopt?.(record);
    other.store.strike(record.target.id);
    await processes.roundTrip();
    expect((await stands(record)).recorded).toBe(false);
  });
});

describe("of two that live, one that acknowledged and is about to claim, and one whose event came again", () => {
  it.each([
    ["the one that adopts", true],
    ["the one that claims", false],
  ])("one answers: %s, if it is first", async (_which, adoptedFirst) => {
    const [other, ours] = [await processes.start("other", { claimTimeoutMs }), await successor()];
    const record = processes.record();
    const { id } = record.target;
    const adopting = () => ours.store.adopt?.(record);
    const claiming = () => other.store.claim(id, "accepted");
    if (adoptedFirst) {
      expect(await adopting()).toBe("ours");
      other.store.record(record);
      expect(await claiming()).toBe("taken");
    } else {
      expect(await claiming()).toBe("ours");
      expect(await adopting()).toBe("theirs");
    }
    await processes.pass(longEnoughMs);
    expect((await lookOf([ours, other])).flat()).toEqual([]);
  });

  it("one adopts, when both could", async () => {
    const [other, ours] = [await processes.start("other", { claimTimeoutMs }), await successor()];
    const record = processes.record();
    const both = await Promise.all([ours.store.adopt?.(record), other.store.adopt?.(record)]);
    expect(both.sort()).toEqual(["ours", "theirs"]);
  });
});

describe("what is to be adopted while Redis", () => {
  it("is away, is nobody's to answer", async () => {
    const ours = await successor();
    await server.halt();
    expect(await ours.store.adopt?.(processes.record())).toBe("unknown");
    expect(ours.errors).toEqual([expect.stringContaining("adopt: ")]);
    await server.start();
  });

  it("hangs, is found later should it have been adopted after all", async () => {
    const ours = await successor();
    const record = processes.record();
    server.pause();
    const adopted = ours.store.adopt?.(record);
    await processes.clock.advance(500);
    expect(await adopted).toBe("unknown");
    ours.store.release(record.target.id);
    server.resume();
    await processes.roundTrip();
    await processes.pass(longEnoughMs);
    await agesBy(redis, record.target.id, 5_100);
    expect(await lookOf([ours])).toEqual([[record]]);
  });
});
