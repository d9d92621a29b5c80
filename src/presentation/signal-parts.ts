import type { APIEmbedField } from "discord-api-types/v10";
import { field, optionalField } from "./embed-fields.ts";
import { formatFraction, formatPrice, formatQuantity } from "./format.ts";
import type { SignalView } from "./signal-view.ts";
import { texts } from "./texts.ts";
import { outsideText, pairText, wordFor } from "./words.ts";

/** Never the only sign: title and sentence say the same in words. */
export const directionColours = { buy: 0x2e7d32, sell: 0xc62828, hold: 0x757575, other: 0x546e7a } as const;

/** "Buy EUR/USD (1h)". */
export function signalTitle(signal: Pick<SignalView, "direction" | "pair" | "timeframe">): string {
  const subject = `${texts.signal.title[signal.direction]} ${pairText(signal.pair)}`;
  const timeframe = outsideText(signal.timeframe, 20);
  return timeframe === undefined ? subject : `${subject} (${timeframe})`;
}

/** "A strong signal to **buy**; confidence 82 %." */
export function signalSentence(signal: SignalView): string {
  const sentence = adviceOf(signal);
  const confidence = formatFraction(signal.confidence);
  return confidence === undefined
    ? texts.signal.withoutConfidence(sentence)
    : texts.signal.withConfidence(sentence, confidence);
}

/** Entry, stop, target. Who is told to wait needs no word on stops that do not exist; who is told to trade does. */
export function priceFields(signal: SignalView): APIEmbedField[] {
  const names = texts.signal.fields;
  const missing = signal.direction === "hold" ? undefined : texts.notGiven;
  const ratio = formatQuantity(signal.riskRewardRatio);
  return [
    field(names.entry, formatPrice(signal.pair, signal.entryPrice) ?? texts.notGiven),
    ...optionalField(names.stopLoss, formatPrice(signal.pair, signal.stopLoss) ?? missing),
    ...optionalField(names.takeProfit, formatPrice(signal.pair, signal.takeProfit) ?? missing),
    ...optionalField(names.riskReward, ratio === undefined ? undefined : texts.signal.riskReward(ratio)),
  ];
}

export function riskWarningField(signal: SignalView): APIEmbedField {
  return field(
    texts.signal.fields.riskWarning,
    outsideText(signal.riskWarning, 300) ?? texts.signal.riskWarning,
    false,
  );
}

function adviceOf(signal: SignalView): string {
  if (signal.direction !== "other") {
    return texts.signal.advice[signal.direction](wordFor(texts.signal.strength, signal.strength) ?? "");
  }
  const word = outsideText(signal.word, 40);
  return word === undefined ? texts.signal.noWord : texts.signal.unknownWord(word);
}
