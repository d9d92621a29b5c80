import { describe, expect, it } from "vitest";
import { backoffMs } from "../../src/notifications/backoff.ts";

describe("the back-off", () => {
  const range = { firstMs: 100, maxMs: 5_000 };

  it("doubles with each failure up to its cap, and stays there", () => {
    const waits = [1, 2, 3, 6, 7, 1_000_000].map((failures) => backoffMs(failures, range, () => 1));
    expect(waits).toEqual([100, 200, 400, 3_200, 5_000, 5_000]);
  });

  it("is jittered over its upper half", () => {
    expect(backoffMs(1, range, () => 0)).toBe(50);
    expect(backoffMs(100, range, () => 0)).toBe(2_500);
  });
});
