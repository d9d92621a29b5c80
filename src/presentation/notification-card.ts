import type { APIEmbed } from "discord-api-types/v10";
import { field, optionalField } from "./embed-fields.ts";
import { dateAndAge, discordTime, formatFraction, formatPrice, formatWait } from "./format.ts";
import { type Card, fitCard } from "./limits.ts";
import { notificationRows } from "./notification-buttons.ts";
import { directionColours, priceFields, riskWarningField, signalSentence, signalTitle } from "./signal-parts.ts";
import type { SignalView } from "./signal-view.ts";
import { texts } from "./texts.ts";
import { outsideText, pairText } from "./words.ts";

export interface NotificationView {
  /** One or several, at most {@link signalsPerMessage}. */
  readonly items: readonly NotifiedSignal[];
  /** Names the message in the custom ids of everything below it: 16 characters of base64url. */
  readonly deliveryKey: string;
  /** It takes the place of an earlier text of the same message. */
  readonly edited?: boolean | undefined;
  /** When it is sent: without it, nothing is said of a message that had to wait. */
  readonly sentAt?: Date | undefined;
}

export interface NotifiedSignal {
  readonly signal: SignalView;
  /** When the backend published it; used when the signal itself carries no time. */
  readonly publishedAt?: Date | undefined;
  /** What the person was told last of the same pair and timeframe. */
  readonly previous?: PreviousSignal | undefined;
}

export interface PreviousSignal {
  readonly direction: SignalView["direction"];
  /** As the backend said it. Untrusted text. */
  readonly word: string;
  readonly at?: Date | undefined;
}

/** So many have room in one message with everything that is said of each. */
export const signalsPerMessage = 10;

/** A message that comes later than this after its signal was published has waited for something, ms. */
const lateAfterMs = 5 * 60_000;

/**
 * The direct message for the signals addressed to a person. The content is what a phone shows before it is opened; age is
 * told by Discord's timestamps, so it stays true however late the message is read.
 */
export function notificationCard(view: NotificationView): Card {
  const items = view.items.slice(0, signalsPerMessage);
  const [item, ...more] = items;
  const single = item !== undefined && more.length === 0 && view.items.length === 1;
  return fitCard({
    content: contentOf(view),
    embeds: single ? [wholeEmbed(item, view)] : compactEmbeds(items, view),
    components: notificationRows(
      items.map(({ signal }) => signal),
      view.deliveryKey,
    ),
  });
}

function contentOf({ items, edited }: NotificationView): string {
  const { several, updated } = texts.notification;
  const headlines = items.slice(0, signalsPerMessage).map(headlineOf);
  const said =
    items.length === 1
      ? headlines.join("")
      : several(items.length, [...headlines, ...leftOut(items.length - headlines.length)]);
  return edited === true ? updated(said) : said;
}

const leftOut = (count: number): string[] => (count > 0 ? [texts.more(count)] : []);

/** "Buy EUR/USD at 1.0853 (was Sell)". */
export function headlineOf({ signal, previous }: NotifiedSignal): string {
  const { headline, was } = texts.notification;
  const now = headline(
    texts.signal.title[signal.direction],
    pairText(signal.pair),
    formatPrice(signal.pair, signal.entryPrice),
  );
  return previous === undefined || isSame(signal, previous) ? now : was(now, wordOf(previous));
}

function wholeEmbed(item: NotifiedSignal, view: NotificationView): APIEmbed {
  const { signal } = item;
  const { when, late } = texts.notification;
  return {
    title: signalTitle(signal),
    description: [changeOf(item), signalSentence(signal)].filter(Boolean).join("\n"),
    color: directionColours[signal.direction],
    fields: [
      ...priceFields(signal),
      field(texts.signal.fields.confidence, formatFraction(signal.confidence) ?? texts.notGiven),
      field(when, ageOf(item) ?? texts.notification.ageUnknown, false),
      ...optionalField(late, latenessOf(item, view), false),
      riskWarningField(signal),
    ],
  };
}

/** One for each signal; the warning, in the bot's own words because a footer knows no escapes, once below all. */
const compactEmbeds = (items: readonly NotifiedSignal[], view: NotificationView): APIEmbed[] =>
  items.map((item, index) => ({
    title: signalTitle(item.signal),
    description: [
      changeOf(item),
      signalSentence(item.signal),
      figuresOf(item.signal),
      ageOf(item) ?? texts.notification.ageUnknown,
      latenessOf(item, view),
    ]
      .filter(Boolean)
      .join("\n"),
    color: directionColours[item.signal.direction],
    ...(index === items.length - 1 ? { footer: { text: texts.signal.riskWarning } } : {}),
  }));

/** What is new about it; nothing when the person was told nothing before. */
export function changeOf({ signal, previous }: NotifiedSignal): string | undefined {
  if (previous === undefined) return undefined;
  const { changed, still } = texts.notification;
  const at = discordTime(previous.at, "R");
  return isSame(signal, previous) ? still(wordOf(signal), at) : changed(wordOf(previous), at, wordOf(signal));
}

function figuresOf(signal: SignalView): string {
  const { entry, stopLoss, takeProfit } = texts.position;
  const price = (value: number | undefined): string => formatPrice(signal.pair, value) ?? texts.notGiven;
  const figures = [entry(price(signal.entryPrice))];
  if (signal.direction !== "hold" || signal.stopLoss !== undefined) figures.push(stopLoss(price(signal.stopLoss)));
  if (signal.direction !== "hold" || signal.takeProfit !== undefined)
    figures.push(takeProfit(price(signal.takeProfit)));
  return figures.join(", ");
}

const madeAt = ({ signal, publishedAt }: NotifiedSignal): Date | undefined =>
  [signal.computedAt, publishedAt].find((date) => discordTime(date, "R") !== undefined);

const ageOf = (item: NotifiedSignal): string | undefined => dateAndAge(madeAt(item));

/** Counted from its publication: what the backend did before that is not the message's waiting. */
function latenessOf({ signal, publishedAt }: NotifiedSignal, { sentAt }: NotificationView): string | undefined {
  const since = publishedAt ?? signal.computedAt;
  if (sentAt === undefined || since === undefined) return undefined;
  const waitedMs = sentAt.getTime() - since.getTime();
  return waitedMs >= lateAfterMs ? texts.notification.waited(formatWait(waitedMs)) : undefined;
}

const isSame = (signal: SignalView, previous: PreviousSignal): boolean => wordOf(signal) === wordOf(previous);

/** "Buy", or the backend's own word when the bot knows none. */
const wordOf = ({ direction, word }: Pick<SignalView, "direction" | "word">): string =>
  (direction === "other" ? outsideText(word, 40) : undefined) ?? texts.signal.title[direction];
