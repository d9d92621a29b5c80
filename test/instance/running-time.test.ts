import { expect, it } from "vitest";
import { runningTime } from "../../src/instance/running-time.ts";

const startedAt = "2026-01-05T12:00:00.000Z";
const after = (seconds: number) => runningTime({ startedAt }, Date.parse(startedAt) + seconds * 1000);

it.each([
  [-5, "0 s"],
  [59, "59 s"],
  [60, "1 min"],
  [3 * 3600 + 12 * 60 + 59, "3 h 12 min"],
  [2 * 86_400 + 3600, "2 d 1 h"],
])("after %d s says %s", (seconds, said) => {
  expect(after(seconds)).toBe(said);
});

it("says nothing of what was no time", () => {
  expect(runningTime({ startedAt: "yesterday" }, 0)).toBeUndefined();
});
