import { type Notification, parseNotification } from "./message.ts";
import { byAge, type Sending, type Shown, type ShownMessage, type WaitingItem } from "./person-records.ts";
import type { Desk } from "./person-turns.ts";
import type { Ruling } from "./rules.ts";

/** What whoever has a person's turn does next. */
export type Action =
  /** The message on its way comes first: the same again. */
  | { readonly kind: "repeat"; readonly sending: Sending }
  /** Its nonce may be forgotten by now: it is looked for before anything is sent. */
  | { readonly kind: "search"; readonly sending: Sending }
  /** Its next attempt is not due yet, and nothing may pass it. */
  | { readonly kind: "await"; readonly untilMs: number }
  /** What the rules do not let through any more, or what cannot be read. */
  | { readonly kind: "end"; readonly items: readonly { readonly item: WaitingItem; readonly reason: EndReason }[] }
  | { readonly kind: "edit"; readonly message: ShownMessage; readonly items: readonly WaitingItem[] }
  | { readonly kind: "send"; readonly items: readonly WaitingItem[] }
  | { readonly kind: "nothing" };

export type EndReason =
  | (Ruling & { readonly kind: "withhold" })
  | { readonly kind: "malformed"; readonly reason: string };

export interface Customs {
  readonly judge: (notification: Notification) => Ruling;
  /** Earlier messages not older than this are changed instead of sending another, ms. */
  readonly editWithinMs: number;
  readonly mostItems: number;
}

/**
 * Discord recognises a repeated nonce for the "past few minutes" (`discord-facts.md` 4.3), and says no number: within a
 * minute of the first attempt, repeating is safe, ms.
 */
export const nonceSafeMs = 60_000;

/** An attempt that nobody has heard of may still be on its way to Discord; after this it is there or lost, ms. */
export const arrivedByMs = 15_000;

/** Pure: the same desk, the same action. */
export function nextAction(desk: Desk, customs: Customs, nowMs: number): Action {
  const { sending } = desk;
  if (sending !== undefined) return resume(sending, nowMs);
  const judged = desk.box.map((item) => ({ item, verdict: verdictOn(item, customs) }));
  const ended = judged.flatMap(({ item, verdict }) =>
    verdict.kind === "withhold" || verdict.kind === "malformed" ? [{ item, reason: verdict }] : [],
  );
  if (ended.length > 0) return { kind: "end", items: ended };

  const due = judged.flatMap(({ item, verdict }) => (verdict.kind === "send" ? [item] : []));
  const changeable = due.flatMap((item) => {
    const message = changeableMessage(item.slot, desk.shown, customs, nowMs);
    return message === undefined ? [] : [{ item, message }];
  });
  const [first] = changeable;
  if (first !== undefined) {
    const { message } = first;
    const items = changeable.filter((one) => one.message.messageId === message.messageId).map(({ item }) => item);
    return { kind: "edit", message, items };
  }
  if (due.length === 0 || nowMs < desk.nextAtMs) return { kind: "nothing" };
  return { kind: "send", items: due.toSorted(byAge).slice(0, customs.mostItems) };
}

/** The message that a newer signal of the slot changes; undefined when it is sent as a new one. */
export function changeableMessage(
  slot: string,
  shown: readonly Shown[],
  { editWithinMs }: Pick<Customs, "editWithinMs">,
  nowMs: number,
): ShownMessage | undefined {
  const message = shown.find(({ item }) => item.slot === slot)?.message;
  return message !== undefined && nowMs - message.sentAtMs < editWithinMs ? message : undefined;
}

function resume(sending: Sending, nowMs: number): Action {
  const { notBeforeMs, firstTriedAtMs, lastTriedAtMs, edits } = sending.state;
  if (nowMs < notBeforeMs) return { kind: "await", untilMs: notBeforeMs };
  // A change can be made any number of times.
  if (edits !== undefined || nowMs - firstTriedAtMs < nonceSafeMs) return { kind: "repeat", sending };
  const arrivedByNow = lastTriedAtMs + arrivedByMs;
  return nowMs < arrivedByNow ? { kind: "await", untilMs: arrivedByNow } : { kind: "search", sending };
}

function verdictOn(item: WaitingItem, { judge }: Customs): Ruling | { kind: "malformed"; reason: string } {
  const parsed = parseNotification(item.payload, item.receivedAtMs);
  return parsed.kind === "malformed" ? parsed : judge(parsed.notification);
}
