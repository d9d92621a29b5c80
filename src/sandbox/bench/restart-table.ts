import type { RestartResult } from "./restarts.ts";

export const restartColumns = [
  "case",
  "restarts",
  "asked",
  "answered",
  "failed",
  "of them by direct message",
  "thinking for ever",
  "run or answered twice",
  "identifies",
  "ack p50 / p99, ms",
] as const;

export const restartCells = (result: RestartResult): readonly string[] => {
  const { interactions, answered, failed, thinking, runTwice, answeredTwice, acknowledgedMs } = result.tally;
  const { p50, p99 } = acknowledgedMs;
  return [
    result.name,
    result.restarts,
    interactions,
    answered,
    failed,
    result.answeredLate,
    thinking,
    runTwice + answeredTwice,
    result.identifies,
    p50 === undefined || p99 === undefined ? "" : `${p50.toFixed(0)} / ${p99.toFixed(0)}`,
  ].map(String);
};

/** What a restart must not do, in words; empty when all is kept. */
export function brokenRestartPromises({ tally, promise, neglected, identifies }: RestartResult): readonly string[] {
  const { thinking, runTwice, answeredTwice, failed } = tally;
  const resumes = promise !== "none";
  return [
    ...(thinking > 0 ? [`${thinking} thinking for ever`] : []),
    ...(runTwice > 0 ? [`${runTwice} run twice`] : []),
    ...(answeredTwice > 0 ? [`${answeredTwice} answered twice`] : []),
    ...(resumes && identifies > 0 ? [`${identifies} identifies spent`] : []),
    ...(resumes && neglected > 0 ? [`${neglected} arrived in time and not answered`] : []),
    ...(promise === "everybody" && failed > 0 ? [`${failed} failed`] : []),
  ];
}
