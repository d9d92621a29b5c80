import { randomUUID } from "node:crypto";
import type { Clock } from "../../clock.ts";
import type { SignalOverrides } from "./api.ts";
import { majorPairs, minorPairs } from "./market.ts";

/** What the engine says about each pair, and the prices it says it with. Same pair, same signal, until told otherwise. */
export class Signals {
  readonly #clock: Clock;
  readonly #overrides = new Map<string, SignalOverrides>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  set(pair: string, says: SignalOverrides): void {
    this.#overrides.set(pair, says);
  }

  /** AUD/NZD is listed by `/market/pairs` and has no candles, as observed (`backend-contract.md` 2.3). */
  hasCandles(pair: string): boolean {
    return this.#overrides.has(pair) || (listedPairs.includes(pair) && pair !== "AUD/NZD");
  }

  compute(request: SignalRequest): Record<string, unknown> {
    const says = this.#overrides.get(request.pair) ?? {};
    const seed = [...request.pair].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
    const word = says.signal ?? words[seed % words.length];
    const confidence = numberOr(says.confidence, 0.55 + (seed % 40) / 100);
    const entryPrice = numberOr(says.entryPrice, request.pair.endsWith("JPY") ? 149.32 : 1.0853);
    const now = this.#clock.now();
    return {
      id: randomUUID(),
      userId: request.userId,
      pair: request.pair,
      timeframe: request.timeframe,
      signal: word,
      confidence: round(confidence, 2),
      factors: { technical: 0.7, sentiment: 0.62, pattern: 0.74 },
      sentimentScore: 0.62,
      sentimentSignal: "bullish",
      mlEnhanced: true,
      entryPrice,
      ...stopsOf(word, entryPrice, request.riskLevel),
      positionSize: Math.min(50, request.riskLevel * 5),
      source: "ml_enhanced",
      signalStrength: strengthOf(confidence),
      marketCondition: (["trending", "ranging", "volatile", "calm"] as const)[seed % 4],
      technicalData: {
        indicators: {
          sma: { period: 20, value: round(entryPrice * 0.9964, 5), signal: "neutral" },
          rsi: { period: 14, value: 47.26, signal: "neutral" },
        },
        priceChange: -0.1616,
      },
      status: "active",
      expiresAt: new Date(now + 12 * (timeframeMs.get(request.timeframe) ?? hourMs)).toISOString(),
      timestamp: new Date(now).toISOString(),
      riskWarning,
      ...says,
    };
  }
}

export interface SignalRequest {
  readonly pair: string;
  readonly timeframe: string;
  /** Percent of the entry price between it and the stop loss. */
  readonly riskLevel: number;
  readonly userId: string;
}

export const riskWarning = "Trading forex carries significant risk. Never trade with money you cannot afford to lose.";

const listedPairs: readonly string[] = [...majorPairs, ...minorPairs];

/** The engine's words and those of the technical analysis without it (`backend-contract.md` 2.2). */
const words = ["long", "short", "standby", "buy", "sell", "hold"] as const;

const hourMs = 3_600_000;
const timeframeMs = new Map([
  ["15min", hourMs / 4],
  ["30min", hourMs / 2],
  ["1h", hourMs],
  ["4h", 4 * hourMs],
  ["1d", 24 * hourMs],
  ["1w", 168 * hourMs],
]);

/** Only the literal words buy and sell get prices. */
function stopsOf(word: unknown, entryPrice: number, riskLevel: number) {
  if (word !== "buy" && word !== "sell") return { stopLoss: null, takeProfit: null, riskRewardRatio: null };
  const risk = (word === "buy" ? riskLevel : -riskLevel) / 100;
  return {
    stopLoss: round(entryPrice * (1 - risk), 5),
    takeProfit: round(entryPrice * (1 + 2 * risk), 5),
    riskRewardRatio: 2,
  };
}

function strengthOf(confidence: number): string {
  if (confidence < 0.6) return "weak";
  if (confidence < 0.75) return "moderate";
  return confidence < 0.85 ? "strong" : "very_strong";
}

const numberOr = (value: unknown, fallback: number): number => (typeof value === "number" ? value : fallback);

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
