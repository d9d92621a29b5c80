import { notificationCard } from "../presentation/notification-card.ts";
import type { DirectMessage } from "./lane.ts";
import type { SentSignal } from "./ledger.ts";
import type { MessageView } from "./settlement.ts";

export { signalsPerMessage } from "../presentation/notification-card.ts";

/** What the person gets to see. */
export const notificationMessage = ({ items, deliveryKey, edited, sentAtMs }: MessageView): DirectMessage =>
  notificationCard({
    items: items.map(({ notification: { signal, publishedAtMs }, previous }) => ({
      signal,
      publishedAt: dateOf(publishedAtMs),
      previous: previous && told(previous),
    })),
    deliveryKey,
    edited,
    sentAt: dateOf(sentAtMs),
  });

const told = ({ direction, word, publishedAtMs }: SentSignal) => ({ direction, word, at: dateOf(publishedAtMs) });

const dateOf = (ms: number | undefined): Date | undefined => (ms === undefined ? undefined : new Date(ms));
