import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSignal } from "../../src/backend/signal.ts";

/** As `/trading/signal` answers (`backend-contract.md` 2.2). */
const full = {
  id: "432594c0-0683-47b9-aca7-32329aad1b85",
  pair: "EUR/USD",
  timeframe: "1h",
  signal: "buy",
  confidence: 0.79,
  sentimentScore: 0.62,
  sentimentSignal: "bullish",
  entryPrice: 1.0853,
  stopLoss: 1.03103,
  takeProfit: 1.19383,
  riskRewardRatio: 2,
  source: "ml_enhanced",
  signalStrength: "strong",
  marketCondition: "calm",
  technicalData: {
    indicators: {
      sma: { period: 20, value: 1.0813420000000005, signal: "neutral" },
      rsi: { period: 14, value: 47.26, signal: "neutral" },
    },
    priceChange: -0.16,
  },
  expiresAt: "2026-11-22T08:36:28.535Z",
  timestamp: "2026-11-21T20:36:28.535Z",
  riskWarning: "Trading forex carries significant risk.",
  periodInfo: { code: "swing", nameCn: "周內交易", nameEn: "Swing Trading", holdingPeriodEn: "2-10 Days" },
};

describe("a whole signal", () => {
  it("is read member by member", () => {
    expect(parseSignal(full)).toEqual({
      pair: "EUR/USD",
      timeframe: "1h",
      direction: "buy",
      word: "buy",
      strength: "strong",
      confidence: 0.79,
      entryPrice: 1.0853,
      stopLoss: 1.03103,
      takeProfit: 1.19383,
      riskRewardRatio: 2,
      marketCondition: "calm",
      sentiment: { word: "bullish", score: 0.62 },
      indicators: [
        { name: "sma", period: 20, value: 1.0813420000000005, reading: "neutral" },
        { name: "rsi", period: 14, value: 47.26, reading: "neutral" },
      ],
      source: "ml_enhanced",
      period: { name: "Swing Trading", holdingPeriod: "2-10 Days" },
      computedAt: new Date("2026-11-21T20:36:28.535Z"),
      expiresAt: new Date("2026-11-22T08:36:28.535Z"),
      riskWarning: "Trading forex carries significant risk.",
    });
  });

  it("is read from a stored row, where numbers are strings and the time is called createdAt", () => {
    const row = {
      pair: "USD/JPY",
      signal: "sell",
      confidence: "0.78",
      entryPrice: "149.32000",
      createdAt: full.timestamp,
    };
    expect(parseSignal(row)).toMatchObject({
      confidence: 0.78,
      entryPrice: 149.32,
      computedAt: new Date(full.timestamp),
    });
  });
});

describe("the word", () => {
  it.each([
    ["buy", "buy"],
    ["LONG", "buy"],
    ["sell", "sell"],
    [" short ", "sell"],
    ["hold", "hold"],
    ["standby", "hold"],
    ["moon", "other"],
    ["constructor", "other"],
    ["__proto__", "other"],
  ])("%s is %s", (word, direction) => {
    expect(parseSignal({ ...full, signal: word })).toMatchObject({ direction, word: word.trim() });
  });

  it("may be all there is", () => {
    expect(parseSignal("buy", { pair: "GBP/USD", timeframe: "1h" })).toMatchObject({
      pair: "GBP/USD",
      timeframe: "1h",
      direction: "buy",
      confidence: undefined,
      indicators: [],
      sentiment: { word: undefined, score: undefined },
      period: undefined,
    });
    expect(parseSignal({ signal: "hold" }, { pair: "gbp/usd" })).toMatchObject({ pair: "GBP/USD", direction: "hold" });
  });
});

describe("what is left out", () => {
  it("nulls, as the engine's own words come with", () => {
    const nulls = { stopLoss: null, takeProfit: null, riskRewardRatio: null, timeframe: null, periodInfo: null };
    expect(parseSignal({ ...full, signal: "long", ...nulls }, { timeframe: "4h" })).toMatchObject({
      stopLoss: undefined,
      takeProfit: undefined,
      riskRewardRatio: undefined,
      timeframe: "4h",
      period: undefined,
    });
  });

  it.each([["NaN"], [""], ["  "], ["abc"], [Number.NaN], [Number.POSITIVE_INFINITY], [true], [{}], [-1], [0]])(
    "the price %o",
    (entryPrice) => {
      expect(parseSignal({ ...full, entryPrice })?.entryPrice).toBeUndefined();
    },
  );

  it.each([[70], [-0.1], ["1.01"]])("the confidence %o", (confidence) => {
    expect(parseSignal({ ...full, confidence })?.confidence).toBeUndefined();
  });

  it("times that are none", () => {
    expect(parseSignal({ ...full, timestamp: "yesterday", expiresAt: 5 })).toMatchObject({
      computedAt: undefined,
      expiresAt: undefined,
    });
  });

  it("all of a text beyond what anybody writes", () => {
    expect(parseSignal({ ...full, riskWarning: "x".repeat(100_000) })?.riskWarning).toHaveLength(500);
  });
});

describe("indicators", () => {
  const read = (indicators: unknown) => parseSignal({ ...full, technicalData: { indicators } })?.indicators;

  it("may be written short", () => {
    expect(read({ sma20: 1.2, rsi14: "47", trend: "up" })).toEqual([
      { name: "sma", period: 20, value: 1.2, reading: undefined },
      { name: "rsi", period: 14, value: 47, reading: undefined },
      { name: "trend", period: undefined, value: undefined, reading: "up" },
    ]);
  });

  it("may stand beside the signal, be missing, or be nonsense", () => {
    expect(parseSignal({ pair: "EUR/USD", signal: "buy", indicators: { rsi: 50 } })?.indicators).toHaveLength(1);
    expect(read({})).toEqual([]);
    expect(read(null)).toEqual([]);
    expect(read(["a"])).toEqual([]);
    expect(read({ a: null, b: {}, c: [], d: { period: 3 } })).toEqual([]);
  });

  it("named like parts of every object are just names", () => {
    expect(read(JSON.parse('{"__proto__": 1, "constructor": 2}'))).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: "constructor", value: 2 })]),
    );
    expect(Object.prototype).not.toHaveProperty("value");
  });

  it("are no more than anybody would show", () => {
    expect(read(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x_${i}`, i])))).toHaveLength(20);
  });
});

describe("what is no signal", () => {
  it.each([[undefined], [null], [5], [""], [[]], [{}], [{ signal: null }], [{ signal: {} }], [{ confidence: 0.5 }]])(
    "%o",
    (raw) => {
      expect(parseSignal(raw, { pair: "EUR/USD" })).toBeUndefined();
    },
  );

  it("one without a readable pair", () => {
    expect(parseSignal({ signal: "buy", pair: "EURUSD" })).toBeUndefined();
    expect(parseSignal("buy", { pair: "" })).toBeUndefined();
  });

  it("is never a reason to throw", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json().map((text): unknown => JSON.parse(text)),
          fc.anything(),
        ),
        (raw) => {
          parseSignal(raw, { pair: "EUR/USD" });
          parseSignal({ ...full, technicalData: raw, indicators: raw, periodInfo: raw }, { pair: "EUR/USD" });
        },
      ),
    );
  });
});
