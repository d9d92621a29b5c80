import { describe, expect, it } from "vitest";
import { brokenPromises, tally } from "../../../src/sandbox/bench/tally.ts";
import { message, reportThat } from "./support.ts";

const ran = (report: ReturnType<typeof reportThat>, runs = 1) => ({ report, runs });

describe("what is counted", () => {
  it("an answer that is visible is answered, and nothing else", () => {
    expect(tally([ran(reportThat())])).toMatchObject({
      interactions: 1,
      answered: 1,
      failed: 0,
      thinking: 0,
      runTwice: 0,
      answeredTwice: 0,
    });
  });

  it("two visible messages are answered twice", () => {
    const report = reportThat({ answersShown: 2, visible: [message(), message({ id: "5" })] });
    expect(tally([ran(report)])).toMatchObject({ answered: 1, answeredTwice: 1 });
  });

  it("a public message that gave way to a private one is one answer", () => {
    const report = reportThat({ answersShown: 2, visible: [message({ ephemeral: true })] });
    expect(tally([ran(report)])).toMatchObject({ answered: 1, answeredTwice: 0 });
  });

  it("an answer that was taken away again has failed", () => {
    expect(tally([ran(reportThat({ visible: [] }))])).toMatchObject({ answered: 0, failed: 1 });
  });

  it("a loading message is thinking, although it is a visible message", () => {
    const { answeredAtMs: _, ...report } = reportThat({ saw: "thinking", answersShown: 0 });
    expect(tally([ran(report)])).toMatchObject({ answered: 0, failed: 0, thinking: 1 });
  });

  it.each(["failed", "waiting", "acknowledged"] as const)("%s has failed", (saw) => {
    expect(tally([ran(reportThat({ saw, visible: [] }))])).toMatchObject({ answered: 0, failed: 1, thinking: 0 });
  });

  it("two requests at the backend for one interaction are run twice, answered or not", () => {
    const failed = reportThat({ saw: "failed", visible: [] });
    expect(tally([ran(failed, 2), ran(reportThat(), 7), ran(reportThat(), 0)])).toMatchObject({ runTwice: 2 });
  });

  it("times are of those that got that far", () => {
    const { acknowledgedAtMs: _, answeredAtMs: __, ...missed } = reportThat({ saw: "failed", visible: [] });
    const { acknowledgedMs, answeredMs } = tally([
      ran(reportThat()),
      ran(reportThat({ acknowledgedAtMs: 60, answeredAtMs: 300 })),
      ran(missed),
    ]);
    expect(acknowledgedMs).toEqual({ p50: 40, p99: 60 });
    expect(answeredMs).toEqual({ p50: 90, p99: 300 });
    expect(tally([ran(missed)]).answeredMs).toEqual({ p50: undefined, p99: undefined });
  });
});

describe("the promise", () => {
  const kept = tally([ran(reportThat()), ran(reportThat())]);
  const missed = tally([ran(reportThat()), ran(reportThat({ saw: "failed", visible: [] }))]);

  it("is kept by one answer for each", () => {
    expect(brokenPromises(kept, true)).toEqual([]);
  });

  it("is broken by one without an answer, unless none was possible", () => {
    expect(brokenPromises(missed, true)).toEqual(["1 of 2 not answered"]);
    expect(brokenPromises(missed, false)).toEqual([]);
  });

  it("is broken by thinking for ever, running twice and answering twice even when no answer was possible", () => {
    const { answeredAtMs: _, ...thinking } = reportThat({ saw: "thinking" });
    const twice = reportThat({ visible: [message(), message({ id: "5" })] });
    expect(brokenPromises(tally([ran(thinking, 2), ran(twice)]), false)).toEqual([
      "1 thinking for ever",
      "1 run twice",
      "1 answered twice",
    ]);
  });
});
