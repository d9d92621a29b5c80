import { z } from "zod";
import { parseSignal, type Signal } from "../backend/signal.ts";
import { type Malformed, malformed, pairSchema, parseJson, snowflakeSchema } from "./message.ts";

/** The signal of a pair is another than it was: one message for everybody who follows the pair. */
export interface SignalChange {
  readonly signal: Signal;
  /** Absent when there was none before. Has a word and a confidence, and nothing else. */
  readonly previous: Signal | undefined;
  /** Discord snowflakes, each once, in the publisher's order. There can be many thousands. */
  readonly subscribers: readonly string[];
}

export type ParsedSignalChange = { readonly kind: "signalChange"; readonly change: SignalChange } | Malformed;

/** A subscriber takes some 50 bytes, and the backend does not limit how many there are (`backend-contract.md` 3.2). */
export const maxSignalChangeBytes = 1024 * 1024;

/** Reads one message of the channel `signal-change`. Never throws. */
export function parseSignalChange(text: string): ParsedSignalChange {
  if (Buffer.byteLength(text) > maxSignalChangeBytes) return malformed("tooLarge");
  const json = parseJson(text);
  if (!json.readable) return malformed("notJson");
  const envelope = changeSchema.safeParse(json.value);
  if (!envelope.success) return malformed("notAnObject");
  const { pair, timeframe, oldSignal, oldConfidence, newSignal, newConfidence, subscribers, ...rest } = envelope.data;
  if (pair === undefined) return malformed("noPair", "pair");
  const signal = parseSignal({ ...rest, pair, timeframe, signal: newSignal, confidence: newConfidence });
  if (signal === undefined) return malformed("noSignal", "newSignal");
  const previous = parseSignal({ pair, timeframe, signal: oldSignal, confidence: oldConfidence });
  return { kind: "signalChange", change: { signal, previous, subscribers: readSubscribers(subscribers) } };
}

const any = z.unknown().optional();

/** Only what is used: the rest of what was published comes no further. */
const changeSchema = z.object({
  pair: pairSchema.optional().catch(undefined),
  timeframe: any,
  oldSignal: any,
  oldConfidence: any,
  newSignal: any,
  newConfidence: any,
  signalStrength: any,
  marketCondition: any,
  entryPrice: any,
  indicators: any,
  subscribers: any,
});

/** More do not fit into a message of {@link maxSignalChangeBytes}, unless they are none. */
const maxSubscribersRead = 40_000;

const subscriberSchema = z.object({ id: snowflakeSchema });

/** One that cannot be addressed is left out; the others still want to know. */
function readSubscribers(list: unknown): readonly string[] {
  if (!Array.isArray(list)) return [];
  const ids = list.slice(0, maxSubscribersRead).map((entry: unknown) => subscriberSchema.safeParse(entry).data?.id);
  return [...new Set(ids.filter((id) => id !== undefined))];
}
