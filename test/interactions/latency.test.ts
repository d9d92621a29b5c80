import { describe, expect, it } from "vitest";
import { HedgeBudget } from "../../src/interactions/hedge-budget.ts";
import { LatencyWindow } from "../../src/interactions/latency.ts";

const measured = (...durationsMs: readonly number[]): LatencyWindow => {
  const window = new LatencyWindow();
  for (const durationMs of durationsMs) window.add(durationMs);
  return window;
};
const times = (count: number, durationMs: number): readonly number[] => Array.from({ length: count }, () => durationMs);

describe("the delay after which an acknowledgement is hedged", () => {
  it("is a few hundred milliseconds until enough has been measured", () => {
    expect(new LatencyWindow().hedgeAfterMs).toBe(400);
    expect(measured(...times(7, 300)).hedgeAfterMs).toBe(400);
    expect(measured(...times(8, 300)).hedgeAfterMs).toBe(600);
  });

  it("is twice what all but the slowest took, in whatever order", () => {
    const twenty = Array.from({ length: 20 }, (_, index) => 150 + 5 * index);
    expect(measured(...twenty).hedgeAfterMs).toBe(2 * 245);
    expect(measured(...twenty.toReversed()).hedgeAfterMs).toBe(2 * 245);
    // One in twenty, or fewer, changes nothing.
    expect(measured(...times(62, 200), 9000, 9000).hedgeAfterMs).toBe(400);
  });

  it("is never so short that a hiccup costs a request, and never so long that nothing fits the deadline", () => {
    expect(measured(...times(20, 3)).hedgeAfterMs).toBe(250);
    expect(measured(...times(20, 2000)).hedgeAfterMs).toBe(700);
  });

  it("follows a change within 64 acknowledgements, and forgets what was before", () => {
    const window = measured(...times(64, 300));
    for (const durationMs of times(60, 140)) window.add(durationMs);
    expect(window.hedgeAfterMs).toBe(600);
    for (const durationMs of times(4, 140)) window.add(durationMs);
    expect(window.hedgeAfterMs).toBe(280);
  });
});

describe("the budget of hedges", () => {
  it("allows sixteen at once, and another for each that is over", () => {
    const budget = new HedgeBudget();
    const taken = Array.from({ length: 16 }, () => {
      expect(budget.allowed).toBe(true);
      return budget.take();
    });
    expect(budget.allowed).toBe(false);
    taken[3]?.();
    expect(budget.allowed).toBe(true);
  });

  it("takes each back once, however often it is told that it is over", () => {
    const budget = new HedgeBudget();
    const [first] = Array.from({ length: 17 }, () => budget.take());
    first?.();
    first?.();
    expect(budget.allowed).toBe(false);
  });
});
