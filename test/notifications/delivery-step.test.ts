import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AcceptedNotification } from "../../src/notifications/delivery-step.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { Crashed, ended, lost, message, messages, open, PersonRoom, type TestProcess } from "./support/person-room.ts";

let server: OwnRedis;
let room: PersonRoom;
let bot: TestProcess;
let person: string;

beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
});
afterAll(() => server.stop());
beforeEach(async () => {
  room = await PersonRoom.open(server.url);
  bot = room.process();
  person = room.discord.addPerson().id;
});
afterEach(() => room.close());

const pace = (atMs: number) => ({ kind: "wait", untilMs: atMs, reason: "pace" });

describe("a notification", () => {
  it("becomes a direct message", async () => {
    const outcome = await bot.run(room.accept(person));
    expect(outcome).toMatchObject({ kind: "ended", done: { end: "delivered", attempts: 1 } });
    expect(room.seen(person)).toEqual(["buy EUR/USD|1h"]);
  });

  it("that is worked on again ends as it did, and is not sent again", async () => {
    const accepted = room.accept(person);
    await bot.run(accepted);
    expect(ended(await bot.run(accepted))).toBe("delivered");
    expect(ended(await room.process().run(accepted))).toBe("delivered");
    expect(room.requests("POST", messages)).toBe(1);
  });

  it("stands in the person's history", async () => {
    await bot.run(room.accept(person));
    const [sent] = room.discord.directMessages(person);
    expect(await room.ledger.history(person, { limit: 10 })).toEqual([
      {
        messageId: sent?.id,
        channelId: sent?.channelId,
        sentAtMs: room.clock.now(),
        editedAtMs: undefined,
        signals: [expect.objectContaining({ pair: "EUR/USD", timeframe: "1h", direction: "buy", confidence: 0.8 })],
      },
    ]);
  });

  it("is not sent when the person's rules say so, and says why", async () => {
    await room.rules.change(person, { minConfidence: 0.9 });
    expect(ended(await bot.run(room.accept(person)))).toBe("withheld belowConfidence");
    expect(room.seen(person)).toEqual([]);
  });
});

describe("one message a minute", () => {
  it("makes what comes sooner wait, and shows it in one message then", async () => {
    const first = room.accept(person);
    await bot.run(first);
    const sentAtMs = room.clock.now();
    const sooner = [];
    for (const pair of ["GBP/USD", "USD/JPY"]) {
      await room.clock.advance(1_000);
      sooner.push(room.accept(person, { pair }));
    }
    for (const one of sooner) expect(await bot.run(one)).toEqual(pace(sentAtMs + 60_000));
    await room.clock.advance(60_000);
    const outcomes = [];
    for (const one of sooner) outcomes.push(ended(await bot.run(one)));
    expect(outcomes).toEqual(["delivered", "merged"]);
    expect(room.seen(person)).toEqual(["buy EUR/USD|1h", "buy GBP/USD|1h\nbuy USD/JPY|1h"]);
  });

  it("shows of each pair and timeframe only the newest that waited", async () => {
    await bot.run(room.accept(person));
    const waiting = [];
    for (const signal of ["buy", "sell", "hold"]) {
      await room.clock.advance(1_000);
      waiting.push(room.accept(person, { pair: "GBP/USD", signal }));
    }
    // In whatever order they come to be worked on.
    const [oldest, middle, newest] = waiting;
    for (const one of [middle, newest, oldest]) if (one !== undefined) await bot.run(one);
    await room.clock.advance(60_000);
    const outcomes = [];
    for (const one of waiting) outcomes.push(ended(await bot.run(one)));
    expect(outcomes).toEqual(["superseded", "superseded", "delivered"]);
    expect(room.seen(person).at(-1)).toBe("hold GBP/USD|1h");
  });

  it("shows no more in one message than fits, the longest waiting first", async () => {
    const small = room.process({ mostItems: 2 });
    await small.run(room.accept(person));
    const pairs = ["AUD/USD", "GBP/USD", "USD/JPY"];
    const waiting = [];
    for (const pair of pairs) {
      await room.clock.advance(10);
      waiting.push(room.accept(person, { pair }));
    }
    for (const one of waiting) await small.run(one);
    await room.clock.advance(60_000);
    const [first, second, third] = waiting;
    if (first === undefined || second === undefined || third === undefined) throw new Error("three were accepted");
    expect(await small.run(third)).toEqual(pace(room.clock.now() + 60_000));
    expect([ended(await small.run(first)), ended(await small.run(second))]).toEqual(["delivered", "merged"]);
    expect(room.seen(person)).toEqual(["buy EUR/USD|1h", "buy AUD/USD|1h\nbuy GBP/USD|1h"]);
  });

  it("is for each person their own", async () => {
    const other = room.discord.addPerson().id;
    await bot.run(room.accept(person));
    expect(ended(await bot.run(room.accept(other)))).toBe("delivered");
  });

  it("is as long as was asked for", async () => {
    const eager = room.process({ intervalMs: 0 });
    await eager.run(room.accept(person));
    expect(ended(await eager.run(room.accept(person, { pair: "GBP/USD" })))).toBe("delivered");
  });
});

describe("quiet hours", () => {
  const quiet = { fromMinute: 0, toMinute: 13 * 60, timeZone: "UTC", strongPasses: true };

  it("keep a signal until they are over, unless a newer one has taken its place", async () => {
    await room.rules.change(person, { quietHours: quiet });
    const signal = { signal: "buy", signalStrength: "weak" };
    const older = room.accept(person, { signal });
    expect(await bot.run(older)).toMatchObject({
      kind: "wait",
      reason: "quietHours",
      untilMs: Date.UTC(2026, 10, 21, 13),
    });
    await room.clock.advance(60_000);
    const last = room.accept(person, { signal: { ...signal, signal: "sell" } });
    await bot.run(last);
    expect(ended(await bot.run(older))).toBe("superseded");
    expect(room.seen(person)).toEqual([]);
    await room.clock.advance(60 * 60_000);
    expect(ended(await bot.run(last))).toBe("delivered");
    expect(room.seen(person)).toEqual(["sell EUR/USD|1h"]);
  });

  it("let a strong one through alone when they are to", async () => {
    await room.rules.change(person, { quietHours: quiet });
    const weak = room.accept(person, { signal: { signal: "buy", signalStrength: "weak" } });
    await bot.run(weak);
    expect(ended(await bot.run(room.accept(person, { pair: "GBP/USD" })))).toBe("delivered");
    expect(room.seen(person)).toEqual(["buy GBP/USD|1h"]);
    expect(await bot.run(weak)).toMatchObject({ kind: "wait", reason: "quietHours" });
  });

  it("end in silence for what is of no use any more by then", async () => {
    await room.rules.change(person, { mutedUntilMs: room.clock.now() + 24 * 3_600_000 });
    const accepted = room.accept(person);
    expect(await bot.run(accepted)).toMatchObject({ kind: "wait", reason: "muted" });
    expect(await bot.step.stillWaits(accepted)).toBe(true);
    await room.rules.change(person, { mutedUntilMs: null });
    expect(await bot.step.stillWaits(accepted)).toBe(false);
    await room.rules.change(person, { mutedUntilMs: room.clock.now() + 24 * 3_600_000 });
    await room.clock.advance(24 * 3_600_000);
    expect(ended(await bot.run(accepted))).toBe("withheld outdated");
  });
});

describe("a newer signal of the same pair and timeframe", () => {
  it("changes the earlier message while that is recent, without waiting", async () => {
    await bot.run(room.accept(person));
    await room.clock.advance(1_000);
    const newer = room.accept(person, { signal: "sell" });
    expect(ended(await bot.run(newer))).toBe("edited");
    expect(room.seen(person)).toEqual(["sell EUR/USD|1h (was buy)"]);
    expect(await room.ledger.history(person, { limit: 10 })).toMatchObject([
      { editedAtMs: room.clock.now(), signals: [{ direction: "sell" }] },
    ]);
  });

  it("keeps what else stands in that message", async () => {
    await bot.run(room.accept(person, { pair: "AUD/USD" }));
    const both = [];
    for (const pair of ["EUR/USD", "GBP/USD"]) {
      await room.clock.advance(1_000);
      both.push(room.accept(person, { pair }));
    }
    for (const one of both) await bot.run(one);
    await room.clock.advance(60_000);
    for (const one of both) await bot.run(one);
    await room.clock.advance(1_000);
    expect(ended(await bot.run(room.accept(person, { signal: "sell" })))).toBe("edited");
    await room.clock.advance(1_000);
    expect(ended(await bot.run(room.accept(person, { pair: "GBP/USD", signal: "hold" })))).toBe("edited");
    expect(room.seen(person)).toEqual(["buy AUD/USD|1h", "sell EUR/USD|1h (was buy)\nhold GBP/USD|1h (was buy)"]);
  });

  it("is a message of its own when the earlier one is old, and says what changed", async () => {
    await bot.run(room.accept(person));
    await room.clock.advance(600_000);
    expect(ended(await bot.run(room.accept(person, { signal: "sell" })))).toBe("delivered");
    expect(room.seen(person)).toEqual(["buy EUR/USD|1h", "sell EUR/USD|1h (was buy)"]);
  });

  it("is a message of its own when the earlier one is not there any more", async () => {
    await bot.run(room.accept(person));
    const fault = { outcome: { kind: "error", status: 404, code: 10008, processed: false } } as const;
    room.discord.addRouteFault({ method: "PATCH", route: message, times: 1, fault });
    await room.clock.advance(1_000);
    const newer = room.accept(person, { signal: "sell" });
    expect(await bot.run(newer)).toMatchObject({ kind: "wait", reason: "pace" });
    await room.clock.advance(59_000);
    expect(ended(await bot.run(newer))).toBe("delivered");
    expect(room.seen(person)).toHaveLength(2);
  });

  it("never changes a message when it is not to", async () => {
    const plain = room.process({ editWithinMs: 0 });
    await plain.run(room.accept(person));
    await room.clock.advance(1_000);
    expect(await plain.run(room.accept(person, { signal: "sell" }))).toMatchObject({ kind: "wait", reason: "pace" });
  });

  it("is superseded when it is older than what the person has seen", async () => {
    const older = room.accept(person, { signal: "sell" });
    await room.clock.advance(1_000);
    await bot.run(room.accept(person));
    expect(ended(await bot.run(older))).toBe("superseded");
    expect(room.seen(person)).toEqual(["buy EUR/USD|1h"]);
  });

  it("is not stopped by one whose publisher's clock is ahead", async () => {
    const timestamp = new Date(room.clock.now() + 365 * 24 * 3_600_000).toISOString();
    await bot.run(room.accept(person, { timestamp, signal: { signal: "buy", expiresAt: "2030-01-01T00:00:00Z" } }));
    await room.clock.advance(1_000);
    expect(ended(await bot.run(room.accept(person, { signal: "sell" })))).toBe("edited");
  });
});

describe("two processes", () => {
  it("send to one person one after the other", async () => {
    const other = room.process();
    const [one, two] = [room.accept(person), room.accept(person, { pair: "GBP/USD" })];
    const outcomes = await Promise.all([bot.run(one), other.run(two)]);
    await room.clock.advance(60_000);
    const ends = [];
    for (const accepted of [one, two]) ends.push(ended(await bot.run(accepted)));
    expect(outcomes).toHaveLength(2);
    expect(ends.filter((end) => end === "delivered" || end === "merged")).toHaveLength(2);
    expect(room.seen(person).join("\n").split("\n").sort()).toEqual(["buy EUR/USD|1h", "buy GBP/USD|1h"]);
  });
});

describe("a lost response", () => {
  it.each([
    ["the connection was reset", lost],
    ["the connection was closed", { kind: "close", processed: true } as const],
    ["Discord said 502 all the same", { kind: "status", status: 502, processed: true } as const],
    ["nothing came back", { kind: "hang", processed: true } as const],
    ["Discord had not seen it", { kind: "reset", processed: false } as const],
  ])("is one message in the end: %s", async (_what, outcome) => {
    room.sendingFails(outcome);
    const accepted = room.accept(person);
    expect(await bot.run(accepted)).toMatchObject({ kind: "retry", waitMs: 500 });
    expect(await bot.run(accepted)).toMatchObject({ kind: "wait", reason: "retry" });
    await room.clock.advance(500);
    expect(await bot.run(accepted)).toMatchObject({ kind: "ended", done: { end: "delivered", attempts: 2 } });
    expect(room.seen(person)).toEqual(["buy EUR/USD|1h"]);
  });

  it("lets nothing newer pass before its fate is known, and then shows that too", async () => {
    room.sendingFails(lost);
    const first = room.accept(person);
    await bot.run(first);
    await room.clock.advance(500);
    const newer = room.accept(person, { signal: "sell" });
    expect(ended(await bot.run(newer))).toBe("edited");
    expect(ended(await bot.run(first))).toBe("delivered");
    expect(room.seen(person)).toEqual(["sell EUR/USD|1h (was buy)"]);
  });

  it("is found in the channel when the nonce may be forgotten", async () => {
    room.sendingFails(lost);
    const accepted = room.accept(person);
    await bot.run(accepted);
    // Longer than any nonce is remembered.
    await room.clock.advance(10 * 60_000);
    expect(ended(await room.process().run(accepted))).toBe("delivered");
    expect(room.seen(person)).toEqual(["buy EUR/USD|1h"]);
    expect(room.requests("POST", messages)).toBe(1);
    expect(await room.ledger.history(person, { limit: 1 })).toHaveLength(1);
  });

  it("is sent again when it is not in the channel, with what is newest by then", async () => {
    room.sendingFails({ kind: "reset", processed: false });
    const accepted = room.accept(person);
    await bot.run(accepted);
    await room.clock.advance(10 * 60_000);
    const newer = room.accept(person, { signal: "sell" });
    expect(ended(await bot.run(newer))).toBe("delivered");
    expect(ended(await bot.run(accepted))).toBe("superseded");
    expect(room.seen(person)).toEqual(["sell EUR/USD|1h"]);
  });

  it("is not sent again while Discord cannot be asked whether it is there", async () => {
    room.sendingFails(lost);
    const accepted = room.accept(person);
    await bot.run(accepted);
    await room.clock.advance(10 * 60_000);
    const fault = { outcome: { kind: "status", status: 503, processed: false } } as const;
    room.discord.addRouteFault({ method: "GET", route: messages, times: 1, fault });
    expect(await bot.run(accepted)).toMatchObject({ kind: "retry", waitMs: 1_000 });
    await room.clock.advance(1_000);
    expect(ended(await bot.run(accepted))).toBe("delivered");
    expect(room.seen(person)).toEqual(["buy EUR/USD|1h"]);
  });

  it("of a change is changed again", async () => {
    await bot.run(room.accept(person));
    const fault = { outcome: lost };
    room.discord.addRouteFault({ method: "PATCH", route: message, times: 1, fault });
    await room.clock.advance(1_000);
    const newer = room.accept(person, { signal: "sell" });
    expect(await bot.run(newer)).toMatchObject({ kind: "retry" });
    await room.clock.advance(30 * 60_000);
    expect(ended(await bot.run(newer))).toBe("edited");
    expect(room.seen(person)).toEqual(["sell EUR/USD|1h (was buy)"]);
  });
});

describe("what Discord refuses", () => {
  const refuse = (status: number, code: number) => room.sendingFails({ kind: "error", status, code, processed: false });

  it.each([50007, 50278])("stops the person when nobody may write to them: %i", async (code) => {
    refuse(403, code);
    await room.rules.change(person, {
      quietHours: { fromMinute: 0, toMinute: 1, timeZone: "UTC", strongPasses: false },
    });
    const accepted = room.accept(person);
    expect(ended(await bot.run(accepted))).toBe(`deadLetter closed ${code}`);
    expect(await room.rules.read(person)).toMatchObject({ stopped: { code, atMs: room.clock.now() } });
    expect(ended(await bot.run(room.accept(person, { pair: "GBP/USD" })))).toBe("withheld stopped");
  });

  it("is with everything else that waits for the person, when nobody may write to them", async () => {
    await room.rules.change(person, {
      quietHours: { fromMinute: 0, toMinute: 13 * 60, timeZone: "UTC", strongPasses: true },
    });
    const waiting = room.accept(person, { pair: "GBP/USD", signal: { signal: "buy" } });
    expect(await bot.run(waiting)).toMatchObject({ kind: "wait", reason: "quietHours" });
    refuse(403, 50007);
    await bot.run(room.accept(person));
    expect(ended(await bot.run(waiting))).toBe("deadLetter closed 50007");
  });

  it("is a dead letter: nobody has the id", async () => {
    expect(ended(await bot.run(room.accept("300000000000000001")))).toBe("deadLetter unknownPerson 10013");
    expect(await room.rules.read("300000000000000001")).toMatchObject({ stopped: undefined });
  });

  it("is a dead letter: the message", async () => {
    refuse(400, 50035);
    expect(ended(await bot.run(room.accept(person)))).toBe("deadLetter refused 50035");
    expect(ended(await bot.run(room.accept(person)))).toBe("delivered");
  });

  it("is sent through a new channel, once, when the known one is gone", async () => {
    await bot.run(room.accept(person));
    await room.clock.advance(60_000);
    refuse(404, 10003);
    expect(ended(await bot.run(room.accept(person, { pair: "GBP/USD" })))).toBe("delivered");
    expect(room.requests("POST", open)).toBe(2);
    await room.clock.advance(60_000);
    room.sendingFails({ kind: "error", status: 404, code: 10003, processed: false }, 2);
    expect(ended(await bot.run(room.accept(person, { pair: "USD/JPY" })))).toBe("deadLetter refused 10003");
    expect(room.requests("POST", open)).toBe(3);
  });

  it("waits as long as Discord says, with what is newest by then", async () => {
    room.sendingFails({ kind: "rateLimit", retryAfterMs: 7_000, scope: "user" });
    const accepted = room.accept(person);
    expect(await bot.run(accepted)).toMatchObject({ kind: "retry", reason: "rateLimited", waitMs: 7_050 });
    const newer = room.accept(person, { signal: "sell" });
    const sayableMs = room.clock.now() + 7_050;
    expect(await bot.run(newer)).toEqual(pace(sayableMs));
    expect(ended(await bot.run(accepted))).toBe("superseded");
    expect(room.requests("POST", messages)).toBe(1);
  });

  it.each([
    ["quarantined", 403, 20026],
    ["unauthorized", 401, 0],
  ])("halts everything: %s", async (reason, status, code) => {
    refuse(status, code);
    const accepted = room.accept(person);
    expect(await bot.run(accepted)).toMatchObject({ kind: "wait", reason: "halted" });
    expect(room.halts).toEqual([reason]);
    // A lane whose token was refused sends nothing more.
    expect(ended(await room.process().run(accepted))).toBe("delivered");
    expect(room.seen(person)).toHaveLength(1);
  });
});

describe("opening channels", () => {
  it("is paused for everyone when it was too fast, while those who are known get theirs", async () => {
    const known = room.discord.addPerson().id;
    await bot.run(room.accept(known));
    await room.clock.advance(60_000);
    const fault = { outcome: { kind: "error", status: 403, code: 40003, processed: false } } as const;
    room.discord.addRouteFault({ method: "POST", route: open, times: 1, fault });
    const accepted = room.accept(person);
    const paused = { kind: "wait", reason: "opening", untilMs: room.clock.now() + 5 * 60_000 };
    expect(await bot.run(accepted)).toEqual(paused);
    const other = room.process();
    expect(await other.run(room.accept(room.discord.addPerson().id))).toEqual(paused);
    expect(ended(await other.run(room.accept(known, { pair: "GBP/USD" })))).toBe("delivered");
    await room.clock.advance(5 * 60_000);
    expect(ended(await bot.run(accepted))).toBe("delivered");
  });

  it("keeps a pace of its own, and blocks nobody meanwhile", async () => {
    const slow = room.process({ opensPerSecond: 0.01 });
    const people = Array.from({ length: 6 }, () => room.discord.addPerson().id);
    const outcomes = [];
    for (const each of people) outcomes.push(await slow.run(room.accept(each)));
    expect(outcomes.map(({ kind }) => kind)).toEqual([...Array(5).fill("ended"), "wait"]);
    expect(outcomes.at(-1)).toMatchObject({ reason: "opening" });
    const [first = ""] = people;
    await room.clock.advance(60_000);
    expect(ended(await slow.run(room.accept(first, { pair: "GBP/USD" })))).toBe("delivered");
  });
});

describe("a process that dies at any call to Redis or Discord", () => {
  const effects = [
    ["before it took effect", false],
    ["after it took effect", true],
  ] as const;

  /** Dies at one call after the other until the work is done before death comes. */
  async function dieEverywhere(
    takesEffect: boolean,
    scenario: (dying: TestProcess, person: string) => Promise<unknown>,
  ) {
    for (let atCall = 1; atCall < 100; atCall += 1) {
      const victim = room.discord.addPerson().id;
      try {
        return await scenario(room.process({ crash: { atCall, takesEffect } }), victim);
      } catch (error) {
        if (!(error instanceof Crashed)) throw error;
        await room.turnExpires(victim);
        await scenario(room.process(), victim);
      }
    }
    throw new Error("it never came to its end");
  }

  it.each(effects)("leaves one message when the next one repeats the step: %s", async (_when, takesEffect) => {
    const accepted = new Map<string, AcceptedNotification>();
    await dieEverywhere(takesEffect, async (process, victim) => {
      const one = accepted.get(victim) ?? room.accept(victim);
      accepted.set(victim, one);
      expect(ended(await process.run(one))).toBe("delivered");
      expect(room.seen(victim)).toEqual(["buy EUR/USD|1h"]);
    });
    expect(accepted.size).toBeGreaterThan(5);
  });

  it.each(effects)("shows everything once when several are merged: %s", async (_when, takesEffect) => {
    const accepted = new Map<string, readonly AcceptedNotification[]>();
    await dieEverywhere(takesEffect, async (process, victim) => {
      const both = accepted.get(victim) ?? [room.accept(victim), room.accept(victim, { pair: "GBP/USD" })];
      if (!accepted.has(victim)) {
        accepted.set(victim, both);
        await room.redis.set(room.keys.person(victim).nextAt, room.clock.now() + 1);
        for (const one of both) await bot.run(one);
        await room.clock.advance(1);
      }
      const ends = [];
      for (const one of both) ends.push(ended(await process.run(one)));
      expect(ends.sort()).toEqual(["delivered", "merged"]);
      expect(
        room
          .seen(victim)
          .flatMap((content) => content.split("\n"))
          .sort(),
      ).toEqual(["buy EUR/USD|1h", "buy GBP/USD|1h"]);
    });
    expect(accepted.size).toBeGreaterThan(5);
  });

  it.each(effects)("shows a change, and only the change: %s", async (_when, takesEffect) => {
    const accepted = new Map<string, AcceptedNotification>();
    await dieEverywhere(takesEffect, async (process, victim) => {
      let newer = accepted.get(victim);
      if (newer === undefined) {
        await bot.run(room.accept(victim));
        await room.clock.advance(1_000);
        newer = room.accept(victim, { signal: "sell" });
        accepted.set(victim, newer);
      }
      expect(ended(await process.run(newer))).toBe("edited");
      expect(room.seen(victim)).toEqual(["sell EUR/USD|1h (was buy)"]);
    });
    expect(accepted.size).toBeGreaterThan(4);
  });

  it.each(effects)("finds its message when it comes back late: %s", async (_when, takesEffect) => {
    const accepted = new Map<string, AcceptedNotification>();
    await dieEverywhere(takesEffect, async (process, victim) => {
      const known = accepted.get(victim);
      const one = known ?? room.accept(victim);
      accepted.set(victim, one);
      // Longer than any nonce is remembered.
      if (known !== undefined) await room.clock.advance(10 * 60_000);
      expect(ended(await process.run(one))).toBe("delivered");
      expect(room.seen(victim)).toEqual(["buy EUR/USD|1h"]);
    });
    expect(accepted.size).toBeGreaterThan(5);
  });
});

describe("a process that stops", () => {
  it("leaves what is on its way to the next one, which repeats it at once", async () => {
    const accepted = room.accept(person);
    const stopping = new AbortController();
    room.sendingFails({ kind: "hang", processed: true });
    const running = bot.run(accepted, stopping.signal);
    await expect.poll(() => room.seen(person).length).toBe(1);
    stopping.abort();
    expect(await running).toMatchObject({ kind: "retry", waitMs: 0 });
    expect(ended(await room.process().run(accepted))).toBe("delivered");
    expect(room.seen(person)).toHaveLength(1);
  });
});
