import { type CommandInput, Refusal } from "../interactions/index.ts";
import { texts } from "../presentation/texts.ts";
import { textOption } from "./options.ts";

/**
 * Minutes after midnight, from any usual way of writing a time of day: `22:00`, `7`, `7.30`, `2230`, `10pm`.
 *
 * @throws Refusal when it is none, or when there is none
 */
export function timeOption(input: CommandInput, name: string, example: string): number {
  const minute = readTime(textOption(input, name) ?? "");
  if (minute === undefined) throw new Refusal(texts.rules.time(name, example));
  return minute;
}

function readTime(typed: string): number | undefined {
  const match = /^(\d{1,2})(?:[:.h]?(\d{2}))?\s*(?:([ap])\.?m\.?)?$/i.exec(typed.normalize("NFKC").trim());
  if (match === null) return undefined;
  const [, hours, minutes = "0", half] = match;
  const hour = half === undefined ? Number(hours) : hourOfHalf(Number(hours), half.toLowerCase() === "p");
  // The end of the day is midnight too.
  const minute = hour * 60 + Number(minutes);
  return Number(minutes) < 60 && minute <= dayMinutes ? minute % dayMinutes : undefined;
}

const dayMinutes = 24 * 60;

/** 12 am is midnight, 12 pm noon; no other half has more than twelve hours. */
const hourOfHalf = (hour: number, afternoon: boolean): number =>
  hour < 1 || hour > 12 ? Number.POSITIVE_INFINITY : (hour % 12) + (afternoon ? 12 : 0);
