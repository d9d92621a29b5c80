import { type CommandInput, type OptionValue, Refusal } from "../interactions/index.ts";
import { texts } from "../presentation/texts.ts";

/**
 * Options as they were typed. Discord's client checks them, and nobody else does (`discord-facts.md` 5), so every reader
 * here checks again and throws a {@link Refusal} that says what is accepted.
 */
export function textOption(input: CommandInput, name: string): string | undefined {
  const value = optionOf(input, name);
  if (value === undefined || typeof value === "string") return value;
  throw new Refusal(texts.input.text(name));
}

/** `refuse` words what is accepted; it gets what was given when that was a number at all. */
export function numberOption(
  input: CommandInput,
  name: string,
  accepts: (given: number) => boolean,
  refuse: (given: number | undefined) => string,
): number | undefined {
  const value = optionOf(input, name);
  if (value === undefined) return undefined;
  if (typeof value !== "number") throw new Refusal(refuse(undefined));
  if (!Number.isFinite(value) || !accepts(value)) throw new Refusal(refuse(value));
  return value;
}

export function flagOption(input: CommandInput, name: string): boolean | undefined {
  const value = optionOf(input, name);
  if (value === undefined || typeof value === "boolean") return value;
  throw new Refusal(texts.input.flag(name));
}

/** One of the accepted words, exactly. */
export function choiceOption<Word extends string>(
  input: CommandInput,
  name: string,
  accepted: readonly [Word, ...Word[]],
): Word | undefined {
  const value = optionOf(input, name);
  if (value === undefined) return undefined;
  const word = accepted.find((candidate) => candidate === value);
  if (word !== undefined) return word;
  throw new Refusal(texts.input.oneOf(name, accepted.join(", "), accepted[0]));
}

function optionOf({ options }: CommandInput, name: string): OptionValue | undefined {
  return Object.hasOwn(options, name) ? options[name] : undefined;
}
