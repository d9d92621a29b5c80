import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { mostMessagesKept } from "../../src/notifications/ledger.ts";
import type { Sending, SendingState, WaitingItem } from "../../src/notifications/person-records.ts";
import { PersonTurns } from "../../src/notifications/person-turns.ts";
import { compose, settlementOf } from "../../src/notifications/settlement.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { ended, PersonRoom } from "./support/person-room.ts";

const person = "200000000000000001";
const dayMs = 24 * 3_600_000;

let server: OwnRedis;
let room: PersonRoom;
let turns: PersonTurns;

beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
});
afterAll(() => server.stop());
beforeEach(async () => {
  room = await PersonRoom.open(server.url);
  turns = new PersonTurns({ redis: room.redis, keys: room.keys, historyMs: 30 * dayMs });
});
afterEach(() => room.close());

let count = 0;
const item = (slot: string, orderMs = room.clock.now()): WaitingItem => {
  count += 1;
  const [pair, timeframe] = slot.split("|");
  const payload = JSON.stringify({ discordUserId: person, pair, timeframe, signal: "buy" });
  return { identity: `identity-${count}`, slot, orderMs, receivedAtMs: orderMs, payload };
};

const deskOf = async (token: string) => {
  const taken = await turns.take(person, token);
  if (taken.kind !== "ours") throw new Error("the turn is another's");
  return taken.desk;
};

/** All the way from the box to Discord, as far as Redis knows. */
async function send(items: readonly WaitingItem[], messageId: string): Promise<void> {
  const nowMs = room.clock.now();
  for (const one of items) await turns.offer(person, one, nowMs);
  const { shown } = await deskOf("token");
  const times = { firstTriedAtMs: nowMs, lastTriedAtMs: nowMs, notBeforeMs: 0 };
  const state: SendingState = { channelId: "1", attempts: 1, ...times };
  const sending: Sending = { id: `id-${messageId}`, items, state };
  expect(await turns.begin(person, "token", sending)).toBe(true);
  const about = { messageId, sentAtMs: nowMs, nowMs, intervalMs: 0 };
  await turns.settle(person, "token", sending.id, settlementOf(sending, compose(sending, shown), about), nowMs);
}

describe("a turn", () => {
  it("is one holder's until it is released, or over", async () => {
    expect((await turns.take(person, "one")).kind).toBe("ours");
    expect((await turns.take(person, "one")).kind).toBe("ours");
    expect(await turns.take(person, "two")).toMatchObject({ kind: "taken" });
    await turns.release(person, "two");
    expect(await turns.take(person, "two")).toMatchObject({ kind: "taken" });
    await turns.release(person, "one");
    expect((await turns.take(person, "two")).kind).toBe("ours");
  });

  it("is kept by its holder only", async () => {
    await turns.take(person, "one");
    const key = room.keys.person(person).turn;
    await room.redis.pexpire(key, 10_000);
    expect(await turns.keep(person, "two")).toBe(false);
    expect(await room.redis.pttl(key)).toBeLessThanOrEqual(10_000);
    expect(await turns.keep(person, "one")).toBe(true);
    expect(await room.redis.pttl(key)).toBeGreaterThan(10_000);
  });

  it("lasts while Discord takes its time", async () => {
    const slow = room.process();
    const victim = room.discord.addPerson().id;
    room.sendingFails({ kind: "hang", processed: true });
    const stopping = new AbortController();
    const running = slow.run(room.accept(victim), stopping.signal);
    await expect.poll(() => room.seen(victim).length).toBe(1);
    const key = room.keys.person(victim).turn;
    await room.redis.pexpire(key, 10_000);
    await room.clock.advance(slow.turns.turnMs / 3);
    await expect.poll(() => room.redis.pttl(key)).toBeGreaterThan(10_000);
    stopping.abort();
    await running;
  });
});

describe("a message on its way", () => {
  const sending = (items: readonly WaitingItem[]): Sending => ({
    id: "id",
    items,
    state: { channelId: "1", attempts: 1, firstTriedAtMs: 1, lastTriedAtMs: 1, notBeforeMs: 0 },
  });

  it("begins only with the turn, once, and with what is in the box", async () => {
    const [one, other] = [item("EUR/USD|1h"), item("GBP/USD|1h")];
    await turns.offer(person, one, 1);
    expect(await turns.begin(person, "token", sending([one]))).toBe(false);
    await turns.take(person, "token");
    expect(await turns.begin(person, "token", sending([one, other]))).toBe(false);
    expect(await turns.begin(person, "token", sending([one]))).toBe(true);
    expect(await turns.begin(person, "token", sending([one]))).toBe(false);
    expect(await deskOf("token")).toMatchObject({ box: [], sending: { id: "id", items: [one] } });
  });

  it("is left alone by whoever means another one", async () => {
    const one = item("EUR/USD|1h");
    await turns.offer(person, one, 1);
    await turns.take(person, "token");
    await turns.begin(person, "token", sending([one]));
    expect(await turns.note(person, "another", sending([one]).state)).toBe(false);
    await turns.putBack(person, "another", 1);
    await turns.fail(person, { id: "another", everything: false, done: { end: "deadLetter", attempts: 1, atMs: 1 } });
    expect(await turns.look(person, one)).toEqual({ kind: "sending" });
  });

  it("cannot be withheld", async () => {
    const one = item("EUR/USD|1h");
    await turns.offer(person, one, 1);
    await turns.take(person, "token");
    await turns.begin(person, "token", sending([one]));
    await turns.endUnsent(person, [{ item: one, done: { end: "withheld", reason: "muted", attempts: 0, atMs: 1 } }]);
    expect(await turns.look(person, one)).toEqual({ kind: "sending" });
  });

  it("that is put back gives way to a newer one that came meanwhile", async () => {
    const [older, newer] = [item("EUR/USD|1h", 1), item("EUR/USD|1h", 2)];
    await turns.offer(person, older, 1);
    await turns.take(person, "token");
    await turns.begin(person, "token", sending([older]));
    await turns.offer(person, newer, 2);
    await turns.putBack(person, "id", 3);
    expect((await deskOf("token")).box).toEqual([newer]);
    expect(await turns.look(person, older)).toMatchObject({ kind: "ended", done: { end: "superseded" } });
  });
});

it("keeps an end that is there against one that is told late", async () => {
  const one = item("EUR/USD|1h");
  await send([one], "m1");
  await turns.endUnsent(person, [{ item: one, done: { end: "withheld", reason: "muted", attempts: 0, atMs: 1 } }]);
  expect(await turns.look(person, one)).toMatchObject({ done: { end: "delivered" } });
});

describe("what is remembered of a person", () => {
  it("is the slots said last, however many a publisher invents", async () => {
    for (let batch = 0; batch < 13; batch += 1) {
      await room.clock.advance(1);
      await send(
        Array.from({ length: 10 }, (_, index) => item(`EUR/USD|${batch}-${index}`)),
        `m${batch}`,
      );
    }
    const { shown } = await deskOf("token");
    expect(shown).toHaveLength(100);
    expect(shown.map((one) => one.item.slot)).not.toContain("EUR/USD|0-0");
    expect(shown.map((one) => one.item.slot)).toContain("EUR/USD|12-9");
  });

  it("are the newest messages, by pair when asked for", async () => {
    await send([item("EUR/USD|1h")], "m1");
    await room.clock.advance(1_000);
    await send([item("GBP/USD|1h"), item("EUR/USD|4h")], "m2");
    await room.clock.advance(1_000);
    await send([item("USD/JPY|1h")], "m3");
    const ids = async (options: { pair?: string; limit: number }) =>
      (await room.ledger.history(person, options)).map(({ messageId }) => messageId);
    expect(await ids({ limit: 10 })).toEqual(["m3", "m2", "m1"]);
    expect(await ids({ limit: 1 })).toEqual(["m3"]);
    expect(await ids({ pair: "EUR/USD", limit: 10 })).toEqual(["m2", "m1"]);
    expect(await ids({ pair: "AUD/USD", limit: 10 })).toEqual([]);
  });

  it("ends after the days that were asked for, and with very many messages", async () => {
    await send([item("EUR/USD|1h")], "old");
    await room.clock.advance(31 * dayMs);
    await send([item("GBP/USD|1h")], "new");
    const limit = 10_000;
    expect(await room.ledger.history(person, { limit })).toMatchObject([{ messageId: "new" }]);
    const many = Array.from({ length: mostMessagesKept + 5 }, (_, index) => [room.clock.now() - index, `m${index} {}`]);
    await room.redis.zadd(room.keys.person(person).ledger, ...many.flat());
    await room.clock.advance(1);
    await send([item("USD/JPY|1h")], "last");
    expect(await room.redis.zcard(room.keys.person(person).ledger)).toBe(mostMessagesKept);
    // What cannot be read is left out.
    expect(await room.ledger.history(person, { limit })).toMatchObject([{ messageId: "last" }, { messageId: "new" }]);
  });

  it("is how a notification ended, when only what it was shown in is left", async () => {
    const accepted = room.accept(person);
    const bot = room.process();
    room.discord.addPerson({ id: person });
    await bot.run(accepted);
    await room.redis.del(room.keys.done(accepted.identity));
    expect(ended(await bot.run(accepted))).toBe("delivered");
    expect(room.seen(person)).toHaveLength(1);
  });
});
