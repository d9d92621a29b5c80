import { discordTime, formatFraction, formatPrice } from "./format.ts";
import { type Card, fitCard, joinWithin, messageLimits } from "./limits.ts";
import { signalTitle } from "./signal-parts.ts";
import type { SignalView } from "./signal-view.ts";
import { texts } from "./texts.ts";
import { pairText } from "./words.ts";

/** A message that a person got; times in ms since the epoch. */
export interface SentMessageView {
  readonly sentAtMs: number;
  readonly editedAtMs: number | undefined;
  readonly signals: readonly SentSignalView[];
}

export type SentSignalView = Pick<
  SignalView,
  "pair" | "timeframe" | "direction" | "confidence" | "entryPrice" | "stopLoss" | "takeProfit"
>;

/** Newest first, as they come; `pair` when only what was sent for one was asked for. */
export function historyCard(messages: readonly SentMessageView[], pair: string | undefined): Card {
  const { title, titleOfPair, none, noneOfPair } = texts.history;
  const shownPair = pair === undefined ? undefined : pairText(pair);
  const shown = messages
    .map((message) => ({
      ...message,
      signals: message.signals.filter((one) => pair === undefined || one.pair === pair),
    }))
    .filter(({ signals }) => signals.length > 0);
  if (shown.length === 0) return fitCard({ content: shownPair === undefined ? none : noneOfPair(shownPair) });
  return fitCard({
    embeds: [
      {
        title: shownPair === undefined ? title : titleOfPair(shownPair),
        description: joinWithin(shown.map(messageText), messageLimits.description, texts.more),
      },
    ],
  });
}

function messageText({ sentAtMs, editedAtMs, signals }: SentMessageView): string {
  const sent = discordTime(new Date(sentAtMs), "f") ?? texts.notKnown;
  const edited = editedAtMs === undefined ? undefined : discordTime(new Date(editedAtMs), "R");
  return [texts.history.sent(sent, edited), ...signals.map(signalText)].join("\n");
}

function signalText(signal: SentSignalView): string {
  const { at, stop, target, confidence } = texts.history;
  const said = (sentence: (value: string) => string, value: string | undefined): string[] =>
    value === undefined ? [] : [sentence(value)];
  const price = (value: number | undefined) => formatPrice(signal.pair, value);
  const entry = price(signal.entryPrice);
  const what = `**${signalTitle(signal)}**`;
  return texts.history.signal(entry === undefined ? what : at(what, entry), [
    ...said(stop, price(signal.stopLoss)),
    ...said(target, price(signal.takeProfit)),
    ...said(confidence, formatFraction(signal.confidence)),
  ]);
}
