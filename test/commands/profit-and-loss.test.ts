import { describe, expect, it } from "vitest";
import { computeProfitAndLoss } from "../../src/commands/profit-and-loss.ts";

describe("profit and loss", () => {
  it.each([
    ["a buy that rose", "EUR/USD", "buy", 1.085, 1000, 1.09, { amount: 5, percent: 0.46083, pips: 50 }],
    ["a buy that fell", "EUR/USD", "buy", 1.085, 1000, 1.08, { amount: -5, percent: -0.46083, pips: -50 }],
    ["a sell that fell", "EUR/USD", "sell", 1.085, 1000, 1.08, { amount: 5, percent: 0.46083, pips: 50 }],
    ["a sell that rose", "EUR/USD", "sell", 1.085, 1000, 1.09, { amount: -5, percent: -0.46083, pips: -50 }],
    ["a buy in yen", "USD/JPY", "buy", 149.32, 200, 150.12, { amount: 160, percent: 0.53576, pips: 80 }],
    ["a sell in yen", "EUR/JPY", "sell", 162.5, 0.5, 163, { amount: -0.25, percent: -0.30769, pips: -50 }],
    ["no change", "GBP/USD", "buy", 1.25, 1000, 1.25, { amount: 0, percent: 0, pips: 0 }],
    [
      "a total loss, nearly",
      "GBP/USD",
      "buy",
      1.25,
      100,
      0.00001,
      { amount: -124.999, percent: -99.9992, pips: -12499.9 },
    ],
  ] as const)("of %s", (_what, pair, action, entryPrice, size, exitPrice, expected) => {
    const result = computeProfitAndLoss({ pair, action, entryPrice, size }, exitPrice);
    expect(result.amount).toBeCloseTo(expected.amount, 6);
    expect(result.percent).toBeCloseTo(expected.percent, 4);
    expect(result.pips).toBeCloseTo(expected.pips, 6);
    expect(result.currency).toBe(pair.slice(4));
  });

  it("without a size has no amount, but percent and pips", () => {
    const result = computeProfitAndLoss({ pair: "EUR/USD", action: "buy", entryPrice: 1 }, 1.01);
    expect(result.amount).toBeUndefined();
    expect(result.percent).toBeCloseTo(1, 9);
    expect(result.pips).toBeCloseTo(100, 9);
  });
});
