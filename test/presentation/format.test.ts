import { describe, expect, it } from "vitest";
import {
  discordTime,
  formatFraction,
  formatPrice,
  formatQuantity,
  formatSigned,
  formatSize,
  formatWait,
  utcMinute,
} from "../../src/presentation/format.ts";

describe("prices", () => {
  it.each([
    ["EUR/USD", 1.0853, "1.0853"],
    ["EUR/USD", 1.08534, "1.08534"],
    ["EUR/USD", 1.085, "1.0850"],
    ["EUR/USD", 1.0813420000000005, "1.08134"],
    ["USD/JPY", 149.32, "149.32"],
    ["USD/JPY", 149.3215, "149.321"],
    ["USD/JPY", 150, "150.00"],
    ["gibberish", 1.5, "1.5000"],
    ["EUR/USD", 1e300, "1.00e+300"],
    ["EUR/USD", 1e-9, "1.00e-9"],
    ["EUR/USD", 0, "0.0000"],
  ])("of %s %d read %s", (pair, price, text) => {
    expect(formatPrice(pair, price)).toBe(text);
  });

  it.each([undefined, Number.NaN, Number.POSITIVE_INFINITY])("have no text when they are %s", (price) => {
    expect(formatPrice("EUR/USD", price)).toBeUndefined();
  });
});

it.each([
  [0, "0 %"],
  [0.07, "7 %"],
  [0.725, "72.5 %"],
  [1, "100 %"],
  [72, undefined],
  [-0.1, undefined],
  [Number.NaN, undefined],
])("a fraction of %d reads %s", (fraction, text) => {
  expect(formatFraction(fraction)).toBe(text);
});

it("shows gain and loss by their sign", () => {
  expect(formatSigned(1250, 2)).toBe("+1,250.00");
  expect(formatSigned(-0.5, 1)).toBe("-0.5");
  expect(formatSigned(-0.0001, 2)).toBe("0.00");
  expect(formatSigned(Number.NaN, 2)).toBeUndefined();
});

it("shows quantities of unknown size with six digits", () => {
  expect(formatQuantity(1.0813420000000005)).toBe("1.08134");
  expect(formatQuantity(47.26)).toBe("47.26");
  expect(formatQuantity(-0)).toBe("0");
});

it("groups the digits of sizes", () => {
  expect(formatSize(100000)).toBe("100,000");
  expect(formatSize(0.01)).toBe("0.01");
  expect(formatSize(1e300)).toBe("1.00e+300");
});

it("writes times as Discord's timestamps, or in UTC where those do not work", () => {
  const time = new Date("2026-11-21T20:36:28.949Z");
  expect(discordTime(time, "R")).toBe("<t:1795293388:R>");
  expect(utcMinute(time)).toBe("2026-11-21 20:36 UTC");
  expect(discordTime(new Date(Number.NaN), "R")).toBeUndefined();
  expect(utcMinute(new Date(Number.NaN))).toBeUndefined();
});

it("rounds waits up", () => {
  expect(formatWait(0)).toBe("1 second");
  expect(formatWait(19_100)).toBe("20 seconds");
  expect(formatWait(400_000)).toBe("7 minutes");
  expect(formatWait(90 * 60_000)).toBe("90 minutes");
  expect(formatWait(91 * 60_000)).toBe("2 hours");
  expect(formatWait(49 * 3_600_000)).toBe("3 days");
});
