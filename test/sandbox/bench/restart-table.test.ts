import { expect, it } from "vitest";
import { brokenRestartPromises, restartCells } from "../../../src/sandbox/bench/restart-table.ts";
import type { RestartResult } from "../../../src/sandbox/bench/restarts.ts";

const tally: RestartResult["tally"] = {
  ...{ interactions: 50, answered: 50, failed: 0, thinking: 0, runTwice: 0, answeredTwice: 0 },
  acknowledgedMs: { p50: 4.4, p99: 911.6 },
  answeredMs: { p50: 9, p99: 950 },
};
const result: RestartResult = {
  ...{ name: "handover", promise: "everybody", restarts: 10, tally, answeredLate: 0, neglected: 0, identifies: 0 },
};
const spoilt = (spoils: Partial<RestartResult["tally"]>): RestartResult["tally"] => ({ ...tally, ...spoils });

it("shows what was counted", () => {
  const counted = {
    ...result,
    tally: spoilt({ answered: 46, failed: 4, runTwice: 1, answeredTwice: 2 }),
    answeredLate: 3,
  };
  expect(restartCells(counted)).toEqual(["handover", "10", "50", "46", "4", "3", "0", "3", "0", "4 / 912"]);
  expect(
    restartCells({ ...result, tally: spoilt({ acknowledgedMs: { p50: undefined, p99: undefined } }) }).at(-1),
  ).toBe("");
});

it("finds nothing broken where everybody was answered", () => {
  expect(brokenRestartPromises(result)).toEqual([]);
});

it.each([
  ["none", { tally: spoilt({ thinking: 1 }) }, ["1 thinking for ever"]],
  ["none", { tally: spoilt({ runTwice: 2 }) }, ["2 run twice"]],
  ["none", { tally: spoilt({ answeredTwice: 3 }) }, ["3 answered twice"]],
  ["none", { tally: spoilt({ failed: 4 }), neglected: 4, identifies: 10 }, []],
  ["resumed", { tally: spoilt({ failed: 4 }) }, []],
  ["resumed", { neglected: 1 }, ["1 arrived in time and not answered"]],
  ["resumed", { identifies: 1 }, ["1 identifies spent"]],
  ["everybody", { tally: spoilt({ failed: 4 }) }, ["4 failed"]],
] as const)("where the promise is %s, finds in %o: %o", (promise, spoils, broken) => {
  expect(brokenRestartPromises({ ...result, promise, ...spoils })).toEqual(broken);
});
