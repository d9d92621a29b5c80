import { LRUCache } from "lru-cache";
import { type Choice, Refusal } from "../interactions/index.ts";
import { escapeText } from "../presentation/escape.ts";
import { texts } from "../presentation/texts.ts";
import { choicesFrom } from "./suggestions.ts";

/** Where many who trade currencies live: suggested before anything is typed. */
const usual = [
  "UTC",
  ...["Asia/Taipei", "Asia/Tokyo", "Asia/Hong_Kong", "Asia/Singapore", "Asia/Shanghai", "Asia/Kolkata", "Asia/Dubai"],
  ...["Europe/London", "Europe/Berlin", "Europe/Zurich", "Europe/Istanbul", "Africa/Johannesburg", "Africa/Lagos"],
  ...["America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Toronto"],
  ...["America/Sao_Paulo", "America/Mexico_City", "Australia/Sydney", "Pacific/Auckland"],
];

/** Places that were renamed, where the list of the runtime still has the old name. */
const renamed = [
  ...["Asia/Kolkata", "Asia/Kathmandu", "Asia/Ho_Chi_Minh", "Asia/Yangon", "Europe/Kyiv", "America/Nuuk"],
  ...["Atlantic/Faroe", "Africa/Asmara", "America/Argentina/Buenos_Aires", "Pacific/Pohnpei", "Pacific/Chuuk"],
];

let known: readonly string[] | undefined;

/** Put together when first needed: the runtime takes its time to look up the first of them. */
function allZones(): readonly string[] {
  if (known !== undefined) return known;
  const own = [...usual, ...renamed].filter((zone) => clockOf(zone) !== undefined);
  known = [...new Set([...own, ...Intl.supportedValuesOf("timeZone")])];
  return known;
}

/** @throws Refusal when what was typed is no time zone, nor the one place it can mean */
export function readTimeZone(typed: string): string {
  const wanted = searchable(typed);
  const zones = allZones();
  const exact = zones.find((zone) => searchable(zone) === wanted);
  if (exact !== undefined) return exact;
  // Older names that no list has, `US/Eastern`; abbreviations like EST, which know no summer time, are none.
  const older = wanted.includes("/") ? clockOf(wanted.replaceAll(" ", "_"))?.resolvedOptions().timeZone : undefined;
  if (older !== undefined) return older;
  const [only, ...others] = wanted === "" ? [] : zones.filter((zone) => placeOf(zone).includes(wanted));
  if (only !== undefined && others.length === 0) return only;
  throw new Refusal(texts.rules.timeZone(escapeText(typed, 40)));
}

/** Those that what was typed so far may mean, with the time it is there now: by it people know their own. */
export function suggestTimeZones(typed: string, nowMs: number): readonly Choice[] {
  const wanted = searchable(typed);
  const zones = allZones();
  const beginning = zones.filter((zone) => placeOf(zone).startsWith(wanted));
  const containing = zones.filter((zone) => searchable(zone).includes(wanted));
  const candidates = wanted === "" ? usual : [...new Set([...beginning, ...containing])];
  return choicesFrom(
    candidates.slice(0, mostSuggested).map((zone) => ({
      name: texts.rules.timeZoneLabel(zone, timeThere(zone, nowMs)),
      value: zone,
    })),
  );
}

/** `14:32`; empty for what is no time zone. */
export const timeThere = (zone: string, nowMs: number): string => clockOf(zone)?.format(nowMs) ?? "";

/** As many as Discord shows. */
const mostSuggested = 25;

const searchable = (text: string): string =>
  text
    .normalize("NFKC")
    .trim()
    .replace(/[\s_]+/g, " ")
    .toLowerCase();

/** `New York` of `America/New_York`. */
const placeOf = (zone: string): string => searchable(zone.slice(zone.lastIndexOf("/") + 1));

const clocks = new LRUCache<string, Intl.DateTimeFormat>({ max: 100 });

/** @returns undefined for what is no time zone */
function clockOf(zone: string): Intl.DateTimeFormat | undefined {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  try {
    const clock = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      ...{ hourCycle: "h23", hour: "2-digit", minute: "2-digit" },
    });
    clocks.set(zone, clock);
    return clock;
  } catch {
    return undefined;
  }
}
