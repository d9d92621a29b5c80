import { field } from "./embed-fields.ts";
import { dateAndAge, formatFraction, formatPrice } from "./format.ts";
import { type Card, fitCard } from "./limits.ts";
import { directionColours, priceFields, riskWarningField, signalSentence, signalTitle } from "./signal-parts.ts";
import type { SignalView } from "./signal-view.ts";
import { howToStop } from "./subscription-cards.ts";
import { texts } from "./texts.ts";
import { pairText } from "./words.ts";

export interface NotificationView {
  readonly signal: SignalView;
  /** When the backend published it; used when the signal itself carries no time. */
  readonly publishedAt?: Date | undefined;
}

/**
 * The direct message for a signal addressed to a person. The content is what a phone shows before it is opened; age is
 * told by Discord's timestamps, so it stays true however late the message is read.
 */
export function notificationCard({ signal, publishedAt }: NotificationView): Card {
  const names = texts.signal.fields;
  return fitCard({
    content: texts.notification.headline(
      texts.signal.title[signal.direction],
      pairText(signal.pair),
      formatPrice(signal.pair, signal.entryPrice),
    ),
    embeds: [
      {
        title: signalTitle(signal),
        description: signalSentence(signal),
        color: directionColours[signal.direction],
        fields: [
          ...priceFields(signal),
          field(names.confidence, formatFraction(signal.confidence) ?? texts.notGiven),
          field(
            texts.notification.when,
            dateAndAge(signal.computedAt) ?? dateAndAge(publishedAt) ?? texts.notification.ageUnknown,
            false,
          ),
          field(texts.notification.howToStop, howToStop(signal.pair), false),
          riskWarningField(signal),
        ],
      },
    ],
  });
}
