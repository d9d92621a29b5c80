import { formatPrice, isPair } from "./format.ts";
import { type SignalView, slotOf } from "./signal-view.ts";

/**
 * The custom ids of what stands below a notification. Each begins with the name it is routed by and the message's own key,
 * by which the message is found again; what follows comes back from clients, so it is read as anybody's text.
 */
export const notificationIds = {
  openPosition: (key: string, offer: string): string => `openPosition:${key}:${offer}`,
  /** What is to be opened is chosen in the select. */
  openOne: (key: string): string => `openPosition:${key}`,
  mute: (key: string, hours: MuteHours): string => `mute:${key}:${hours}`,
  fewer: (key: string, slot: string): string => `fewer:${key}:${slot}`,
  unsubscribe: (key: string, pair: string): string => `unsubscribe:${key}:${pair}`,
  /** Which, and whether fewer or none, is chosen in the select. */
  less: (key: string): string => `less:${key}`,
  /** Of the form; nobody looks for its message. */
  positionForm: (pair: string, action: "buy" | "sell"): string => `openPosition:${pair}:${action}`,
};

export type MuteHours = 1 | 24;

/** What a signal suggests to open, as far as it says. */
export interface Offer {
  readonly pair: string;
  readonly action: "buy" | "sell";
  /** Prices as they are typed. */
  readonly entryPrice: string;
  readonly stopLoss: string;
  readonly takeProfit: string;
}

/** `EUR/USD:buy:1.0853:1.08:1.095`, empty where a price is unknown. @returns undefined for what nobody can open */
export function writeOffer({ pair, direction, entryPrice, stopLoss, takeProfit }: SignalView): string | undefined {
  if (!isPair(pair) || (direction !== "buy" && direction !== "sell")) return undefined;
  const prices = [entryPrice, stopLoss, takeProfit].map((price) => readPrice(formatPrice(pair, price)));
  return [pair, direction, ...prices].join(":");
}

/** @returns undefined when the text is no offer */
export function readOffer(text: string): Offer | undefined {
  const [pair = "", action, entryPrice, stopLoss, takeProfit] = text.split(":");
  if (!isPair(pair) || (action !== "buy" && action !== "sell")) return undefined;
  return {
    pair,
    action,
    entryPrice: readPrice(entryPrice),
    stopLoss: readPrice(stopLoss),
    takeProfit: readPrice(takeProfit),
  };
}

/** What stands after the message's key. */
export function afterKey(argument: string): string {
  const colon = argument.indexOf(":");
  return colon < 0 ? "" : argument.slice(colon + 1);
}

/** The slot of a signal; undefined for one that is named in a way that no custom id should hold. */
export function writeSlot(signal: SignalView): string | undefined {
  const slot = slotOf(signal);
  return readSlot(slot) === undefined ? undefined : slot;
}

/** @returns undefined when the text is no slot */
export function readSlot(text: string): Pick<SignalView, "pair" | "timeframe"> | undefined {
  const [, pair = "", timeframe = ""] = /^([^|]*)\|([\w.-]{0,16})$/.exec(text) ?? [];
  return isPair(pair) ? { pair, timeframe: timeframe === "" ? undefined : timeframe } : undefined;
}

/** A price as it may be typed: nothing negative, in words or with an exponent. */
const readPrice = (text: string | undefined): string =>
  /^\d{1,9}(?:\.\d{1,5})?$/.test(text ?? "") ? (text ?? "") : "";
