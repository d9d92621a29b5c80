import { describe, expect, it, vi } from "vitest";
import { type FaultCase, faultCases } from "../../../src/sandbox/bench/fault-cases.ts";
import { runFaultCase } from "../../../src/sandbox/bench/fault-run.ts";
import { setStage } from "../../../src/sandbox/bench/stage.ts";

const few = { count: 3, seed: 1 };

const named = (name: string, differs: Partial<FaultCase> = {}): FaultCase => {
  const found = faultCases.find((faultCase) => faultCase.name === name);
  if (found === undefined) throw new Error(`there is no case "${name}"`);
  return { ...found, ...differs };
};

it("every case has a name of its own", () => {
  expect(new Set(faultCases.map(({ name }) => name)).size).toBe(faultCases.length);
});

describe("a case with real processes", { timeout: 60_000 }, () => {
  it("tells who thinks for ever from who answers", async () => {
    const lost = named("response lost: reset", { watchAtMostMs: 1500 });
    const { tally: guide } = await runFaultCase(lost, "guide", few);
    expect(guide).toMatchObject({ interactions: 3, answered: 0, thinking: 3 });
    const { tally: ours } = await runFaultCase(lost, "ours", few);
    expect(ours).toMatchObject({ interactions: 3, answered: 3, thinking: 0 });
  });

  it("counts what two processes do twice", async () => {
    const { tally } = await runFaultCase(named("2 processes"), "bare", few);
    expect(tally).toMatchObject({ answered: 3, runTwice: 3 });
  });

  it("does not count a run that ended with its process", async () => {
    const stage = await setStage({ competitor: "guide" });
    try {
      const { backend } = stage.sandbox;
      await stage.ask(1, 0);
      await stage.asked[0]?.answered();
      backend.addFault({ kind: "hang" });
      await stage.ask(1, 0);
      await stage.asked[1]?.until(({ saw }) => saw === "thinking");
      await vi.waitUntil(() => backend.requests.length === 2);
      await stage.end("SIGKILL");
      expect(stage.observations().map(({ runs }) => runs)).toEqual([1, 0]);
    } finally {
      await stage.close();
    }
  });
});
