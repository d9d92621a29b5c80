import { discordTime, isPair } from "./format.ts";
import { type Card, fitCard, joinWithin, messageLimits } from "./limits.ts";
import { texts } from "./texts.ts";
import { pairText, wordFor } from "./words.ts";

export interface SubscriptionView {
  readonly pair: string;
  /** all, buy, sell, strong, or a new word. */
  readonly signalType: string;
  readonly subscribedAt?: Date | undefined;
}

/** What became of the confirmation by direct message. */
export type Confirmation = "sent" | "closed" | "failed";

/** The answer to `/subscribe`; the subscription stands in all three cases. */
export function subscribedCard(subscription: SubscriptionView, confirmation: Confirmation): Card {
  const { subscribed, confirmationSent, directMessagesClosed, confirmationFailed } = texts.subscription;
  const after = { sent: confirmationSent, closed: directMessagesClosed, failed: confirmationFailed };
  const sentence = subscribed(pairText(subscription.pair), typeOf(subscription));
  return fitCard({ content: `${sentence}\n${after[confirmation]}` });
}

/** The direct message that opens the channel. */
export function confirmationCard(subscription: SubscriptionView): Card {
  const pair = pairText(subscription.pair);
  return fitCard({
    embeds: [
      {
        title: texts.subscription.confirmationTitle(pair),
        description: texts.subscription.confirmation(pair, typeOf(subscription), howToStop(subscription.pair)),
      },
    ],
  });
}

/** `pair` when only one was to be removed. Having had none is no mistake. */
export function unsubscribedCard(pair: string | undefined, removed: number): Card {
  const { hadNone, wasNotSubscribed, unsubscribedAll, unsubscribed } = texts.subscription;
  if (pair === undefined) return fitCard({ content: removed > 0 ? unsubscribedAll(removed) : hadNone });
  const shownPair = pairText(pair);
  return fitCard({ content: removed > 0 ? unsubscribed(shownPair) : wasNotSubscribed(shownPair) });
}

export function subscriptionListCard(subscriptions: readonly SubscriptionView[]): Card {
  const { none, title, line } = texts.subscription;
  if (subscriptions.length === 0) return { content: none };
  const lines = subscriptions.map((subscription) =>
    line(pairText(subscription.pair), typeOf(subscription), discordTime(subscription.subscribedAt, "R")),
  );
  return fitCard({
    embeds: [
      {
        title: title(subscriptions.length),
        description: joinWithin(lines, messageLimits.description, texts.more),
      },
    ],
  });
}

/** The option typed out when the pair can stand in a code span. */
export const howToStop = (pair: string): string =>
  isPair(pair) ? texts.subscription.stopPair(pair) : texts.subscription.stopAny;

const typeOf = ({ signalType }: SubscriptionView): string =>
  wordFor(texts.subscription.types, signalType) ?? texts.notKnown;
