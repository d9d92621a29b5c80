import type { APIEmbedField } from "discord-api-types/v10";
import { field } from "./embed-fields.ts";
import { discordTime, formatFraction, formatPrice } from "./format.ts";
import { type Card, fitCard, joinWithin, messageLimits } from "./limits.ts";
import type { SignalView } from "./signal-view.ts";
import { texts } from "./texts.ts";
import { outsideText, pairText, wordFor } from "./words.ts";

export type ScannedSignalView = Pick<
  SignalView,
  "pair" | "direction" | "word" | "strength" | "confidence" | "entryPrice"
>;

/** What became of one pair. */
export type ScannedPair =
  /** `outdated`: it is from before the scan, and there is no newer one. */
  | {
      readonly kind: "new" | "outdated";
      readonly pair: string;
      readonly signal: ScannedSignalView;
      readonly saidAt: Date;
    }
  | { readonly kind: "noData"; readonly pair: string }
  /** `why` as the failures are named. */
  | { readonly kind: "failed"; readonly pair: string; readonly why: string };

export interface ScanProgressView {
  readonly timeframe: string;
  readonly done: number;
  readonly total: number;
  /** Nothing is asked before this. */
  readonly waitsUntil: Date | undefined;
}

/** Fits a line of a phone together with its words. */
const barLength = 12;

/** What stands there while a scan is under way. */
export function scanProgress({ timeframe, done, total, waitsUntil }: ScanProgressView): Card {
  const full = Math.floor((barLength * done) / Math.max(total, 1));
  const bar = "█".repeat(full) + "░".repeat(barLength - full);
  const when = discordTime(waitsUntil, "R");
  return fitCard({
    content: [
      texts.scan.progress(timeframe, bar, done, total),
      ...(when === undefined ? [] : [texts.scan.waiting(when)]),
    ].join("\n"),
  });
}

/** The answer to `/scan`: the best first, and below them what is not known. */
export function scanCard(scanned: readonly ScannedPair[], timeframe: string): Card {
  const signals = scanned.filter((one) => "signal" in one);
  const ranked = signals.filter(({ kind }) => kind === "new").toSorted((a, b) => compareSignals(a.signal, b.signal));
  const { fields } = texts.scan;
  const outdated = signals.filter(({ kind }) => kind === "outdated").map(outdatedLine);
  const noData = scanned.filter(({ kind }) => kind === "noData").map(({ pair }) => pairText(pair));
  const failed = scanned.filter((one) => one.kind === "failed").map(failedLine);
  return fitCard({
    embeds: [
      {
        title: texts.scan.title(scanned.length, timeframe),
        description: [tableOf(ranked.map(({ signal }) => signal)), ...oldestSentence(ranked)].join("\n"),
        fields: [
          ...listField(fields.outdated, outdated),
          ...listField(fields.noData, noData.length === 0 ? [] : [noData.join(", ")]),
          ...listField(fields.failed, failed),
          field(texts.signal.fields.riskWarning, texts.signal.riskWarning, false),
        ],
      },
    ],
  });
}

const directionRank = { buy: 2, sell: 2, hold: 1, other: 0 } as const;
const strengths = ["weak", "moderate", "strong", "very_strong"];

/** Trades before holds, then the stronger, then the surer; what says neither comes last. */
function compareSignals(a: ScannedSignalView, b: ScannedSignalView): number {
  const strengthOf = ({ strength = "" }: ScannedSignalView): number => strengths.indexOf(strength.toLowerCase());
  return (
    directionRank[b.direction] - directionRank[a.direction] ||
    strengthOf(b) - strengthOf(a) ||
    (b.confidence ?? -1) - (a.confidence ?? -1) ||
    (a.pair < b.pair ? -1 : 1)
  );
}

/** Room is kept for the sentence below and for the fields. */
const longestTable = 3_500;

function tableOf(ranked: readonly ScannedSignalView[]): string {
  if (ranked.length === 0) return texts.scan.none;
  const lines = ranked.map((signal, index) => texts.scan.line(index + 1, headlineOf(signal), figuresOf(signal)));
  return joinWithin(lines, longestTable, texts.more);
}

/** "Buy EUR/USD at 1.0853". Who is told to wait needs no price. */
function headlineOf(signal: ScannedSignalView): string {
  const { at, word } = texts.scan;
  const what = `${texts.signal.title[signal.direction]} ${pairText(signal.pair)}`;
  if (signal.direction === "hold") return what;
  const said = signal.direction === "other" ? outsideText(signal.word, 20) : undefined;
  const price = formatPrice(signal.pair, signal.entryPrice);
  const headline = said === undefined ? what : word(what, said);
  return price === undefined ? headline : at(headline, price);
}

const figuresOf = ({ strength, confidence }: ScannedSignalView): readonly string[] =>
  [wordFor(texts.signal.strength, strength), formatFraction(confidence)].filter((figure) => figure !== undefined);

function oldestSentence(ranked: readonly { readonly saidAt: Date }[]): string[] {
  if (ranked.length === 0) return [];
  const oldest = new Date(Math.min(...ranked.map(({ saidAt }) => saidAt.getTime())));
  const age = discordTime(oldest, "R");
  return age === undefined ? [] : ["", texts.scan.oldest(age)];
}

function outdatedLine({ signal, saidAt }: { readonly signal: ScannedSignalView; readonly saidAt: Date }): string {
  const line = [headlineOf(signal), ...figuresOf(signal)].join(", ");
  return texts.scan.outdatedLine(line, discordTime(saidAt, "R") ?? texts.notKnown);
}

function failedLine({ pair, why }: { readonly pair: string; readonly why: string }): string {
  const { why: words, failedLine: line } = texts.scan;
  const known = Object.entries(words).find(([kind]) => kind === why);
  return line(pairText(pair), known?.[1] ?? words.other);
}

function listField(name: string, lines: readonly string[]): APIEmbedField[] {
  return lines.length === 0 ? [] : [field(name, joinWithin(lines, messageLimits.fieldValue, texts.more), false)];
}
