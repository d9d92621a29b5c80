import { escapeText, plainText } from "./escape.ts";
import { texts } from "./texts.ts";

/** A known word in our words, a new one as it came, nothing when there is none (`backend-contract.md` 2.2: open vocabulary). */
export function wordFor(known: Readonly<Record<string, string>>, word: string | undefined): string | undefined {
  if (word === undefined) return undefined;
  const key = word.trim().toLowerCase();
  const ours = Object.hasOwn(known, key) ? known[key] : undefined;
  return ours ?? outsideText(word.replaceAll("_", " "), 40);
}

/** Text from outside, or nothing when it is empty or the written form of a missing value. */
export const outsideText = (text: string | undefined, maxCharacters: number): string | undefined =>
  isMissing(text, maxCharacters) ? undefined : escapeText(text ?? "", maxCharacters);

/** The same for places without markdown: labels of buttons and options. */
export const plainOutsideText = (text: string | undefined, maxCharacters: number): string | undefined =>
  isMissing(text, maxCharacters) ? undefined : plainText(text ?? "", maxCharacters);

const isMissing = (text: string | undefined, maxCharacters: number): boolean =>
  /^(?:null|undefined|nan)?$/i.test(plainText(text ?? "", maxCharacters));

/** A pair that may be anything: only what people type is known to be one. */
export const pairText = (pair: string): string => outsideText(pair, 20) ?? texts.unknownPair;
