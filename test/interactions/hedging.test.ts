import { describe, expect, it } from "vitest";
import { acknowledge } from "../../src/interactions/acknowledge.ts";
import { HedgeBudget } from "../../src/interactions/hedge-budget.ts";
import type { AttemptOutcome, InteractionLane } from "../../src/interactions/lane.ts";
import { LatencyWindow } from "../../src/interactions/latency.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const unmeasuredMs = 400;
const body = { type: 5 } as const;

/** A Discord that takes `answerAfterMs` for each callback. */
function slowDiscord(answerAfterMs: number) {
  const clock = new VirtualClock();
  const sent = { first: 0, fresh: 0 };
  let freshUnderWay = 0;
  let mostFreshUnderWay = 0;
  const lane: InteractionLane = {
    async callback(_target, _body, { fresh, timeoutMs }): Promise<AttemptOutcome> {
      sent[fresh ? "fresh" : "first"] += 1;
      if (fresh) freshUnderWay += 1;
      mostFreshUnderWay = Math.max(mostFreshUnderWay, freshUnderWay);
      await new Promise<void>((resolve) => void clock.schedule(Math.min(answerAfterMs, timeoutMs), resolve));
      if (fresh) freshUnderWay -= 1;
      return answerAfterMs < timeoutMs ? { kind: "accepted" } : { kind: "unaccounted" };
    },
    probe: async () => ({ kind: "there", loading: true }),
    editOriginal: async () => {},
    followUp: async () => {},
    deleteOriginal: async () => {},
  };
  const services = { clock, lane, latency: new LatencyWindow(), hedges: new HedgeBudget(), callbackTimeoutMs: 2500 };
  const start = () =>
    acknowledge(services, {
      target: { id: "1", applicationId: "2", token: "t" },
      bodies: { intended: body, fallback: body },
      deadlineAtMs: clock.monotonic() + 3000,
      onOutcome: () => {},
    });
  return { clock, sent, start, mostFreshUnderWay: () => mostFreshUnderWay };
}

describe("hedges", () => {
  it("leave when one acknowledgement among many hangs", async () => {
    const { clock, sent, start } = slowDiscord(2000);
    void start();
    await clock.advance(unmeasuredMs + 10);
    expect(sent).toEqual({ first: 1, fresh: 1 });
  });

  it("are few when everything is slow, also for acknowledgements that became slow in the same moment", async () => {
    const { clock, sent, start, mostFreshUnderWay } = slowDiscord(1000);
    const all = Promise.all(Array.from({ length: 200 }, start));
    await clock.advance(unmeasuredMs + 10);
    expect(sent.first).toBe(200);
    expect(mostFreshUnderWay()).toBeGreaterThan(0);
    expect(mostFreshUnderWay()).toBeLessThanOrEqual(16);
    await clock.advance(10_000);
    expect((await all).every(({ ownership }) => ownership === "owned")).toBe(true);
  });
});
