import { type Answer, type ModalSubmitContext, type OptionValue, Refusal } from "../interactions/index.ts";
import { readOffer } from "../presentation/notification-ids.ts";
import { texts } from "../presentation/texts.ts";
import type { Opening } from "./open-position.ts";

/** What was entered, without discord.js's own object. */
export type FormRequest = Omit<ModalSubmitContext, "interaction" | "show">;

/** The form behind "Open position", sent in. */
export interface PositionForm {
  readonly name: "openPosition";
  readonly visibility: "private";
  execute(request: FormRequest): Promise<Answer>;
  /** After its process died: finds out what became of it, and opens nothing. */
  recover(request: FormRequest): Promise<Answer>;
}

export const createPositionForm = ({ open, lookForOpened }: Opening): PositionForm => ({
  name: "openPosition",
  visibility: "private",
  execute: async (request) => open(commandOf(request)),
  recover: async (request) => lookForOpened(commandOf(request)),
});

const commandOf = ({ person, signal, usedAt, argument, fields }: FormRequest) => ({
  ...{ person, signal, usedAt },
  options: optionsOf(argument, fields),
});

/**
 * The form's fields as the options of `/position open`, which are checked in one place for both.
 *
 * @throws Refusal when the custom id says neither which pair nor which way
 */
export function optionsOf(
  argument: string,
  fields: Readonly<Record<string, string>>,
): Readonly<Record<string, OptionValue>> {
  const offer = readOffer(argument);
  if (offer === undefined) throw new Refusal(texts.notification.unusable);
  const options: Record<string, OptionValue> = { pair: offer.pair, action: offer.action };
  for (const [name, read] of numbers) {
    const typed = fieldOf(fields, name);
    if (typed !== "") options[name] = read(typed);
  }
  const notes = fieldOf(fields, "notes");
  if (notes !== "") options.notes = notes;
  return options;
}

const fieldOf = (fields: Readonly<Record<string, string>>, name: string): string =>
  Object.hasOwn(fields, name) ? (fields[name] ?? "").normalize("NFKC").trim() : "";

/**
 * A price as people type it: `1.0853`, `1,0853`, `1,234,567.5`. Not a number where a comma may stand for either, as in
 * `149,320`: a price that is a thousand times another is not to be guessed.
 */
export function readPrice(typed: string): number {
  const text = withoutSpaces(typed);
  if (/^[+-]?\d{1,3}(?:,\d{3})+\.\d+$|^[+-]?\d{1,3}(?:,\d{3}){2,}$/.test(text)) return Number(text.replaceAll(",", ""));
  if (/^[+-]?[1-9]\d{0,2},\d{3}$/.test(text)) return Number.NaN;
  return /^[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)$/.test(text) ? Number(text.replace(",", ".")) : Number.NaN;
}

/** The same, but for `1,500`, which is how the bot itself writes sizes. */
export function readSize(typed: string): number {
  const text = withoutSpaces(typed);
  return /^[+-]?[1-9]\d{0,2},\d{3}$/.test(text) ? Number(text.replace(",", "")) : readPrice(text);
}

const withoutSpaces = (typed: string): string => typed.replace(/(?<=\d)[\s'_](?=\d)/g, "");

const numbers = [
  ["entry_price", readPrice],
  ["size", readSize],
  ["stop_loss", readPrice],
  ["take_profit", readPrice],
] as const;
