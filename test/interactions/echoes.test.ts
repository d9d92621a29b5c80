import { describe, expect, it } from "vitest";
import { acknowledge } from "../../src/interactions/acknowledge.ts";
import { HedgeBudget } from "../../src/interactions/hedge-budget.ts";
import type { AttemptOutcome, ProbeOutcome } from "../../src/interactions/lane.ts";
import { LatencyWindow } from "../../src/interactions/latency.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const body = { type: 5 } as const;
const accepted: AttemptOutcome = { kind: "accepted" };
const lost: AttemptOutcome = { kind: "unaccounted" };
const alreadyAcknowledged: AttemptOutcome = { kind: "refused", status: 400, code: 40060 };
const unknownInteraction: AttemptOutcome = { kind: "refused", status: 404, code: 10062 };
const noAnswer: ProbeOutcome = { kind: "unknown" };

/** Discord's answers to one attempt after the other, each so many ms after it was sent. */
async function acknowledging(answers: readonly (readonly [afterMs: number, outcome: AttemptOutcome])[]) {
  const clock = new VirtualClock();
  const told: (AttemptOutcome | ProbeOutcome)[] = [];
  const waiting = [...answers];
  const acknowledged = acknowledge(
    {
      clock,
      lane: {
        callback: (): Promise<AttemptOutcome> => {
          const [afterMs, outcome] = waiting.shift() ?? [0, lost];
          return new Promise((resolve) => void clock.schedule(afterMs, () => resolve(outcome)));
        },
        probe: async () => noAnswer,
        editOriginal: async () => {},
        followUp: async () => {},
        deleteOriginal: async () => {},
      },
      latency: new LatencyWindow(),
      hedges: new HedgeBudget(),
      callbackTimeoutMs: 2500,
    },
    {
      target: { id: "1", applicationId: "2", token: "t" },
      bodies: { intended: body, fallback: body },
      deadlineAtMs: 3000,
      onOutcome: (_request, outcome) => told.push(outcome),
    },
  );
  await clock.advance(10_000);
  return { ...(await acknowledged), told };
}

describe("what Discord answers to our own second attempt", () => {
  it.each([
    { name: "40060", echo: alreadyAcknowledged },
    { name: "10062", echo: unknownInteraction },
  ])("is not told when it comes after the first was accepted ($name)", async ({ echo }) => {
    const ended = await acknowledging([
      [500, accepted],
      [500, echo],
    ]);
    expect(ended).toMatchObject({ ownership: "owned", cause: "accepted", attempts: 2, hedges: 1 });
    expect(ended.told).toEqual([accepted]);
  });

  it("is not told when it comes before the first was accepted", async () => {
    const ended = await acknowledging([
      [500, accepted],
      [20, alreadyAcknowledged],
    ]);
    expect(ended).toMatchObject({ ownership: "owned", cause: "accepted" });
    expect(ended.told).toEqual([accepted]);
  });

  it("is not told when it shows that the first, whose response was lost, had landed", async () => {
    const ended = await acknowledging([
      [20, lost],
      [20, alreadyAcknowledged],
    ]);
    expect(ended).toMatchObject({ ownership: "owned", cause: "ourLostResponse", attempts: 2, hedges: 0 });
    expect(ended.told).toEqual([lost, noAnswer]);
  });

  it("is told when none of ours had landed", async () => {
    const ended = await acknowledging([
      [500, alreadyAcknowledged],
      [20, alreadyAcknowledged],
    ]);
    expect(ended).toMatchObject({ ownership: "foreign", cause: "anotherProcess" });
    expect(ended.told).toEqual([alreadyAcknowledged, alreadyAcknowledged]);
  });

  it("is told when there was no other attempt", async () => {
    const ended = await acknowledging([[20, alreadyAcknowledged]]);
    expect(ended.told).toEqual([alreadyAcknowledged]);
  });
});
