import type { SignalRun } from "./signal-load.ts";

export const signalColumns = ["what", "ours", "guide", "ours / guide", "target", "kept"] as const;

/** What an answer that is kept may take longer than an acknowledgement, ms. */
const overFloorMs = 10;

export interface SignalRuns {
  readonly ours: SignalRun;
  readonly guide: SignalRun;
  /** With the limit that the backend has. */
  readonly oursLimited: SignalRun;
  readonly guideLimited: SignalRun;
}

export interface SignalRow {
  readonly cells: readonly string[];
  /** Absent where nothing is promised. */
  readonly kept?: boolean;
}

export function signalRows({ ours, guide, oursLimited, guideLimited }: SignalRuns): readonly SignalRow[] {
  const { questions, pairs } = ours;
  const again = times(ours.again.p50, guide.again.p50);
  const floorMs = ours.floor.p50 ?? Number.NaN;
  return [
    row(
      `requests to the backend for ${questions} questions about ${pairs} pairs`,
      counts(ours.backendRequests, guide.backendRequests),
      { target: `at most ${pairs}`, kept: ours.backendRequests <= pairs },
    ),
    row("answer about a pair that somebody asked for before, p50", again, {
      target: `at most ${overFloorMs} ms over the ack floor`,
      kept: (ours.again.p50 ?? Number.NaN) <= floorMs + overFloorMs,
    }),
    row("  ack floor: the defer of /history among the questions, p50", [ms(floorMs), "", ""]),
    row("answer about a pair that somebody asked for before, p99", times(ours.again.p99, guide.again.p99)),
    row("answer about a pair that nobody had, p50", times(ours.first.p50, guide.first.p50)),
    row("people without a signal", counts(ours.withoutSignal, guide.withoutSignal), {
      target: "none",
      kept: ours.withoutSignal === 0,
    }),
    row(
      "the same with 100 requests in 15 minutes: people without a signal",
      counts(oursLimited.withoutSignal, guideLimited.withoutSignal),
      { target: "none", kept: oursLimited.withoutSignal === 0 },
    ),
  ];
}

interface Promised {
  readonly target: string;
  readonly kept: boolean;
}

const row = (what: string, values: readonly string[], promised?: Promised): SignalRow => ({
  cells: [what, ...values, promised?.target ?? "", promised === undefined ? "" : promised.kept ? "yes" : "NO"],
  ...(promised === undefined ? {} : { kept: promised.kept }),
});

const counts = (ours: number, guide: number): readonly string[] => [String(ours), String(guide), ratio(ours, guide)];

const times = (ours: number | undefined, guide: number | undefined): readonly string[] => [
  ms(ours),
  ms(guide),
  ratio(ours, guide),
];

const ms = (value: number | undefined): string => (value === undefined ? "none" : `${value.toFixed(1)} ms`);

const ratio = (ours: number | undefined, guide: number | undefined): string =>
  ours === undefined || guide === undefined || guide === 0 ? "" : (ours / guide).toFixed(3);
