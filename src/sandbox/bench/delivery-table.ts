import type { CrashResult } from "./delivery-crash.ts";
import type { LatencyResult, SharingResult, ThroughputResult } from "./delivery-load.ts";

export const crashColumns = [
  "way",
  "published",
  "nobody listened",
  "killed before acceptance",
  "accepted",
  "in a message",
  "replaced by a newer one",
  "lost",
  "sent twice",
  "messages",
  "kills",
  "failed requests",
] as const;

export const crashCells = (result: CrashResult): readonly string[] =>
  [
    result.way,
    result.published,
    result.unheard,
    cutOff(result),
    result.stats.accepted,
    result.outcome.shown,
    result.outcome.replaced,
    lostOf(result),
    result.outcome.twice,
    result.outcome.messages,
    result.kills,
    result.faults,
  ].map(String);

/** Heard, and killed with the process that heard it before it was in the queue: only the channel can lose that. */
const cutOff = ({ published, unheard, stats }: CrashResult): number => published - unheard - stats.accepted;

/** Accepted, and neither with the people nor replaced by something newer that is, nor kept or withheld for a reason. */
const lostOf = (result: CrashResult): number => {
  const { ends, deadLetters } = result.stats;
  const withReason = (ends.withheld ?? 0) + sum(deadLetters);
  return Math.max(0, result.outcome.missing.length - cutOff(result) - withReason);
};

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

/** What a crash must not do; empty when all is kept. */
export function brokenCrashPromises(result: CrashResult): readonly string[] {
  const { way, published, stats, outcome } = result;
  const ended = sum(stats.ends) + sum(stats.deadLetters);
  return [
    ...(way === "stream" && stats.accepted !== published ? [`${published - stats.accepted} not accepted`] : []),
    ...(stats.open > 0 ? [`${stats.open} without an end`] : []),
    ...(ended !== stats.accepted ? [`${stats.accepted - ended} not accounted for`] : []),
    ...(lostOf(result) > 0 ? [`${lostOf(result)} lost`] : []),
    ...(outcome.twice > 0 ? [`${outcome.twice} sent twice`] : []),
  ];
}

export const loadColumns = ["what", "measured", "target", "kept"] as const;

export function loadRows(
  throughput: ThroughputResult,
  latency: LatencyResult,
  sharing: SharingResult,
): readonly (readonly string[])[] {
  const { sentPerSecond, configuredPerSecond, people } = throughput;
  const share = sentPerSecond / configuredPerSecond;
  const [first = 0, second = 0] = sharing.sentBy;
  const { missing, twice, shown } = sharing.outcome;
  return [
    [
      `${people} people, one signal each, channels known`,
      `${sentPerSecond.toFixed(1)} of ${configuredPerSecond} a second`,
      "at least 90 %",
      yesNo(share >= 0.9),
    ],
    ["from PUBLISH to the message, idle, p50", `${latency.p50Ms.toFixed(0)} ms`, "", ""],
    [
      "from PUBLISH to the message, idle, p99",
      `${latency.p99Ms.toFixed(0)} ms`,
      "below 200 ms",
      yesNo(latency.p99Ms < 200),
    ],
    [
      "two processes on one queue",
      `${first} and ${second} sent, ${missing.length} lost, ${twice} twice, of ${shown + missing.length}`,
      "shared, nothing lost, nothing twice",
      yesNo(first > 0 && second > 0 && missing.length === 0 && twice === 0),
    ],
  ];
}

const yesNo = (kept: boolean): string => (kept ? "yes" : "NO");
