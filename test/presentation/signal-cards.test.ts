import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signalCard } from "../../src/presentation/signal-card.ts";
import type { SignalView } from "../../src/presentation/signal-view.ts";
import { expectPresentable, hostileSignal } from "./hostile.ts";
import { read } from "./reading.ts";

const computedAt = new Date("2026-11-21T20:36:28.949Z");

const buy: SignalView = {
  pair: "USD/CAD",
  timeframe: "15min",
  direction: "buy",
  word: "buy",
  strength: "very_strong",
  confidence: 0.73,
  entryPrice: 1.3621,
  stopLoss: 1.294,
  takeProfit: 1.49831,
  riskRewardRatio: 2,
  marketCondition: "trending",
  sentiment: { word: "neutral", score: 0.5 },
  indicators: [
    { name: "sma", period: 20, value: 1.3871974999999996, reading: "bullish" },
    { name: "rsi", period: 14, value: 60.47, reading: "neutral" },
  ],
  source: "technical_analysis",
  period: { name: "Swing Trading", holdingPeriod: "2-10 Days" },
  computedAt,
  expiresAt: new Date("2026-11-21T23:36:28.949Z"),
  riskWarning: "Trading forex carries significant risk.",
};

const bare: SignalView = {
  pair: "EUR/USD",
  timeframe: undefined,
  direction: "other",
  word: "",
  strength: undefined,
  confidence: undefined,
  entryPrice: undefined,
  stopLoss: undefined,
  takeProfit: undefined,
  riskRewardRatio: undefined,
  marketCondition: undefined,
  sentiment: { word: undefined, score: undefined },
  indicators: [],
  source: undefined,
  period: undefined,
  computedAt: undefined,
  expiresAt: undefined,
  riskWarning: undefined,
};

describe("the card of a signal", () => {
  it("says everything the backend computed", () => {
    expect(read(signalCard(buy))).toBe(
      [
        "Buy USD/CAD (15min)",
        "A very strong signal to buy; confidence 73 %.",
        "Direction: Buy",
        "Strength: very strong",
        "Confidence: 73 %",
        "Entry: 1.3621",
        "Stop loss: 1.2940",
        "Take profit: 1.49831",
        "Risk / reward: 1 : 2",
        "Market: trending",
        "Sentiment: neutral (score 0.5)",
        "Period: Swing Trading, 2-10 Days",
        "Indicators: SMA 20: 1.3872 (bullish)",
        "RSI 14: 60.47 (neutral)",
        "Based on: technical analysis",
        "Computed: <t:1795293388:f> (<t:1795293388:R>)",
        "Valid until: <t:1795304188:f>",
        "Risk warning: Trading forex carries significant risk.",
      ].join("\n"),
    );
  });

  it("says the direction in words, and by colour besides", () => {
    const cards = (["buy", "sell", "hold"] as const).map((direction) => signalCard({ ...buy, direction }));
    expect(cards.map((card) => card.embeds?.[0]?.title)).toEqual([
      "Buy USD/CAD (15min)",
      "Sell USD/CAD (15min)",
      "Hold USD/CAD (15min)",
    ]);
    expect(new Set(cards.map((card) => card.embeds?.[0]?.color)).size).toBe(3);
  });

  it("says that a buy came without stop loss and take profit, and keeps silent on them for a hold", () => {
    const without = { ...buy, stopLoss: undefined, takeProfit: undefined, riskRewardRatio: undefined };
    expect(read(signalCard(without))).toContain("Stop loss: not given\nTake profit: not given");
    expect(read(signalCard({ ...without, direction: "hold" }))).not.toContain("Stop loss");
  });

  it("shows a word nobody knows, as a word", () => {
    const text = read(signalCard({ ...buy, direction: "other", word: "super_*long*", marketCondition: "side_ways" }));
    expect(text).toContain("The backend says “super_*long*”, a word this bot does not know: judge for yourself");
    expect(text).toContain("Direction: super_*long*");
    expect(text).toContain("Market: side ways");
  });

  it("is readable when the backend gave nothing but the pair", () => {
    expect(read(signalCard(bare))).toBe(
      [
        "Signal EUR/USD",
        "The backend gave no direction: judge for yourself.",
        "Direction: not given",
        "Strength: not given",
        "Confidence: not given",
        "Entry: not given",
        "Stop loss: not given",
        "Take profit: not given",
        "Risk warning: Trading can lose money. This is information, not financial advice.",
      ].join("\n"),
    );
  });

  it("takes a word that is the written form of a missing value for missing", () => {
    const text = read(signalCard({ ...buy, strength: "null", marketCondition: "NaN", timeframe: "undefined" }));
    expect(text).not.toMatch(/null|NaN|undefined/);
    expect(text).toContain("A signal to buy; confidence 73 %.");
  });

  it("shows what there is of an indicator, and says how many had no place", () => {
    const indicators = [
      { name: "sma20", period: undefined, value: 1.08, reading: undefined },
      { name: "trend", period: undefined, value: undefined, reading: "up" },
      { name: "empty", period: 3, value: undefined, reading: undefined },
    ];
    expect(read(signalCard({ ...buy, indicators }))).toContain("Indicators: SMA20: 1.08\nTREND: up\nBased on");
    const many = Array.from({ length: 200 }, (_, index) => ({ ...indicators[0], name: `n${index}` }) as const);
    const card = signalCard({
      ...buy,
      indicators: many.map((one) => ({ ...one, period: 1, value: 1, reading: "up" })),
    });
    expect(read(card)).toMatch(/… and \d+ more/);
    expectPresentable(card);
  });

  it("stays within limits and without effect for any hostile signal", () => {
    fc.assert(fc.property(hostileSignal, (signal) => expectPresentable(signalCard(signal))));
  });
});
