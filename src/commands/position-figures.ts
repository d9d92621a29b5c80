import type { NewPosition } from "../backend/backend.ts";
import { type CommandInput, Refusal } from "../interactions/index.ts";
import { formatPrice, formatSize, quoteCurrency } from "../presentation/format.ts";
import { texts } from "../presentation/texts.ts";
import { choiceOption, numberOption, textOption } from "./options.ts";
import { requiredPair } from "./pair.ts";

/** Stored with five decimals and below 100000 (`backend-contract.md` 2.5): a smaller price would become zero. */
export const lowestPrice = 0.00001;
export const highestPrice = 99_999.99999;

export const longestNotes = 200;

export const actions = ["buy", "sell"] as const;

/** @throws Refusal for the first figure that makes no sense, with an example made from what was given. */
export function newPosition(input: CommandInput): NewPosition {
  const pair = requiredPair(input);
  const action = required(choiceOption(input, "action", actions), texts.input.oneOf("action", "buy, sell", "buy"));
  const entryPrice = requiredPrice(input, "entry_price", pair);
  const size = required(
    numberOption(input, "size", (given) => given > 0, refuseSize),
    refuseSize(undefined),
  );
  const stopLoss = priceOption(input, "stop_loss", pair);
  const takeProfit = priceOption(input, "take_profit", pair);
  checkSides({ pair, action, entryPrice, stopLoss, takeProfit });
  return { pair, action, entryPrice, size, stopLoss, takeProfit, notes: notesOption(input) };
}

/** `pair` only chooses the example: the yen is counted in other sizes. */
export function requiredPrice(input: CommandInput, name: string, pair = ""): number {
  return required(priceOption(input, name, pair), refusePrice(name, pair, undefined));
}

function priceOption(input: CommandInput, name: string, pair: string): number | undefined {
  return numberOption(
    input,
    name,
    (given) => given >= lowestPrice && given <= highestPrice,
    (given) => refusePrice(name, pair, given),
  );
}

type Sides = Pick<NewPosition, "pair" | "action" | "entryPrice" | "stopLoss" | "takeProfit">;

/** A buy loses below its entry and gains above it, a sell the other way round. */
function checkSides({ pair, action, entryPrice, stopLoss, takeProfit }: Sides): void {
  const gainSide = action === "buy" ? 1 : -1;
  const refuse = (sentence: typeof texts.position.stopLossSide, examplePrice: number): Refusal =>
    new Refusal(sentence(action, priceText(pair, entryPrice), priceText(pair, examplePrice)));
  if (stopLoss !== undefined && (stopLoss - entryPrice) * gainSide >= 0) {
    throw refuse(texts.position.stopLossSide, entryPrice * (1 - gainSide * 0.005));
  }
  if (takeProfit !== undefined && (takeProfit - entryPrice) * gainSide <= 0) {
    throw refuse(texts.position.takeProfitSide, entryPrice * (1 + gainSide * 0.01));
  }
}

function notesOption(input: CommandInput): string | undefined {
  const notes = textOption(input, "notes")?.trim();
  const length = [...(notes ?? "")].length;
  if (length > longestNotes) throw new Refusal(texts.position.notesLength(longestNotes, length));
  return notes === "" ? undefined : notes;
}

function required<Value>(value: Value | undefined, sentence: string): Value {
  if (value === undefined) throw new Refusal(sentence);
  return value;
}

function refusePrice(name: string, pair: string, given: number | undefined): string {
  return texts.position.priceRange(
    name,
    String(lowestPrice),
    String(highestPrice),
    priceText(pair, likelyPrice(pair, given)),
  );
}

function refuseSize(given: number | undefined): string {
  const example = given !== undefined && Number.isFinite(given) && given !== 0 ? Math.abs(given) : 1000;
  return texts.position.sizeRange(formatSize(example) ?? "1,000");
}

/** The price that was probably meant: without the sign, and with the decimal point where such prices have it. */
function likelyPrice(pair: string, given: number | undefined): number {
  const usual = quoteCurrency(pair) === "JPY" ? 150 : 1.1;
  if (given === undefined || !Number.isFinite(given) || given === 0) return usual;
  let price = Math.abs(given);
  while (price >= usual * 5) price /= 10;
  while (price < usual / 5) price *= 10;
  return price;
}

const priceText = (pair: string, price: number): string => formatPrice(pair, price) ?? texts.notKnown;
