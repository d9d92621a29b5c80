import { describe, expect, it } from "vitest";
import { BackendError } from "../../src/backend/backend.ts";
import type { BackendFault } from "../../src/sandbox/backend/server.ts";
import { alice, askerWith, type Bench, calls, patient, setUp, throughPauses } from "./support.ts";

const eurUsd = { pair: "EUR/USD" };
const position = { pair: "EUR/USD", action: "buy", entryPrice: 1.085, size: 1 } as const;

const failing = async (fault: BackendFault): Promise<Bench> => {
  const bench = await setUp();
  bench.sandbox.addFault(fault);
  return bench;
};

describe("a call that fails", () => {
  it.each<BackendFault["kind"]>(["500", "503", "reset"])("is made again where that is safe (%s)", async (kind) => {
    const bench = await failing({ kind, times: 2 });
    const { signal } = await throughPauses(bench, bench.backend.fetchSignal(eurUsd, patient()));
    expect(signal.pair).toBe("EUR/USD");
    expect(calls(bench.events).map(({ outcome }) => outcome)).toEqual(["down", "down", "ok"]);
  });

  it("is not made again before its pause is over, and the pauses grow", async () => {
    const { backend, clock, asked } = await failing({ kind: "500" });
    const answer = backend.fetchSignal(eurUsd, patient()).catch((error: unknown) => error);
    for (const [attempts, pauseMs] of [
      [1, 100],
      [2, 400],
    ] as const) {
      await expect.poll(() => clock.nextInMs).toBe(pauseMs);
      await clock.advance(pauseMs - 1);
      expect(asked()).toHaveLength(attempts);
      await clock.advance(1);
    }
    expect(await answer).toMatchObject({ kind: "down", status: 500 });
    expect(asked()).toHaveLength(3);
  });

  it.each<BackendFault["kind"]>(["500", "reset"])(
    "is not made again where it might be done twice (%s)",
    async (kind) => {
      const bench = await setUp();
      await bench.backend.openPosition(alice, position, patient());
      bench.sandbox.addFault({ kind, route: "POST /discord/trades" });
      const before = bench.asked().length;
      await expect(bench.backend.openPosition(alice, position, patient())).rejects.toMatchObject({ kind: "down" });
      expect(bench.asked().length).toBe(before + 1);
    },
  );

  it.each<BackendFault["kind"]>(["malformed", "429"])(
    "is not made again where that does not help (%s)",
    async (kind) => {
      const { backend, asked } = await failing({ kind });
      await expect(backend.fetchSignal(eurUsd, patient())).rejects.toBeInstanceOf(BackendError);
      expect(asked()).toHaveLength(1);
    },
  );

  it("waits where the backend asks to come back in a second, and asks nothing of it meanwhile", async () => {
    const bench = await failing({ kind: "429", ms: 1_000, times: 1 });
    const { backend, clock, asked } = bench;
    const answer = backend.fetchSignal(eurUsd, patient());
    await expect.poll(() => clock.nextInMs).toBe(1_100);
    await clock.advance(999);
    await expect(backend.readPreferences(alice, patient())).rejects.toMatchObject({ kind: "busy", spared: "budget" });
    expect(asked()).toHaveLength(1);
    await clock.advance(101);
    expect((await answer).signal.pair).toBe("EUR/USD");
  });

  it("ends within its own time, attempts and pauses together", async () => {
    const { backend, sandbox, clock, asked, events } = await setUp();
    sandbox.addFault({ kind: "500", times: 1 });
    sandbox.addFault({ kind: "hang" });
    const answer = backend.readPreferences(alice, patient()).catch((error: unknown) => error);
    await expect.poll(() => clock.nextInMs).toBe(100);
    await clock.advance(100);
    await expect.poll(() => asked()).toHaveLength(2);
    await clock.advance(9_899);
    expect(calls(events)).toHaveLength(1);
    await clock.advance(1);
    expect(await answer).toMatchObject({ kind: "slow" });
  });

  it("ends at once when its caller gives up during a pause", async () => {
    const { backend, clock, asked } = await failing({ kind: "500" });
    const caller = new AbortController();
    const answer = backend.fetchSignal(eurUsd, askerWith(caller.signal)).catch((error: unknown) => error);
    await expect.poll(() => clock.nextInMs).toBe(100);
    caller.abort();
    expect(await answer).toMatchObject({ kind: "aborted" });
    await expect.poll(() => asked()).toHaveLength(1);
  });
});

describe("the limits of two kinds", () => {
  it("are not taken for each other: what /market says is not what remains for all", async () => {
    const { backend, events } = await setUp({ rateLimit: { max: 100, windowMs: 900_000 } });
    await backend.readPreferences(alice, patient());
    await backend.listPairs(patient());
    const told = events.filter(({ kind }) => kind === "backendBudget");
    expect(told).toMatchObject([
      { limit: 100, remaining: 99 },
      { limit: 100, remaining: 98 },
    ]);
  });
});
