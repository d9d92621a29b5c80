import { expect, it } from "vitest";
import { parsePrecomputeChoice } from "../../src/backend/precompute-choice.ts";
import { ConfigError, readConfig } from "../../src/config.ts";

const required = {
  DISCORD_BOT_TOKEN: "a-token-of-some-length",
  DISCORD_CLIENT_ID: "123456789012345678",
  BACKEND_API_KEY: "a-backend-key",
};
const choiceOf = (env: Readonly<Record<string, string>>) =>
  readConfig({ ...required, ...env }, { terminal: true }).backend.precompute;

it("reads a list, however it is written, and each signal once", () => {
  expect(parsePrecomputeChoice("EUR/USD 1h,gbp/usd  4H , USD/JPY Swing, eur/usd 1h")).toEqual({
    kind: "listed",
    keys: ["EUR/USD 1h", "GBP/USD 4h", "USD/JPY swing"],
  });
});

it("learns when nothing is said, as many as are said", () => {
  expect(choiceOf({})).toEqual({ kind: "learned", most: 6 });
  expect(choiceOf({ PRECOMPUTE_SIGNALS: " Learned ", PRECOMPUTE_MOST: "3" })).toEqual({ kind: "learned", most: 3 });
  expect(choiceOf({ PRECOMPUTE_SIGNALS: "EUR/USD 1d" })).toEqual({ kind: "listed", keys: ["EUR/USD 1d"] });
});

it("is off when it is said, and where no signal counts as new or none is kept", () => {
  expect(choiceOf({ PRECOMPUTE_SIGNALS: "off" })).toEqual({ kind: "off" });
  expect(choiceOf({ SIGNAL_FRESH_MS: "0" })).toEqual({ kind: "off" });
  expect(choiceOf({ SIGNAL_KEEP_MS: "0" })).toEqual({ kind: "off" });
});

it("names every entry that is wrong by its place, with what is expected, and never what it says", () => {
  const entries = ["EUR/USD 1h", "EURUSD 1h", "GBP/USD", "GBP/USD 7h", "", "USD/JPY 1h swing"];
  let problems: readonly string[] = [];
  try {
    choiceOf({ PRECOMPUTE_SIGNALS: entries.join(","), PRECOMPUTE_MOST: "0" });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems = error.problems;
  }
  expect(problems.map((problem) => problem.split(": expected")[0])).toEqual([
    ...[2, 3, 4, 5, 6].map((place) => `PRECOMPUTE_SIGNALS: entry ${place}`),
    "PRECOMPUTE_MOST",
  ]);
  expect(problems[0]).toContain("15min, 30min, 1h, 4h, 1d");
  expect(problems[0]).toContain("intraday, swing, position, longterm");
  expect(problems.join()).not.toMatch(/EURUSD|7h/);
});
