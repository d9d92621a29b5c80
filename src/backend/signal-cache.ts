import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { withinPatience } from "../patience.ts";
import { absentOr, json } from "./fields.ts";
import type { Signal } from "./signal.ts";

/** A signal, and when the backend said it: ms since the epoch, on the clock of the machine that asked. */
export interface KeptSignal {
  readonly signal: Signal;
  readonly saidAtMs: number;
}

export interface SignalCache {
  /**
   * The newest one kept. Never rejects: what cannot be read is not there.
   *
   * @param trustedMs what memory has is not doubted while younger, ms; `freshMs` when absent
   */
  read(key: string, trustedMs?: number): Promise<(KeptSignal & { readonly from: "memory" | "redis" }) | undefined>;
  /** Returns at once; what cannot be shared is kept in memory all the same. */
  write(key: string, kept: KeptSignal): void;
}

/** What is used of Redis. */
interface SharedTexts {
  get(key: string): Promise<string | null>;
  set(key: string, text: string, unit: "PX", lifeMs: number): Promise<unknown>;
}

export interface SignalCacheOptions {
  /** Shared by every process that asks the same backend. */
  readonly redis: SharedTexts;
  /** Tells backends apart that share a Redis. */
  readonly backendUrl: string;
  readonly clock: Clock;
  /** Younger than this, memory is not doubted, ms. */
  readonly freshMs: number;
  /** Older ones are of no use to anybody, ms. */
  readonly keepMs: number;
}

/** A few kilobytes each; every pair there is on every timeframe and period is fewer. */
const mostInMemory = 1_000;
/** Redis nearby answers in one or two, and somebody waits, ms. */
const patienceMs = 50;
/** The clocks of two machines may differ by this, ms; what is from further in the future is from nobody. */
const clocksDifferMs = 60_000;

/** This process's memory over a Redis that others share. What stands in Redis is believed only when it is a signal. */
export function createSignalCache({ redis, backendUrl, clock, freshMs, keepMs }: SignalCacheOptions): SignalCache {
  const memory = new LRUCache<string, KeptSignal>({ max: mostInMemory });
  const backend = createHash("sha256").update(backendUrl).digest("hex").slice(0, 8);
  const keyOf = (key: string): string => `signalguard:signals:${backend}:${key}`;
  const useful = (kept: KeptSignal | undefined): kept is KeptSignal =>
    kept !== undefined && clock.now() - kept.saidAtMs < keepMs;

  return {
    async read(key, trustedMs = freshMs) {
      const fresh = memory.get(key);
      if (fresh !== undefined && clock.now() - fresh.saidAtMs < trustedMs) return { ...fresh, from: "memory" };
      const text = await withinPatience(clock, patienceMs, redis.get(keyOf(key)));
      const shared = parseKept(text, key, clock.now());
      // Looked at again: what arrived meanwhile would otherwise be asked for twice.
      const own = memory.get(key);
      if (shared !== undefined && useful(shared) && shared.saidAtMs > (own?.saidAtMs ?? Number.NEGATIVE_INFINITY)) {
        memory.set(key, shared);
        return { ...shared, from: "redis" };
      }
      return useful(own) ? { ...own, from: "memory" } : undefined;
    },
    write(key, kept) {
      if (keepMs === 0) return;
      memory.set(key, kept);
      // That Redis is down has been said, and costs no more here than a request of another process.
      redis.set(keyOf(key), JSON.stringify(kept), "PX", keepMs).catch(() => {});
    },
  };
}

const isoDate = z.iso.datetime().transform((text) => new Date(text));
const word = absentOr(z.string());
const figure = absentOr(z.number());

const signalSchema: z.ZodType<Signal> = z.object({
  pair: z.string().regex(/^[A-Z]{3}\/[A-Z]{3}$/),
  timeframe: word,
  direction: z.enum(["buy", "sell", "hold", "other"]),
  word: z.string(),
  strength: word,
  confidence: absentOr(z.number().min(0).max(1)),
  entryPrice: figure,
  stopLoss: figure,
  takeProfit: figure,
  riskRewardRatio: figure,
  marketCondition: word,
  sentiment: z.object({ word, score: figure }),
  indicators: z.array(z.object({ name: z.string(), period: figure, value: figure, reading: word })),
  source: word,
  period: absentOr(z.object({ name: word, holdingPeriod: word })),
  computedAt: absentOr(isoDate),
  expiresAt: absentOr(isoDate),
  riskWarning: word,
});

const keptSchema = json(z.object({ signal: signalSchema, saidAtMs: z.number() }));

/** Undefined for anything but a signal for this key's pair that was said in the past. */
function parseKept(text: string | null | undefined, key: string, nowMs: number): KeptSignal | undefined {
  const { data } = keptSchema.safeParse(text);
  if (data === undefined || !key.startsWith(`${data.signal.pair} `)) return undefined;
  return data.saidAtMs <= nowMs + clocksDifferMs ? data : undefined;
}
