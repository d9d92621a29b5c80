import { expect, it } from "vitest";
import type { SignalRun } from "../../../src/sandbox/bench/signal-load.ts";
import { type SignalRuns, signalColumns, signalRows } from "../../../src/sandbox/bench/signal-table.ts";

const run = (differs: Partial<SignalRun> = {}): SignalRun => ({
  ...{ questions: 300, pairs: 20, backendRequests: 20, withoutSignal: 0 },
  again: { p50: 4, p99: 8 },
  first: { p50: 1500, p99: 1600 },
  floor: { p50: 2, p99: 3 },
  ...differs,
});
const guide = run({ backendRequests: 300, again: { p50: 1600, p99: 1700 }, withoutSignal: 0 });
const runs: SignalRuns = { ours: run(), guide, oursLimited: run(), guideLimited: { ...guide, withoutSignal: 200 } };
const broken = (differs: Partial<SignalRuns>): readonly (string | undefined)[] =>
  signalRows({ ...runs, ...differs })
    .filter(({ kept }) => kept === false)
    .map(({ cells }) => cells.at(0));

it("shows each quantity of both, their ratio, and what is promised", () => {
  const cells = signalRows(runs).map((row) => row.cells);
  expect(cells.every(({ length }) => length === signalColumns.length)).toBe(true);
  expect(cells.at(0)).toEqual([
    "requests to the backend for 300 questions about 20 pairs",
    ...["20", "300", "0.067", "at most 20", "yes"],
  ]);
  expect(cells.at(1)?.slice(1)).toEqual(["4.0 ms", "1600.0 ms", "0.003", "at most 10 ms over the ack floor", "yes"]);
  expect(cells.at(-1)?.slice(1)).toEqual(["0", "200", "0.000", "none", "yes"]);
  expect(broken({})).toEqual([]);
});

it.each([
  ["more requests than pairs", { ours: run({ backendRequests: 21 }) }, "requests to the backend"],
  [
    "an answer slow against the floor",
    { ours: run({ again: { p50: 12.1, p99: 13 } }) },
    "answer about a pair that somebody",
  ],
  [
    "no answer at all",
    { ours: run({ again: { p50: undefined, p99: undefined } }) },
    "answer about a pair that somebody",
  ],
  ["somebody without a signal", { ours: run({ withoutSignal: 1 }) }, "people without"],
  [
    "somebody without a signal under the limit",
    { oursLimited: run({ withoutSignal: 1 }) },
    "the same with 100 requests",
  ],
] as const)("finds %s", (_, differs, what) => {
  expect(broken(differs)).toEqual([expect.stringContaining(what)]);
});
