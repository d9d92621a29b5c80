import type { Competitor } from "./competitors.ts";
import type { FaultCase } from "./fault-cases.ts";
import type { Tally, Times } from "./tally.ts";

export interface FaultResult {
  readonly faultCase: FaultCase;
  readonly competitor: Competitor;
  readonly tally: Tally;
}

export const faultColumns = [
  "case",
  "bot",
  "answered",
  "failed",
  "thinking for ever",
  "run twice",
  "answered twice",
  "ack p50 / p99, ms",
  "answer p50 / p99, ms",
] as const;

/** One result as the cells of its row. Zeros are left out, so that what went wrong stands out. */
export function faultCells({ faultCase, competitor, tally }: FaultResult): readonly string[] {
  const { interactions, answered, failed, thinking, runTwice, answeredTwice } = tally;
  return [
    faultCase.answerPossible ? faultCase.name : `${faultCase.name} (too late to answer)`,
    competitor,
    `${answered} of ${interactions}`,
    ...[failed, thinking, runTwice, answeredTwice].map((count) => (count === 0 ? "" : String(count))),
    timesText(tally.acknowledgedMs),
    timesText(tally.answeredMs),
  ];
}

const timesText = ({ p50, p99 }: Times): string =>
  p50 === undefined || p99 === undefined ? "" : `${Math.round(p50)} / ${Math.round(p99)}`;
