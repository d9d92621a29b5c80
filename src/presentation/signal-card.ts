import { field, optionalField } from "./embed-fields.ts";
import { dateAndAge, discordTime, formatFraction, formatQuantity } from "./format.ts";
import { type Card, fitCard, joinWithin, messageLimits } from "./limits.ts";
import { directionColours, priceFields, riskWarningField, signalSentence, signalTitle } from "./signal-parts.ts";
import type { IndicatorView, SignalView } from "./signal-view.ts";
import { texts } from "./texts.ts";
import { outsideText, wordFor } from "./words.ts";

/** Why a signal is no newer, and from when it is. */
export interface Outdated {
  readonly saidAt: Date;
  readonly why: keyof typeof texts.signal.outdated;
}

/** The answer to `/signal`. */
export function signalCard(signal: SignalView, outdated?: Outdated): Card {
  const { fields: names, strength, market } = texts.signal;
  return fitCard({
    embeds: [
      {
        title: signalTitle(signal),
        description: [signalSentence(signal), ...outdatedSentence(outdated)].join("\n"),
        color: directionColours[signal.direction],
        fields: [
          field(names.direction, directionOf(signal)),
          field(names.strength, wordFor(strength, signal.strength) ?? texts.notGiven),
          field(names.confidence, formatFraction(signal.confidence) ?? texts.notGiven),
          ...priceFields(signal),
          ...optionalField(names.market, wordFor(market, signal.marketCondition)),
          ...optionalField(names.sentiment, sentimentOf(signal)),
          ...optionalField(names.period, periodOf(signal)),
          ...optionalField(names.indicators, indicatorsOf(signal), false),
          ...optionalField(names.source, wordFor(texts.signal.source, signal.source), false),
          ...optionalField(names.computedAt, dateAndAge(signal.computedAt)),
          ...optionalField(names.expiresAt, discordTime(signal.expiresAt, "f")),
          riskWarningField(signal),
        ],
      },
    ],
  });
}

function outdatedSentence(outdated: Outdated | undefined): string[] {
  const age = discordTime(outdated?.saidAt, "R");
  return outdated === undefined || age === undefined ? [] : [texts.signal.outdated[outdated.why](age)];
}

function directionOf(signal: SignalView): string {
  if (signal.direction !== "other") return texts.signal.title[signal.direction];
  return outsideText(signal.word, 40) ?? texts.notGiven;
}

function sentimentOf({ sentiment }: SignalView): string | undefined {
  const word = wordFor(texts.signal.mood, sentiment.word);
  const score = formatQuantity(sentiment.score);
  if (score === undefined) return word;
  return word === undefined ? texts.signal.score(score) : `${word} (${texts.signal.score(score)})`;
}

function periodOf({ period }: SignalView): string | undefined {
  const parts = [outsideText(period?.name, 60), outsideText(period?.holdingPeriod, 60)];
  return textOf(parts, ", ");
}

function indicatorsOf({ indicators }: SignalView): string | undefined {
  const lines = indicators.map(indicatorLine).filter((line) => line !== undefined);
  const text = joinWithin(lines, messageLimits.fieldValue, texts.more);
  return text === "" ? undefined : text;
}

/** "SMA 20: 1.08134 (neutral)"; an indicator that says nothing is not shown. */
function indicatorLine(indicator: IndicatorView): string | undefined {
  const name = outsideText(indicator.name.toUpperCase(), 30);
  const value = formatQuantity(indicator.value);
  const reading = outsideText(indicator.reading, 30);
  if (name === undefined || (value === undefined && reading === undefined)) return undefined;
  const subject = textOf([name, formatQuantity(indicator.period)], " ");
  return `${subject}: ${textOf([value, reading === undefined || value === undefined ? reading : `(${reading})`], " ")}`;
}

function textOf(parts: readonly (string | undefined)[], separator: string): string | undefined {
  const present = parts.filter((part) => part !== undefined);
  return present.length === 0 ? undefined : present.join(separator);
}
