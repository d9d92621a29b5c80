import { z } from "zod";
import { parseSignal, type Signal } from "../backend/signal.ts";

/** One signal addressed to one person. */
export interface Notification {
  /** The person's Discord snowflake. */
  readonly personId: string;
  readonly signal: Signal;
  /** When the publisher says it was published, ms since the epoch; absent when it does not say so readably. */
  readonly publishedAtMs: number | undefined;
  /** When it reached Redis (a stream entry) or this process (a published message), ms since the epoch. */
  readonly receivedAtMs: number;
}

/** Stable words for logs, counters and dead letters. */
export const malformedReasons = [
  "tooLarge",
  "notJson",
  "notAnObject",
  "noPerson",
  "noPair",
  "noSignal",
  /** A stream entry without the field that holds the message. */
  "noPayload",
  /** Reading it failed: a defect of ours. */
  "unreadable",
] as const;
export type MalformedReason = (typeof malformedReasons)[number];

/** `path` is the field at fault, empty for the whole message. Neither holds any of the content. */
export interface Malformed {
  readonly kind: "malformed";
  readonly reason: MalformedReason;
  readonly path: string;
}

export type ParsedNotification = { readonly kind: "notification"; readonly notification: Notification } | Malformed;

/** A full signal is about 1 KB (`backend-contract.md` 3.1); what is far beyond that is no signal. */
export const maxNotificationBytes = 64 * 1024;

/**
 * Reads one message of the channel `trading-signals`. The backend passes `signal` on unchecked from an open endpoint
 * (`backend-contract.md` 3.1), so anything may come; only what nobody could deliver or understand is refused.
 * Never throws.
 */
export function parseNotification(text: string, receivedAtMs: number): ParsedNotification {
  if (Buffer.byteLength(text) > maxNotificationBytes) return malformed("tooLarge");
  const json = parseJson(text);
  if (!json.readable) return malformed("notJson");
  const envelope = envelopeSchema.safeParse(json.value);
  if (!envelope.success) return malformed("notAnObject");
  const { discordUserId, signal: raw, timeframe, timestamp } = envelope.data;
  if (discordUserId === undefined) return malformed("noPerson", "discordUserId");
  const pair = envelope.data.pair ?? pairSchema.safeParse(ownPair(raw)).data;
  if (pair === undefined) return malformed("noPair", "pair");
  const signal = parseSignal(raw, timeframe === undefined ? { pair } : { pair, timeframe });
  if (signal === undefined) return malformed("noSignal", "signal");
  return {
    kind: "notification",
    notification: { personId: discordUserId, signal, publishedAtMs: timestamp, receivedAtMs },
  };
}

/** A number would have lost digits on its way through JSON and would address somebody else, so only text will do. */
export const snowflakeSchema = z.string().regex(/^[1-9]\d{16,19}$/);

export const pairSchema = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z]{3}\/[A-Z]{3}$/);

/** The latest time a Date can hold: beyond it, formatting throws. */
const latestMs = 8.64e15;

const timeSchema = z
  .union([z.string().transform((text) => Date.parse(text)), z.number()])
  .pipe(z.number().int().min(1).max(latestMs));

/** Every field on its own: a fault in one that can be done without must not cost the notification. */
const envelopeSchema = z.object({
  discordUserId: snowflakeSchema.optional().catch(undefined),
  pair: pairSchema.optional().catch(undefined),
  timeframe: z.string().min(1).max(16).optional().catch(undefined),
  timestamp: timeSchema.optional().catch(undefined),
  signal: z.unknown().optional(),
});

const ownPair = (signal: unknown): unknown => z.object({ pair: z.unknown() }).safeParse(signal).data?.pair;

export function parseJson(
  text: string,
): { readonly readable: true; readonly value: unknown } | { readonly readable: false } {
  try {
    return { readable: true, value: JSON.parse(text) };
  } catch {
    return { readable: false };
  }
}

export const malformed = (reason: MalformedReason, path = ""): Malformed => ({ kind: "malformed", reason, path });
