import { LRUCache } from "lru-cache";
import type { QuietHours } from "./rules.ts";

/**
 * When the quiet hours that are running end, ms since the epoch; nothing when none are. They are read off the clock on
 * the person's wall: an hour that is skipped or repeated there is skipped or repeated here. `from` and `to` at the same
 * minute are no quiet hours.
 */
export function quietUntilMs(hours: QuietHours, nowMs: number): number | undefined {
  const timeZone = zoneOf(hours.timeZone);
  if (!isQuiet(hours, timeZone, nowMs)) return undefined;
  const endMs = nowMs + leftMs(hours, timeZone, nowMs);
  const changedMs = clockChangeMs(timeZone, nowMs, endMs);
  if (changedMs === undefined) return endMs;
  // The clock was put forward or back before the end: from there on it is read anew.
  return isQuiet(hours, timeZone, changedMs) ? changedMs + leftMs(hours, timeZone, changedMs) : changedMs;
}

/** Whether a time zone of this name can be told the time of. */
export function isTimeZone(name: string): boolean {
  try {
    zoneOf(name);
    return true;
  } catch {
    return false;
  }
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

function isQuiet({ fromMinute, toMinute }: QuietHours, timeZone: Intl.DateTimeFormat, atMs: number): boolean {
  const minute = Math.floor(timeOfDayMs(timeZone, atMs) / minuteMs);
  return fromMinute <= toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute;
}

/** Until the clock shows `to`, as long as nobody moves it. */
const leftMs = ({ toMinute }: QuietHours, timeZone: Intl.DateTimeFormat, atMs: number): number =>
  modulo(toMinute * minuteMs - timeOfDayMs(timeZone, atMs), dayMs);

/** When between the two the offset from UTC changes: on a whole minute, and not twice in a day. */
function clockChangeMs(timeZone: Intl.DateTimeFormat, fromMs: number, toMs: number): number | undefined {
  const before = offsetMs(timeZone, fromMs);
  if (offsetMs(timeZone, toMs) === before) return undefined;
  let unchanged = Math.floor(fromMs / minuteMs);
  let changed = Math.ceil(toMs / minuteMs);
  while (changed - unchanged > 1) {
    const middle = Math.floor((unchanged + changed) / 2);
    if (offsetMs(timeZone, middle * minuteMs) === before) unchanged = middle;
    else changed = middle;
  }
  return changed * minuteMs;
}

const timeOfDayMs = (timeZone: Intl.DateTimeFormat, atMs: number): number =>
  modulo(atMs + offsetMs(timeZone, atMs), dayMs);

/** What the clock there shows, less what it shows in Greenwich. */
function offsetMs(timeZone: Intl.DateTimeFormat, atMs: number): number {
  const shown = new Map(timeZone.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => shown.get(type) ?? 0;
  const shownMs = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return shownMs - Math.floor(atMs / 1000) * 1000;
}

const modulo = (value: number, by: number): number => ((value % by) + by) % by;

/** Making one takes a hundred times as long as using it. */
const zones = new LRUCache<string, Intl.DateTimeFormat>({ max: 500 });

/** @throws RangeError when there is no such time zone */
function zoneOf(name: string): Intl.DateTimeFormat {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const zone = new Intl.DateTimeFormat("en-GB", {
    timeZone: name,
    hourCycle: "h23",
    ...{ year: "numeric", month: "numeric", day: "numeric" },
    ...{ hour: "numeric", minute: "numeric", second: "numeric" },
  });
  zones.set(name, zone);
  return zone;
}
