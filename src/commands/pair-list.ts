import { type CommandInput, Refusal } from "../interactions/index.ts";
import { escapeText } from "../presentation/escape.ts";
import { texts } from "../presentation/texts.ts";
import { textOption } from "./options.ts";
import { normalisePair } from "./pair.ts";

/** Each may cost a request of the hundred in a quarter of an hour that all people share (`backend-contract.md` 1.3). */
export const mostPairs = 30;

/** Room for as many, written widely. */
export const longestPairList = 400;

/** Of what cannot be read, as much as a sentence is not lost in. */
const mostNamed = 5;

/**
 * Pairs separated by commas or spaces, each written any usual way; undefined when there are none.
 *
 * @throws {@link Refusal} that names what is no pair
 */
export function pairListOption(input: CommandInput, name: string): readonly string[] | undefined {
  const typed = textOption(input, name);
  if (typed === undefined || typed.trim() === "") return undefined;
  const { pairs, unreadable } = readPairs(typed.slice(0, longestPairList));
  if (unreadable.length > 0) {
    const named = unreadable.slice(0, mostNamed).map((word) => escapeText(word, 20));
    throw new Refusal(texts.input.pairs(named, unreadable.length - named.length));
  }
  if (pairs.length === 0) throw new Refusal(texts.input.noPairs);
  if (pairs.length > mostPairs) throw new Refusal(texts.input.tooManyPairs(mostPairs, pairs.length));
  return pairs;
}

interface PairList {
  /** Each once, in the order of writing. */
  readonly pairs: readonly string[];
  readonly unreadable: readonly string[];
}

/** A space may stand between two pairs, inside one (`eur usd`), or beside its stroke (`EUR / USD`). */
export function readPairs(typed: string): PairList {
  const words = typed
    .normalize("NFKC")
    .replace(/\s*([/\\|_.:-])\s*/g, "$1")
    .split(/[\s,;\u3001]+/)
    .filter((word) => word !== "");
  const pairs = new Set<string>();
  const unreadable: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const [word = "", next = ""] = words.slice(index, index + 2);
    const halves = isCurrency(word) && isCurrency(next);
    const pair = normalisePair(halves ? `${word}/${next}` : word);
    if (pair === undefined) unreadable.push(halves ? `${word} ${next}` : word);
    else pairs.add(pair);
    if (halves) index += 1;
  }
  return { pairs: [...pairs], unreadable };
}

const isCurrency = (word: string): boolean => /^[A-Za-z]{3}$/.test(word);
