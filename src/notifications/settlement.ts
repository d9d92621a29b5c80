import { createHash } from "node:crypto";
import type { SentSignal } from "./ledger.ts";
import { type Notification, parseNotification } from "./message.ts";
import { byAge, type Sending, type Shown, type ShownMessage, type WaitingItem } from "./person-records.ts";
import type { Settlement } from "./person-turns.ts";

/** One message to one person, as it is to be shown. */
export interface MessageView {
  /** One or several signals, at most one of a slot; the oldest first. */
  readonly items: readonly ItemView[];
  /** Stands in the buttons, and so tells this message from every other. */
  readonly deliveryKey: string;
  /** It takes the place of an earlier text of the same message. */
  readonly edited: boolean;
  /** When all of them are told, ms since the epoch; absent when some have been before. */
  readonly sentAtMs: number | undefined;
}

export interface ItemView {
  readonly notification: Notification;
  /** What was said of this slot before, when anything was. */
  readonly previous: SentSignal | undefined;
}

/**
 * Names a message by what stands in it: after a crash, the same notifications are the same message, with the same nonce
 * and the same key. 16 characters of base64url.
 */
export const messageKey = (addressee: string, items: readonly Pick<WaitingItem, "identity">[]): string =>
  createHash("sha256")
    .update([addressee, ...items.map(({ identity }) => identity).sort()].join(" "))
    .digest("base64url")
    .slice(0, 16);

/** The message on its way among what was shown before: its own slots as they will be, and those that stay in it. */
export interface Composition {
  readonly changed: readonly Composed[];
  readonly unchanged: readonly Shown[];
  readonly deliveryKey: string;
}

interface Composed {
  readonly item: WaitingItem;
  readonly previous: SentSignal | undefined;
}

export function compose({ id, items, state }: Sending, shown: readonly Shown[]): Composition {
  const slots = new Set(items.map(({ slot }) => slot));
  const before = new Map(shown.map((one) => [one.item.slot, one]));
  return {
    changed: items.toSorted(byAge).map((item) => ({ item, previous: sentSignal(before.get(item.slot)?.item) })),
    unchanged: shown.filter(
      ({ item, message }) => message.messageId === state.edits?.messageId && !slots.has(item.slot),
    ),
    deliveryKey: state.edits?.deliveryKey ?? id,
  };
}

export function viewOf({ state }: Sending, { changed, unchanged, deliveryKey }: Composition): MessageView {
  const all = [...changed, ...unchanged.map(({ item, message }) => ({ item, previous: message.previous }))];
  const items = all
    .toSorted((a, b) => byAge(a.item, b.item))
    .flatMap(({ item, previous }) => {
      const notification = read(item);
      return notification === undefined ? [] : [{ notification, previous }];
    });
  const sentAtMs = unchanged.length === 0 ? state.firstTriedAtMs : undefined;
  return { items, deliveryKey, edited: state.edits !== undefined, sentAtMs };
}

/** What is written down when the message stands at Discord. */
export function settlementOf(
  { items, state }: Sending,
  composition: Composition,
  {
    messageId,
    sentAtMs,
    nowMs,
    intervalMs,
  }: { readonly messageId: string; readonly sentAtMs: number; readonly nowMs: number; readonly intervalMs: number },
): Settlement {
  const { edits, channelId, attempts } = state;
  const { changed, unchanged, deliveryKey } = composition;
  const message: ShownMessage =
    edits === undefined ? { messageId, channelId, deliveryKey, sentAtMs } : { ...edits, channelId };
  const shown = changed.map(({ item, previous }) => ({ item, message: { ...message, previous } }));
  const signals = [...items, ...unchanged.map(({ item }) => item)];
  return {
    message: {
      messageId: message.messageId,
      channelId,
      sentAtMs: message.sentAtMs,
      editedAtMs: edits === undefined ? undefined : nowMs,
      signals: signals.flatMap((item) => sentSignal(item) ?? []),
    },
    ended: shown.map((one, index) => ({
      shown: one,
      done: { end: edits !== undefined ? "edited" : index === 0 ? "delivered" : "merged", attempts, atMs: nowMs },
    })),
    unchanged,
    nextAtMs: edits === undefined ? sentAtMs + intervalMs : undefined,
  };
}

/** It was readable when it was put into the box. */
const read = ({ payload, receivedAtMs }: WaitingItem): Notification | undefined => {
  const parsed = parseNotification(payload, receivedAtMs);
  return parsed.kind === "notification" ? parsed.notification : undefined;
};

function sentSignal(item: WaitingItem | undefined): SentSignal | undefined {
  const notification = item && read(item);
  if (notification === undefined) return undefined;
  const { signal, publishedAtMs } = notification;
  const { pair, timeframe, direction, word, strength, confidence, entryPrice, stopLoss, takeProfit } = signal;
  return { pair, timeframe, direction, word, strength, confidence, entryPrice, stopLoss, takeProfit, publishedAtMs };
}
