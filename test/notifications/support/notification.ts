import type { Signal } from "../../../src/backend/signal.ts";
import type { Notification } from "../../../src/notifications/message.ts";

export const signal = (changes: Partial<Signal> = {}): Signal => ({
  pair: "EUR/USD",
  timeframe: "4h",
  direction: "buy",
  word: "buy",
  strength: "strong",
  confidence: 0.82,
  entryPrice: 1.0853,
  stopLoss: 1.08,
  takeProfit: 1.095,
  riskRewardRatio: undefined,
  marketCondition: undefined,
  sentiment: { word: undefined, score: undefined },
  indicators: [],
  source: undefined,
  period: undefined,
  computedAt: undefined,
  expiresAt: undefined,
  riskWarning: undefined,
  ...changes,
});

export const notification = (changes: Partial<Notification> = {}): Notification => ({
  personId: "200000000000000001",
  signal: signal(),
  publishedAtMs: undefined,
  receivedAtMs: 0,
  ...changes,
});
