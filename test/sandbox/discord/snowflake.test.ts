import fc from "fast-check";
import { expect, it } from "vitest";
import { SnowflakeSource, snowflakeTime } from "../../../src/sandbox/discord/snowflake.ts";

const noon = Date.UTC(2026, 0, 5, 12);

it("carries the time of its making [discord-facts.md 6]", () => {
  expect(snowflakeTime(new SnowflakeSource(() => noon).next())).toBe(noon);
  // The example in Discord's own reference.
  expect(snowflakeTime("175928847299117063")).toBe(Date.UTC(2016, 3, 30, 11, 18, 25, 796));
});

it("gives the first id of any moment asked for", () => {
  const id = new SnowflakeSource(() => 0).at(noon);
  expect(snowflakeTime(id)).toBe(noon);
  expect(snowflakeTime(String(BigInt(id) - 1n))).toBe(noon - 1);
});

it("never repeats an id nor goes back, whatever the clock does", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 200 }), (steps) => {
      let now = noon;
      const source = new SnowflakeSource(() => now);
      const ids = steps.map((step) => {
        now += step;
        return BigInt(source.next());
      });
      expect(ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? id))).toBe(true);
    }),
  );
});

it("goes on in the next millisecond when one is full", () => {
  const source = new SnowflakeSource(() => noon);
  const ids = Array.from({ length: 5000 }, () => source.next());
  expect(new Set(ids).size).toBe(5000);
  expect(snowflakeTime(ids[4095] ?? "")).toBe(noon);
  expect(snowflakeTime(ids[4096] ?? "")).toBe(noon + 1);
});
