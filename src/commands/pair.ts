import { type APIApplicationCommandBasicOption, ApplicationCommandOptionType } from "discord-api-types/v10";
import { type Choice, type CommandInput, Refusal } from "../interactions/index.ts";
import { escapeText } from "../presentation/escape.ts";
import { texts } from "../presentation/texts.ts";
import { textOption } from "./options.ts";
import { choicesFrom } from "./suggestions.ts";

/** The option of every command that is about a pair; what is typed may be written in any usual way. */
export const pairDefinition = (description: string, required: boolean): APIApplicationCommandBasicOption => ({
  type: ApplicationCommandOptionType.String,
  name: "pair",
  description,
  required,
  autocomplete: true,
  max_length: 20,
});

/**
 * `EUR/USD` from any usual way of writing it (`eurusd`, `eur-usd`, `EUR / USD`), the only form the backend accepts
 * (`backend-contract.md` 2.2); `undefined` when it is no pair.
 */
export function normalisePair(typed: string): string | undefined {
  // Checked as ASCII before changing case: some other letters become ASCII when upper-cased.
  const match = /^([A-Za-z]{3})[\s/\\|_.:,-]{0,5}([A-Za-z]{3})$/.exec(typed.normalize("NFKC").trim());
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const [base, quote] = [match[1].toUpperCase(), match[2].toUpperCase()];
  return base === quote ? undefined : `${base}/${quote}`;
}

/** @throws {@link Refusal} when what was typed is no pair. */
export function pairOption(input: CommandInput): string | undefined {
  const typed = textOption(input, "pair");
  if (typed === undefined) return undefined;
  const pair = normalisePair(typed);
  if (pair === undefined) throw new Refusal(texts.input.pair(escapeText(typed, 40)));
  return pair;
}

/** @throws {@link Refusal} also when there is none. */
export function requiredPair(input: CommandInput): string {
  const pair = pairOption(input);
  if (pair === undefined) throw new Refusal(texts.input.pairMissing);
  return pair;
}

/** The pairs that what was typed so far may mean; those that begin with it come first. */
export function suggestPairs(pairs: readonly string[], typed: string): readonly Choice[] {
  const wanted = lettersOf(typed);
  const beginning = pairs.filter((pair) => lettersOf(pair).startsWith(wanted));
  const containing = pairs.filter((pair) => !beginning.includes(pair) && lettersOf(pair).includes(wanted));
  return choicesFrom([...beginning, ...containing].map((pair) => ({ name: pair, value: pair })));
}

const lettersOf = (text: string): string =>
  text
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[^A-Z]/g, "");
