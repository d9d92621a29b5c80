import { field, optionalField } from "./embed-fields.ts";
import { formatFraction } from "./format.ts";
import { type Card, fitCard, messageLimits } from "./limits.ts";
import { changeOf, headlineOf, type PreviousSignal } from "./notification-card.ts";
import { directionColours, priceFields, riskWarningField, signalSentence, signalTitle } from "./signal-parts.ts";
import type { SignalView } from "./signal-view.ts";
import { texts } from "./texts.ts";
import { wordFor } from "./words.ts";

export interface SignalChangeView {
  readonly signal: SignalView;
  /** Absent when there was none before. */
  readonly previous?: PreviousSignal | undefined;
  /** Discord snowflakes of whoever follows it. */
  readonly subscribers: readonly string[];
  /** Names the message: 16 characters of base64url. */
  readonly deliveryKey: string;
}

/** `allowed_mentions` takes so many (`discord-facts.md` 5). */
const mostMentions = 100;

/** One message for everybody who follows the pair. Only who is in `mentioned` may be pinged by it. */
export function signalChangeCard(view: SignalChangeView): {
  readonly card: Card;
  readonly mentioned: readonly string[];
} {
  const { signal, subscribers, deliveryKey } = view;
  const headline = headlineOf(view);
  const { text, mentioned } = mentions(subscribers, messageLimits.content - headline.length - 1);
  const card = fitCard({
    content: [headline, text].filter((line) => line !== "").join("\n"),
    embeds: [
      {
        title: signalTitle(signal),
        description: [changeOf(view), signalSentence(signal)].filter(Boolean).join("\n"),
        color: directionColours[signal.direction],
        fields: [
          ...priceFields(signal),
          field(texts.signal.fields.confidence, formatFraction(signal.confidence) ?? texts.notGiven),
          ...optionalField(texts.signal.fields.market, wordFor(texts.signal.market, signal.marketCondition)),
          riskWarningField(signal),
        ],
        footer: { text: texts.signalChange.reference(deliveryKey) },
      },
    ],
  });
  return { card, mentioned };
}

/** As many as fit, whole; of the others, how many they are. */
function mentions(
  ids: readonly string[],
  maxLength: number,
): { readonly text: string; readonly mentioned: readonly string[] } {
  const textOf = (count: number): string =>
    [
      ...ids.slice(0, count).map((id) => `<@${id}>`),
      ...(count < ids.length ? [texts.signalChange.andMore(ids.length - count)] : []),
    ].join(" ");
  let count = Math.min(ids.length, mostMentions);
  while (count > 0 && textOf(count).length > maxLength) count -= 1;
  return { text: textOf(count), mentioned: ids.slice(0, count) };
}
