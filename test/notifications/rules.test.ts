import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Signal } from "../../src/backend/signal.ts";
import { judgeByRules, noRules, type PersonRules, type Timed } from "../../src/notifications/rules.ts";
import { signal } from "./support/notification.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const nowMs = Date.UTC(2026, 0, 5, 23, 0, 0);

/** A signal published just now. */
const timed = (changes: Partial<Signal> = {}, times: Partial<Timed> = {}): Timed => ({
  signal: signal(changes),
  publishedAtMs: nowMs,
  receivedAtMs: nowMs,
  ...times,
});

const judge = (rules: Partial<PersonRules>, one: Timed = timed(), atMs = nowMs) =>
  judgeByRules({ ...noRules, ...rules }, one, atMs);

const send = { kind: "send" };
const withhold = (reason: string) => ({ kind: "withhold", reason });

const night = { fromMinute: 22 * 60, toMinute: 7 * 60, timeZone: "UTC", strongPasses: false };
const morningMs = Date.UTC(2026, 0, 6, 7, 0, 0);
const stopped = { code: 50007, atMs: nowMs - hourMs };
const weak = timed({ strength: "moderate" });

describe("without rules", () => {
  it("a signal of any kind is sent", () => {
    expect(judge({})).toEqual(send);
    expect(judge({}, timed({ strength: undefined, confidence: undefined, timeframe: undefined }))).toEqual(send);
  });
});

describe("a person whom the bot may not write to", () => {
  it("is sent nothing", () => {
    expect(judge({ stopped })).toEqual(withhold("stopped"));
    expect(judge({ stopped, quietHours: night, mutedUntilMs: nowMs + hourMs })).toEqual(withhold("stopped"));
  });
});

describe("strong signals only", () => {
  it.each(["strong", "very_strong", "STRONG", " very_strong "])("lets %o pass", (strength) => {
    expect(judge({ strongOnly: true }, timed({ strength }))).toEqual(send);
  });

  it.each(["weak", "moderate", "very strongish", "", undefined])("withholds %o", (strength) => {
    expect(judge({ strongOnly: true }, timed({ strength }))).toEqual(withhold("notStrong"));
  });
});

describe("fewer like this", () => {
  const fewer = ["EUR/USD|1h", "USD/JPY|"];

  it("leaves only strong ones of that pair and timeframe", () => {
    const moderate = { strength: "moderate" } as const;
    expect(judge({ fewer }, timed({ ...moderate, timeframe: "1h" }))).toEqual(withhold("notStrong"));
    expect(judge({ fewer }, timed({ ...moderate, pair: "USD/JPY", timeframe: undefined }))).toEqual(
      withhold("notStrong"),
    );
    expect(judge({ fewer }, timed({ timeframe: "1h" }))).toEqual(send);
    expect(judge({ fewer }, timed({ ...moderate, timeframe: "4h" }))).toEqual(send);
    expect(judge({ fewer }, timed({ ...moderate, pair: "GBP/USD", timeframe: "1h" }))).toEqual(send);
  });
});

describe("a minimum confidence", () => {
  it.each([
    [0.8, 0.82, send],
    [0.82, 0.82, send],
    [0.83, 0.82, withhold("belowConfidence")],
    [0.1, undefined, withhold("belowConfidence")],
    [0, undefined, send],
    [undefined, undefined, send],
  ])("of %s meets %s", (minConfidence, confidence, ruling) => {
    expect(judge({ minConfidence }, timed({ confidence }))).toEqual(ruling);
  });
});

describe("a signal past its usefulness", () => {
  it("is the one that says so itself", () => {
    const expiresAt = new Date(nowMs);
    expect(judge({}, timed({ expiresAt }), nowMs - 1)).toEqual(send);
    expect(judge({}, timed({ expiresAt }), nowMs)).toEqual(withhold("outdated"));
  });

  it.each([
    ["1min", 12 * minuteMs],
    ["5min", hourMs],
    ["15min", 3 * hourMs],
    ["30min", 6 * hourMs],
    ["1h", 12 * hourMs],
    ["4h", dayMs],
    ["1d", 2 * dayMs],
    ["1w", 7 * dayMs],
    ["1M", 31 * dayMs],
    ["7h", dayMs],
    ["__proto__", dayMs],
    [undefined, dayMs],
  ])("of %s is one that is older than the backend would let it be", (timeframe, usefulMs) => {
    expect(judge({}, timed({ timeframe }), nowMs + usefulMs - 1)).toEqual(send);
    expect(judge({}, timed({ timeframe }), nowMs + usefulMs)).toEqual(withhold("outdated"));
  });

  it("counts from when it was computed, else published, else received", () => {
    const computedAt = new Date(nowMs - 2 * dayMs);
    expect(judge({}, timed({ computedAt }))).toEqual(withhold("outdated"));
    expect(judge({}, timed({}, { publishedAtMs: nowMs - 2 * dayMs }))).toEqual(withhold("outdated"));
    expect(judge({}, timed({}, { publishedAtMs: undefined }))).toEqual(send);
    expect(judge({}, timed({}, { publishedAtMs: undefined, receivedAtMs: nowMs - 2 * dayMs }))).toEqual(
      withhold("outdated"),
    );
    expect(judge({}, timed({ computedAt: new Date(nowMs + dayMs) }))).toEqual(send);
  });

  it("is withheld also while it would have to wait", () => {
    const expiresAt = new Date(nowMs - 1);
    expect(judge({ mutedUntilMs: nowMs + hourMs }, timed({ expiresAt }))).toEqual(withhold("outdated"));
  });
});

describe("a mute", () => {
  it("makes everything wait for its end, strong signals too", () => {
    const mutedUntilMs = nowMs + hourMs;
    expect(judge({ mutedUntilMs })).toEqual({ kind: "wait", reason: "muted", untilMs: mutedUntilMs });
    expect(judge({ mutedUntilMs }, timed(), mutedUntilMs - 1)).toMatchObject({ kind: "wait" });
    expect(judge({ mutedUntilMs }, timed(), mutedUntilMs)).toEqual(send);
  });
});

describe("quiet hours", () => {
  const waits = { kind: "wait", reason: "quietHours", untilMs: morningMs };

  it("make everything wait for their end", () => {
    expect(judge({ quietHours: night })).toEqual(waits);
    expect(judge({ quietHours: night }, timed(), morningMs)).toEqual(send);
  });

  it("let strong signals pass where the person said so", () => {
    const quietHours = { ...night, strongPasses: true };
    expect(judge({ quietHours })).toEqual(send);
    expect(judge({ quietHours }, weak)).toEqual(waits);
  });

  it("still hold when a mute ends in them", () => {
    const rules = { quietHours: night, mutedUntilMs: nowMs + hourMs };
    expect(judge(rules)).toMatchObject({ kind: "wait", reason: "muted" });
    expect(judge(rules, timed(), nowMs + hourMs)).toEqual(waits);
  });
});

it("waits only for later, and no signal waits for ever: in the end it is sent or withheld", () => {
  const anyRules: fc.Arbitrary<PersonRules> = fc.record({
    minConfidence: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
    strongOnly: fc.boolean(),
    fewer: fc.subarray(["EUR/USD|4h", "EUR/USD|1h"]),
    quietHours: fc.option(
      fc.record({
        fromMinute: fc.nat(1439),
        toMinute: fc.nat(1439),
        timeZone: fc.constantFrom("Europe/Berlin", "Asia/Taipei", "America/Santiago"),
        strongPasses: fc.boolean(),
      }),
      { nil: undefined },
    ),
    mutedUntilMs: fc.option(fc.integer({ min: nowMs - dayMs, max: nowMs + dayMs }), { nil: undefined }),
    stopped: fc.option(fc.constant(stopped), { nil: undefined }),
  });
  const anySignal = fc.record({
    strength: fc.constantFrom("weak", "strong", undefined),
    timeframe: fc.constantFrom("15min", "4h", "1w", undefined),
  });
  fc.assert(
    fc.property(
      anyRules,
      anySignal,
      fc.integer({ min: nowMs, max: nowMs + 365 * dayMs }),
      (rules, changes, startMs) => {
        let atMs = startMs;
        for (let looks = 0; looks < 20; looks += 1) {
          const ruling = judgeByRules(rules, timed(changes, { publishedAtMs: startMs }), atMs);
          if (ruling.kind !== "wait") return;
          expect(ruling.untilMs).toBeGreaterThan(atMs);
          atMs = ruling.untilMs;
        }
        expect.unreachable("it waits on and on");
      },
    ),
  );
});
