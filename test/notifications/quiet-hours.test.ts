import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isTimeZone, quietUntilMs } from "../../src/notifications/quiet-hours.ts";
import type { QuietHours } from "../../src/notifications/rules.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

const quiet = (from: string, to: string, timeZone = "UTC"): QuietHours => ({
  fromMinute: minuteOf(from),
  toMinute: minuteOf(to),
  timeZone,
  strongPasses: false,
});

/** When quiet hours that run at this time end. */
function endOf(hours: QuietHours, at: string): string | undefined {
  const untilMs = quietUntilMs(hours, Date.parse(at));
  return untilMs === undefined ? undefined : new Date(untilMs).toISOString();
}

describe("quiet hours", () => {
  it.each([
    ["before them", "2026-01-05T21:59:59.999Z", undefined],
    ["as they begin", "2026-01-05T22:00:00.000Z", "2026-01-06T07:00:00.000Z"],
    ["before midnight", "2026-01-05T23:59:59.999Z", "2026-01-06T07:00:00.000Z"],
    ["after midnight", "2026-01-06T00:00:00.000Z", "2026-01-06T07:00:00.000Z"],
    ["in their last moment", "2026-01-06T06:59:59.999Z", "2026-01-06T07:00:00.000Z"],
    ["as they end", "2026-01-06T07:00:00.000Z", undefined],
  ])("from 22:00 to 07:00, asked %s", (_when, at, end) => {
    expect(endOf(quiet("22:00", "07:00"), at)).toBe(end);
  });

  it.each([
    ["before them", "2026-01-05T11:59:59.999Z", undefined],
    ["in them", "2026-01-05T12:30:10.500Z", "2026-01-05T13:30:00.000Z"],
    ["as they end", "2026-01-05T13:30:00.000Z", undefined],
  ])("within a day, asked %s", (_when, at, end) => {
    expect(endOf(quiet("12:00", "13:30"), at)).toBe(end);
  });

  it("until midnight end with the day", () => {
    expect(endOf(quiet("22:00", "00:00"), "2026-01-05T22:30:00.000Z")).toBe("2026-01-06T00:00:00.000Z");
    expect(endOf(quiet("22:00", "00:00"), "2026-01-06T00:00:00.000Z")).toBeUndefined();
  });

  it("that begin when they end are none", () => {
    expect(endOf(quiet("07:00", "07:00"), "2026-01-05T07:00:00.000Z")).toBeUndefined();
  });

  it.each([
    ["Asia/Taipei", "2026-01-05T14:00:00.000Z", "2026-01-05T23:00:00.000Z"],
    ["America/New_York", "2026-01-06T03:00:00.000Z", "2026-01-06T12:00:00.000Z"],
    ["Asia/Kathmandu", "2026-01-05T16:15:00.000Z", "2026-01-06T01:15:00.000Z"],
  ])("are those of the person's own time zone (%s)", (timeZone, begin, end) => {
    const hours = quiet("22:00", "07:00", timeZone);
    expect(endOf(hours, new Date(Date.parse(begin) - 1).toISOString())).toBeUndefined();
    expect(endOf(hours, begin)).toBe(end);
  });

  it.each([
    ["lose the hour that is skipped", "22:00", "07:00", "2026-03-28T21:00:00.000Z", "2026-03-29T05:00:00.000Z"],
    ["gain the hour that is repeated", "22:00", "07:00", "2026-10-24T20:00:00.000Z", "2026-10-25T06:00:00.000Z"],
    [
      "end when the clock jumps over their end",
      "22:00",
      "02:30",
      "2026-03-28T23:00:00.000Z",
      "2026-03-29T01:00:00.000Z",
    ],
    [
      "end when it is put back to before them",
      "02:15",
      "04:00",
      "2026-10-25T00:30:00.000Z",
      "2026-10-25T01:00:00.000Z",
    ],
    ["then come again", "02:15", "04:00", "2026-10-25T01:15:00.000Z", "2026-10-25T03:00:00.000Z"],
    ["last through a repeated hour", "01:30", "02:30", "2026-10-25T00:15:00.000Z", "2026-10-25T00:30:00.000Z"],
    ["go on when their end comes twice", "01:30", "02:30", "2026-10-25T01:00:00.000Z", "2026-10-25T01:30:00.000Z"],
  ])("%s (%s to %s in Berlin)", (_what, from, to, at, end) => {
    expect(endOf(quiet(from, to, "Europe/Berlin"), at)).toBe(end);
  });

  it("end within a day and not before, on every clock in the world, whenever it is put forward or back", () => {
    fc.assert(
      fc.property(anyHours, anyTimeMs, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 }), check),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(nearClockChange, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 }), (near, at) =>
        check(near.hours, near.timeMs, at),
      ),
      { numRuns: 1000 },
    );
  });
});

describe("a time zone", () => {
  it.each(["UTC", "Asia/Taipei", "asia/taipei", "Asia/Kolkata"])("is %s", (name) => {
    expect(isTimeZone(name)).toBe(true);
  });

  it.each(["", "Mars/Olympus", "__proto__", "Asia/Taipei ", "x".repeat(50)])("is not %o", (name) => {
    expect(isTimeZone(name)).toBe(false);
  });
});

/** What every clock has to hold; the clock on the wall is read here in another way than in the code. */
function check(hours: QuietHours, nowMs: number, between: readonly number[]): void {
  const untilMs = quietUntilMs(hours, nowMs);
  expect(untilMs !== undefined).toBe(shownQuiet(hours, nowMs));
  if (untilMs === undefined) return;
  expect(untilMs).toBeGreaterThan(nowMs);
  expect(shownQuiet(hours, untilMs)).toBe(false);
  expect(shownQuiet(hours, untilMs - 1)).toBe(true);
  for (const part of between) expect(shownQuiet(hours, nowMs + (untilMs - 1 - nowMs) * part)).toBe(true);
  expect(untilMs - nowMs).toBeLessThanOrEqual(24 * hourMs);
}

function shownQuiet({ fromMinute, toMinute, timeZone }: QuietHours, atMs: number): boolean {
  const shown = new Date(atMs).toLocaleTimeString("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" });
  const sinceBegin = (minuteOf(shown) - fromMinute + 1440) % 1440;
  return sinceBegin < (toMinute - fromMinute + 1440) % 1440;
}

const anyMinute = fc.integer({ min: 0, max: 1439 });

/** A clock that is put back makes them longer, one that is put forward can jump over a short time between them. */
const longestMinutes = 20 * 60;

const anyHours: fc.Arbitrary<QuietHours> = fc
  .record({
    fromMinute: anyMinute,
    minutes: fc.integer({ min: 0, max: longestMinutes }),
    timeZone: fc.constantFrom(...Intl.supportedValuesOf("timeZone")),
    strongPasses: fc.boolean(),
  })
  .map(({ minutes, ...rest }) => ({ ...rest, toMinute: (rest.fromMinute + minutes) % 1440 }));

const anyTimeMs = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2037, 0, 1) });

/** Forward and back, by an hour, half an hour and two. */
const clockChanges = [
  ["Europe/Berlin", "2026-03-29T01:00:00Z"],
  ["Europe/Berlin", "2026-10-25T01:00:00Z"],
  ["America/New_York", "2026-03-08T07:00:00Z"],
  ["America/New_York", "2026-11-01T06:00:00Z"],
  ["Australia/Lord_Howe", "2026-04-04T15:00:00Z"],
  ["Australia/Lord_Howe", "2026-10-03T15:30:00Z"],
  ["Antarctica/Troll", "2026-03-29T01:00:00Z"],
  ["Antarctica/Troll", "2026-10-25T01:00:00Z"],
  ["America/Santiago", "2026-09-06T04:00:00Z"],
] as const;

const nearClockChange = fc
  .record({
    change: fc.constantFrom(...clockChanges),
    hours: anyHours,
    byMs: fc.integer({ min: -27 * hourMs, max: 4 * hourMs }),
  })
  .map(({ change: [timeZone, at], hours, byMs }) => ({ hours: { ...hours, timeZone }, timeMs: Date.parse(at) + byMs }));
