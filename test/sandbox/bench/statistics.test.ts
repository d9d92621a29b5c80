import { describe, expect, it } from "vitest";
import { compare } from "../../../src/sandbox/bench/comparison.ts";
import { median, percentile, randomNumbers } from "../../../src/sandbox/bench/statistics.ts";
import { timingsOf } from "../../../src/sandbox/bench/timings.ts";
import { reportThat } from "./support.ts";

describe("percentiles", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it("are values that were measured: the smallest that so many do not exceed", () => {
    expect(percentile(hundred, 50)).toBe(50);
    expect(percentile(hundred, 99)).toBe(99);
    expect(percentile([7], 99)).toBe(7);
    expect(percentile([], 50)).toBeUndefined();
  });

  it("the median of an even number lies between the two in the middle", () => {
    expect(median([9, 1, 4, 2])).toBe(3);
    expect(median([9, 1, 4])).toBe(4);
    expect(median([])).toBeUndefined();
  });
});

it("random numbers of a seed are the same every time, and others of another seed", () => {
  const take = (seed: number) => Array.from({ length: 5 }, randomNumbers(seed));
  expect(take(1)).toEqual(take(1));
  expect(take(1)).not.toEqual(take(2));
  expect(take(3).every((value) => value >= 0 && value < 1)).toBe(true);
});

describe("comparisons", () => {
  it("judge by the median of the ratios, so that one disturbed round decides nothing", () => {
    const pairs = [
      { ours: 10, other: 10 },
      { ours: 90, other: 10 },
      { ours: 21, other: 20 },
    ];
    expect(compare("ack", { against: "guide", pairs, atMost: 1.05 })).toMatchObject({ ratio: "1.05", kept: true });
    expect(compare("ack", { against: "guide", pairs, atMost: 1.04 })).toMatchObject({ kept: false });
  });

  it("of nothing measured are not kept", () => {
    expect(compare("ack", { against: "guide", pairs: [], atMost: 1 })).toMatchObject({ kept: false });
  });

  it("count from the event on the socket, not from the person", () => {
    expect(timingsOf(reportThat())).toEqual({ requestMs: 25, acknowledgeMs: 30, editMs: 50, answerMs: 80 });
  });

  it("never leave out what never came", () => {
    const { acknowledgedAtMs: _, answeredAtMs: __, ...missed } = reportThat({ saw: "failed", visible: [] });
    const never = Number.POSITIVE_INFINITY;
    expect(timingsOf(missed)).toEqual({ requestMs: 25, acknowledgeMs: never, editMs: never, answerMs: never });
    const late = { against: "guide", pairs: [{ ours: never, other: 10 }], atMost: 2 };
    expect(compare("ack", late)).toMatchObject({ kept: false });
  });
});
