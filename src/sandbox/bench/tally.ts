import type { InteractionReport } from "../discord/api.ts";
import { percentile } from "./statistics.ts";

/** One interaction at the end of its observation. */
export interface Observation {
  readonly report: InteractionReport;
  /** How often the backend answered for it. A run that was cut off by the end of its process is not among them. */
  readonly runs: number;
}

/** What became of the interactions of one case with one bot. Times are ms since the person pressed enter. */
export interface Tally {
  readonly interactions: number;
  /** An answer is visible: the signal, or a sentence that says why there is none. */
  readonly answered: number;
  /** "The application did not respond", or an acknowledgement that was taken away without an answer. */
  readonly failed: number;
  /** Still "thinking…" when the bot had stopped working on it. */
  readonly thinking: number;
  readonly runTwice: number;
  readonly answeredTwice: number;
  readonly acknowledgedMs: Times;
  readonly answeredMs: Times;
}

/** Of those that were acknowledged or answered; `undefined` when none was. */
export interface Times {
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

/**
 * Counts from what the person saw, never from what the bot believes.
 *
 * - Run twice: the backend answered more than once for the interaction's own pair or person, which nobody else asks for. A
 *   request that failed and is repeated is one run with its repetitions.
 * - Answered twice: more than one message of the interaction stands in the channel at the end. Edits of one message are
 *   one answer, and a message that was taken away again is none: this is how a public "thinking…" gives way to a private
 *   sentence (`discord-facts.md` 1.3).
 */
export function tally(observations: readonly Observation[]): Tally {
  const reports = observations.map(({ report }) => report);
  const count = (holds: (observation: Observation) => boolean) => observations.filter(holds).length;
  const answered = reports.filter(({ saw, visible }) => saw === "answered" && visible.length > 0).length;
  const thinking = reports.filter(({ saw }) => saw === "thinking").length;
  return {
    interactions: reports.length,
    answered,
    thinking,
    failed: reports.length - answered - thinking,
    runTwice: count(({ runs }) => runs > 1),
    answeredTwice: count(({ report }) => report.visible.length > 1),
    acknowledgedMs: timesOf(reports.flatMap(({ acknowledgedAtMs }) => acknowledgedAtMs ?? [])),
    answeredMs: timesOf(reports.flatMap(({ answeredAtMs }) => answeredAtMs ?? [])),
  };
}

/** In words, what `tally` shows that must not be; empty when the promise is kept (`design.md`, "In one paragraph"). */
export function brokenPromises(tally: Tally, answerPossible: boolean): readonly string[] {
  const { interactions, answered, thinking, runTwice, answeredTwice } = tally;
  return [
    ...(answerPossible && answered < interactions
      ? [`${interactions - answered} of ${interactions} not answered`]
      : []),
    ...(thinking > 0 ? [`${thinking} thinking for ever`] : []),
    ...(runTwice > 0 ? [`${runTwice} run twice`] : []),
    ...(answeredTwice > 0 ? [`${answeredTwice} answered twice`] : []),
  ];
}

const timesOf = (values: readonly number[]): Times => ({ p50: percentile(values, 50), p99: percentile(values, 99) });
