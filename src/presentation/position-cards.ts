import type { APIEmbedField } from "discord-api-types/v10";
import { field, optionalField } from "./embed-fields.ts";
import { codeText, escapeText, plainText } from "./escape.ts";
import { discordTime, formatPrice, formatSigned, formatSize, utcMinute } from "./format.ts";
import { type Card, fitCard } from "./limits.ts";
import { texts } from "./texts.ts";
import { outsideText, pairText } from "./words.ts";

export interface PositionView {
  readonly id: string;
  readonly pair: string;
  readonly action: "buy" | "sell";
  readonly entryPrice: number;
  readonly stopLoss?: number | undefined;
  readonly takeProfit?: number | undefined;
  /** In units of the pair's first currency. */
  readonly size?: number | undefined;
  readonly notes?: string | undefined;
  readonly openedAt?: Date | undefined;
}

export interface ResultView {
  /** In the quote currency; absent when the size is not known. */
  readonly amount?: number | undefined;
  readonly currency: string;
  /** Of the entry price: 0.5 is half a percent. */
  readonly percent: number;
  readonly pips: number;
}

/** So many have room in one message with everything they carry; more are found by pair. */
const listedAtOnce = 15;

export function positionOpenedCard(position: PositionView): Card {
  const names = texts.position.fields;
  return fitCard({
    embeds: [
      {
        title: texts.position.opened(nameOf(position)),
        fields: [
          field(names.entry, priceOf(position, position.entryPrice)),
          ...optionalField(names.size, formatSize(position.size)),
          field(names.stopLoss, priceOf(position, position.stopLoss)),
          field(names.takeProfit, priceOf(position, position.takeProfit)),
          ...optionalField(names.notes, outsideText(position.notes, 250), false),
          field(names.id, texts.position.howToClose(codeText(position.id)), false),
        ],
      },
    ],
  });
}

/** Newest first, as they come; `pair` when only those of one pair were asked for. */
export function positionListCard(positions: readonly PositionView[], pair: string | undefined): Card {
  const { none, noneInPair, listTitle, listOfPair, newestOnly } = texts.position;
  const shownPair = pair === undefined ? undefined : pairText(pair);
  if (positions.length === 0) return { content: shownPair === undefined ? none : noneInPair(shownPair) };
  const title = listTitle(positions.length);
  return fitCard({
    embeds: [
      {
        title: shownPair === undefined ? title : listOfPair(title, shownPair),
        ...(positions.length > listedAtOnce ? { description: newestOnly(listedAtOnce, positions.length) } : {}),
        fields: positions.slice(0, listedAtOnce).map(listField),
      },
    ],
  });
}

export function positionClosedCard(position: PositionView, exitPrice: number, result: ResultView): Card {
  const names = texts.position.fields;
  return fitCard({
    embeds: [
      {
        title: texts.position.closed(nameOf(position)),
        description: resultHeadline(result),
        fields: [
          field(names.entry, priceOf(position, position.entryPrice)),
          field(names.exit, priceOf(position, exitPrice)),
          ...optionalField(names.size, formatSize(position.size)),
          field(names.result, resultFigures(result), false),
        ],
      },
    ],
  });
}

/** The suggestion for one position: plain text, since autocomplete knows no markdown and no timestamps. */
export function positionLabel(position: PositionView): string {
  const { pair, entryPrice, size, openedAt } = position;
  const entry = formatPrice(pair, entryPrice) ?? texts.notKnown;
  const what = `${texts.position[position.action]} ${plainText(pair, 20)}`;
  return plainText(texts.position.label(what, entry, formatSize(size), utcMinute(openedAt)), 100);
}

function listField(position: PositionView): APIEmbedField {
  const { entry, size, stopLoss, takeProfit, openedAt } = texts.position;
  const { pair } = position;
  const figures = [
    entry(priceOf(position, position.entryPrice)),
    said(size, formatSize(position.size)),
    said(stopLoss, formatPrice(pair, position.stopLoss)),
    said(takeProfit, formatPrice(pair, position.takeProfit)),
  ];
  const lines = [
    figures.filter((figure) => figure !== undefined).join(", "),
    said(openedAt, discordTime(position.openedAt, "R")),
    outsideText(position.notes, 60),
    codeText(position.id),
  ];
  return field(nameOf(position), lines.filter(Boolean).join("\n"), false);
}

function resultHeadline({ amount, currency, pips }: ResultView): string {
  const { profit, loss, even, sizeUnknown } = texts.position;
  const figure = amount === undefined ? texts.position.pips(figureOf(pips, 1)) : money(amount, currency);
  const direction = amount ?? pips;
  const headline = direction > 0 ? profit(figure) : direction < 0 ? loss(figure) : even;
  return amount === undefined ? `${headline}\n${sizeUnknown}` : headline;
}

function resultFigures({ amount, currency, percent, pips }: ResultView): string {
  return [
    ...(amount === undefined ? [] : [money(amount, currency)]),
    texts.position.percent(figureOf(percent, 2)),
    texts.position.pips(figureOf(pips, 1)),
  ].join(", ");
}

const money = (amount: number, currency: string): string => `${figureOf(amount, 2)} ${escapeText(currency, 10)}`.trim();

const figureOf = (value: number, decimals: number): string => formatSigned(value, decimals) ?? texts.notKnown;

const nameOf = ({ action, pair }: PositionView): string => `${texts.position[action]} ${pairText(pair)}`;

const priceOf = ({ pair }: PositionView, price: number | undefined): string =>
  formatPrice(pair, price) ?? texts.notGiven;

const said = (sentence: (value: string) => string, value: string | undefined): string | undefined =>
  value === undefined ? undefined : sentence(value);
