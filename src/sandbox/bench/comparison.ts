import { median } from "./statistics.ts";

/** One thing measured, and what is promised of it. */
export interface Comparison {
  readonly what: string;
  /** What ours is held against. */
  readonly against: string;
  readonly ours: string;
  readonly other: string;
  readonly ratio: string;
  readonly target: string;
  /** Absent where nothing is promised. */
  readonly kept?: boolean;
}

/** The same quantity of ours and of what it is held against, from measurements made right after one another. */
export interface Pair {
  readonly ours: number;
  readonly other: number;
}

/**
 * The median of the ratios of pairs. What disturbs the machine for a while disturbs both halves of a pair, so a ratio is
 * worth more than the ratio of two medians.
 */
export function compare(what: string, { against, pairs, atMost, unit = "ms" }: ComparedPairs): Comparison {
  const ratio = median(pairs.map(({ ours, other }) => ours / other));
  const middle = (values: readonly number[]) => `${(median(values) ?? Number.NaN).toFixed(1)} ${unit}`;
  return {
    what,
    against,
    ours: middle(pairs.map(({ ours }) => ours)),
    other: middle(pairs.map(({ other }) => other)),
    ratio: ratio?.toFixed(2) ?? "",
    target: atMost === undefined ? "" : `at most ${atMost.toFixed(2)}`,
    ...(atMost === undefined ? {} : { kept: ratio !== undefined && ratio <= atMost }),
  };
}

export interface ComparedPairs {
  readonly against: string;
  readonly pairs: readonly Pair[];
  /** Of both halves of each pair; ms when absent. */
  readonly unit?: "ms" | "MB";
  /** What the ratio may be; absent where nothing is promised. */
  readonly atMost?: number;
}

export const comparisonColumns = ["what", "ours", "against", "", "ratio", "target", "kept"] as const;

export const comparisonCells = ({ what, ours, against, other, ratio, target, kept }: Comparison): readonly string[] => [
  what,
  ours,
  against,
  other,
  ratio,
  target,
  kept === undefined ? "" : kept ? "yes" : "NO",
];
