import { z } from "zod";
import { date, decimal, lenient } from "./fields.ts";

/** What the backend computed for a pair, after the borders: numbers are finite numbers, words are known or kept as text. */
export interface Signal {
  /** Upper case, `EUR/USD`. */
  readonly pair: string;
  readonly timeframe: string | undefined;
  /** long is buy, short is sell, standby is hold; a word nobody knows is `other`, kept in `word` (`backend-contract.md` 2.2). */
  readonly direction: "buy" | "sell" | "hold" | "other";
  /** The word as the backend said it. Untrusted text. */
  readonly word: string;
  /** weak, moderate, strong, very_strong, or a new word. */
  readonly strength: string | undefined;
  /** 0 to 1. */
  readonly confidence: number | undefined;
  readonly entryPrice: number | undefined;
  readonly stopLoss: number | undefined;
  readonly takeProfit: number | undefined;
  readonly riskRewardRatio: number | undefined;
  readonly marketCondition: string | undefined;
  readonly sentiment: { readonly word: string | undefined; readonly score: number | undefined };
  /** An open map: which indicators there are, and what they hold, is the backend's business. */
  readonly indicators: readonly Indicator[];
  readonly source: string | undefined;
  readonly period: { readonly name: string | undefined; readonly holdingPeriod: string | undefined } | undefined;
  readonly computedAt: Date | undefined;
  readonly expiresAt: Date | undefined;
  readonly riskWarning: string | undefined;
}

export interface Indicator {
  readonly name: string;
  readonly period: number | undefined;
  readonly value: number | undefined;
  readonly reading: string | undefined;
}

/**
 * Makes a signal of whatever was sent as one: the answer of `/trading/signal`, a row of `/discord/signals`, or what somebody
 * posted to `/notifications/send`, down to a bare word (`backend-contract.md` 2.2, 2.6, 3.1). What cannot be used is left
 * out; `fallback` stands in for a missing pair and timeframe. Never throws.
 *
 * @returns undefined when it does not say which pair, or nothing about it.
 */
export function parseSignal(
  raw: unknown,
  fallback: { readonly pair?: string; readonly timeframe?: string } = {},
): Signal | undefined {
  const { data } = signalSchema.safeParse(typeof raw === "string" ? { signal: raw } : raw);
  const pair = data?.pair ?? pairText.safeParse(fallback.pair).data;
  if (data?.signal === undefined || pair === undefined) return undefined;
  return {
    pair,
    timeframe: data.timeframe ?? fallback.timeframe,
    direction: directions.get(data.signal.toLowerCase()) ?? "other",
    word: data.signal,
    strength: data.signalStrength,
    confidence: data.confidence,
    entryPrice: data.entryPrice,
    stopLoss: data.stopLoss,
    takeProfit: data.takeProfit,
    riskRewardRatio: data.riskRewardRatio,
    marketCondition: data.marketCondition,
    sentiment: { word: data.sentimentSignal, score: data.sentimentScore },
    indicators: readIndicators(data.technicalData?.indicators ?? data.indicators ?? {}),
    source: data.source,
    period: readPeriod(data.periodInfo),
    computedAt: data.timestamp ?? data.createdAt,
    expiresAt: data.expiresAt,
    riskWarning: data.riskWarning,
  };
}

const directions = new Map<string, Signal["direction"]>([
  ["buy", "buy"],
  ["long", "buy"],
  ["sell", "sell"],
  ["short", "sell"],
  ["hold", "hold"],
  ["standby", "hold"],
]);

/** Beyond any text the backend writes; what is longer was written to annoy. */
const maxTextLength = 500;
const maxIndicators = 20;
/** A map of many thousand unusable ones would keep everybody waiting. */
const maxIndicatorsRead = 100;

const text = z
  .string()
  .trim()
  .min(1)
  .transform((value) => value.slice(0, maxTextLength));
const pairText = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z]{3}\/[A-Z]{3}$/);
const price = decimal.refine((value) => value > 0);
const indicatorMap = z.record(z.string(), z.unknown());

const signalSchema = z.object({
  pair: lenient(pairText),
  timeframe: lenient(text),
  signal: lenient(text),
  signalStrength: lenient(text),
  confidence: lenient(decimal.refine((value) => value >= 0 && value <= 1)),
  entryPrice: lenient(price),
  stopLoss: lenient(price),
  takeProfit: lenient(price),
  riskRewardRatio: lenient(price),
  marketCondition: lenient(text),
  sentimentSignal: lenient(text),
  sentimentScore: lenient(decimal),
  technicalData: lenient(z.object({ indicators: lenient(indicatorMap) })),
  indicators: lenient(indicatorMap),
  source: lenient(text),
  periodInfo: lenient(
    z.object({
      nameEn: lenient(text),
      nameCn: lenient(text),
      holdingPeriodEn: lenient(text),
      holdingPeriod: lenient(text),
    }),
  ),
  timestamp: lenient(date),
  createdAt: lenient(date),
  expiresAt: lenient(date),
  riskWarning: lenient(text),
});

const indicatorSchema = z.union([
  decimal.transform((value) => ({ period: undefined, value, signal: undefined })),
  text.transform((signal) => ({ period: undefined, value: undefined, signal })),
  z.object({ period: lenient(decimal), value: lenient(decimal), signal: lenient(text) }),
]);

function readIndicators(map: Readonly<Record<string, unknown>>): Indicator[] {
  return Object.entries(map)
    .slice(0, maxIndicatorsRead)
    .map(([key, raw]) => readIndicator(key, raw))
    .filter((indicator) => indicator !== undefined)
    .slice(0, maxIndicators);
}

/** `sma: {period: 20, value: 1.2}` and `sma20: 1.2` say the same (`backend-contract.md` 3.2). */
function readIndicator(key: string, raw: unknown): Indicator | undefined {
  const { data } = indicatorSchema.safeParse(raw);
  if (data === undefined || (data.value === undefined && data.signal === undefined)) return undefined;
  const [, letters, digits] = /^([A-Za-z]+)(\d{1,4})$/.exec(key) ?? [];
  return {
    name: data.period === undefined && letters !== undefined ? letters : key.slice(0, maxTextLength),
    period: data.period ?? (digits === undefined ? undefined : Number(digits)),
    value: data.value,
    reading: data.signal,
  };
}

function readPeriod(info: z.infer<typeof signalSchema>["periodInfo"]): Signal["period"] {
  const name = info?.nameEn ?? info?.nameCn;
  const holdingPeriod = info?.holdingPeriodEn ?? info?.holdingPeriod;
  return name === undefined && holdingPeriod === undefined ? undefined : { name, holdingPeriod };
}
