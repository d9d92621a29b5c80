import { describe, expect, it } from "vitest";
import { BackendError, type BackendErrorKind, type Spared } from "../../src/backend/backend.ts";
import { RequestBudget } from "../../src/backend/budget.ts";
import type { RefreshAhead } from "../../src/backend/client.ts";
import type { BackendEvent } from "../../src/backend/events.ts";
import { betweenRunsMs, createPrecompute } from "../../src/backend/precompute.ts";
import { signalKey } from "../../src/backend/signal-query.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const freshMs = 60_000;
const signal = new AbortController().signal;
const wanted = ["EUR/USD 1h", "GBP/USD 4h", "USD/JPY swing"];

/** One run over what is wanted, where each refresh ends as `refresh` says. */
async function run(refresh: (key: string) => Awaited<ReturnType<RefreshAhead>> | BackendError, keys = wanted) {
  const events: BackendEvent[] = [];
  const asked: string[] = [];
  const precompute = createPrecompute({
    choice: { kind: "learned", most: 3 },
    use: { mostAsked: async (most) => keys.slice(0, most) },
    refresh: async (query) => {
      asked.push(signalKey(query));
      const outcome = refresh(signalKey(query));
      if (outcome instanceof BackendError) throw outcome;
      return outcome;
    },
    freshMs,
    publish: (event) => events.push(event),
  });
  await precompute(signal);
  return { asked, event: events[0], told: events.length };
}

describe("one run", () => {
  it("looks at what is wanted, the most wanted first, and tells what it did", async () => {
    const { asked, event, told } = await run((key) => (key === "GBP/USD 4h" ? "fresh" : "refreshed"));
    expect(asked).toEqual(wanted);
    expect(told).toBe(1);
    expect(event).toMatchObject({ refreshed: 2, fresh: 1, failed: 0, left: 0, stoppedBy: undefined });
  });

  it("ends with the first that the budget does not allow", async () => {
    const { asked, event } = await run((key) => (key === "EUR/USD 1h" ? "refreshed" : "notAllowed"));
    expect(asked).toEqual(wanted.slice(0, 2));
    expect(event).toMatchObject({ refreshed: 1, left: 2, stoppedBy: "budget" });
  });

  it.each<readonly [kind: BackendErrorKind, spared: Spared | undefined]>([
    ["busy", "budget"],
    ["down", "circuit"],
    ["busy", "bulkhead"],
    ["down", undefined],
    ["slow", undefined],
    ["busy", undefined],
    ["refused", undefined],
    ["aborted", undefined],
  ])("ends with the first that fails: %s (%s)", async (kind, spared) => {
    const failure = new BackendError(kind, "fetchSignal", spared === undefined ? {} : { spared });
    const { asked, event } = await run(() => failure);
    expect(asked).toEqual(wanted.slice(0, 1));
    expect(event).toMatchObject({ refreshed: 0, left: 3, stoppedBy: spared ?? kind });
  });

  it.each<BackendErrorKind>(["unknownPair", "badAnswer"])(
    "goes on after one that is its own fault: %s",
    async (kind) => {
      const { asked, event } = await run((key) =>
        key === "EUR/USD 1h" ? new BackendError(kind, "fetchSignal") : "refreshed",
      );
      expect(asked).toEqual(wanted);
      expect(event).toMatchObject({ refreshed: 2, failed: 1, left: 0, stoppedBy: undefined });
    },
  );

  it("does nothing when nobody wants anything", async () => {
    const { asked, event } = await run(() => "refreshed", []);
    expect(asked).toEqual([]);
    expect(event).toMatchObject({ refreshed: 0, left: 0 });
  });
});

it("comes several times while a signal is new, whatever is configured, and not all the time", () => {
  expect(betweenRunsMs(60_000)).toBe(15_000);
  expect(betweenRunsMs(1)).toBeGreaterThanOrEqual(500);
});

describe("what may be refreshed ahead", () => {
  const windowMs = 900_000;
  const limit = { limit: 100, remaining: 99, resetAfterMs: windowMs, windowMs };

  function knowing() {
    const clock = new VirtualClock();
    const budget = new RequestBudget({ clock, personShare: 1 });
    const refresh = (): boolean => {
      if (!budget.mayRunAhead) return false;
      const spending = budget.spend({ priority: "refresh" });
      if (spending.kind === "granted") spending.done(undefined);
      return spending.kind === "granted";
    };
    const refreshAll = (): number => {
      let count = 0;
      while (refresh()) count += 1;
      return count;
    };
    return { clock, budget, refreshAll };
  }

  it("is spread over the window, and begins anew with the next", async () => {
    const { clock, budget, refreshAll } = knowing();
    const first = budget.spend({ priority: "person" });
    if (first.kind === "granted") first.done(limit);
    const spent: number[] = [];
    for (let fifth = 0; fifth < 5; fifth += 1) {
      spent.push(refreshAll());
      await clock.advance(windowMs / 5 - 1);
    }
    expect(spent).toEqual([5, 4, 4, 4, 4]);
    await clock.advance(5);
    expect(refreshAll()).toBe(5);
  });

  it("is less where people's questions have refreshed already", async () => {
    const { clock, budget, refreshAll } = knowing();
    const first = budget.spend({ priority: "person" });
    if (first.kind === "granted") first.done(limit);
    for (let time = 0; time < 9; time += 1) budget.spend({ priority: "refresh" });
    expect(refreshAll()).toBe(0);
    await clock.advance(windowMs / 2 - 1);
    expect(refreshAll()).toBe(6);
  });

  it("is as much as is wanted where no limit is known", () => {
    expect(knowing().budget.mayRunAhead).toBe(true);
  });
});
