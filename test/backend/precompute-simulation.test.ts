import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Asker, BackendError, type Priority, type SignalQuery } from "../../src/backend/backend.ts";
import { RequestBudget } from "../../src/backend/budget.ts";
import { createCalls } from "../../src/backend/calls.ts";
import { Circuits } from "../../src/backend/circuits.ts";
import type { SendToBackend } from "../../src/backend/http.ts";
import { betweenRunsMs, createPrecompute } from "../../src/backend/precompute.ts";
import { parseSignal, type Signal } from "../../src/backend/signal.ts";
import type { KeptSignal, SignalCache } from "../../src/backend/signal-cache.ts";
import { createSignals } from "../../src/backend/signals.ts";
import { delay } from "../../src/clock.ts";
import { randomNumbers } from "../../src/sandbox/bench/statistics.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const minuteMs = 60_000;
const windowMs = 15 * minuteMs;
const limit = 100;
/** Mostly a second or two, and now and then as long as the engine takes (`backend-contract.md` 2.2). */
const latencyOf = (random: () => number) => () => (random() < 0.1 ? 22_000 : 1_000 + 1_000 * random());
const freshMs = 60_000;
const popular = ["EUR/USD 1h", "GBP/USD 1h", "USD/JPY 1h", "USD/CHF 4h", "AUD/USD 1h", "EUR/GBP 1h"];
/** `mostRefreshes` of the budget. */
const mostRefreshes = 30;

/** What happened in one window of the backend's limit. */
interface WindowTally {
  /** Requests the backend counted, by whom they were for. */
  readonly sent: Record<Priority, number>;
  /** Calls that ended in "busy", by whom they were for. */
  readonly refused: Record<Priority, number>;
  /** Popular signals given to people, and of them those that had to be waited for. */
  given: number;
  waitedFor: number;
}

const none = (): Record<Priority, number> => ({ person: 0, button: 0, refresh: 0, scan: 0 });

/**
 * The bot's way to a backend with its limit (`backend-contract.md` 1.3), with precompute going on, on a virtual clock. All
 * is real but the backend, and the memory that stands for Redis.
 */
function simulate(random: () => number) {
  const latencyMs = latencyOf(random);
  const clock = new VirtualClock();
  const windows: WindowTally[] = [];
  const current = (): WindowTally => {
    const index = Math.floor(clock.monotonic() / windowMs);
    while (windows.length <= index) windows.push({ sent: none(), refused: none(), given: 0, waitedFor: 0 });
    const window = windows[index];
    if (window === undefined) throw new Error("no window");
    return window;
  };
  const kept = new Map<string, KeptSignal>();
  const cache: SignalCache = {
    read: async (key) => {
      const found = kept.get(key);
      return found && { ...found, from: "memory" };
    },
    write: (key, signal) => void kept.set(key, signal),
  };
  const budget = new RequestBudget({ clock, personShare: 0.25 });
  /** Counted on arrival, as the backend does. */
  const backend: SendToBackend = async (call) => {
    const window = current();
    const used = Object.values(window.sent).reduce((sum, count) => sum + count, 0);
    window.sent[sending] += 1;
    const remaining = Math.max(0, limit - used - 1);
    const resetAfterMs = windowMs - (clock.monotonic() % windowMs);
    await delay(clock, latencyMs());
    const told = { limit, remaining, resetAfterMs: Math.ceil(resetAfterMs / 1000) * 1000, windowMs };
    if (used >= limit) {
      const failure = new BackendError("busy", call.operation, { status: 429, retryAfterMs: told.resetAfterMs });
      return { answer: { failure }, limit: told };
    }
    return { answer: { data: call.data.parse(call.query?.pair) }, limit: told };
  };
  /** For whom the request that is being sent is: the last call to the budget was its own. */
  let sending: Priority = "person";
  const spend = budget.spend.bind(budget);
  budget.spend = (asker) => {
    sending = asker.priority;
    return spend(asker);
  };
  const call = createCalls({
    ...{ send: backend, budget, clock },
    circuits: new Circuits({ onState: () => {} }),
    random: () => 0.5,
    publish: () => {},
  });
  const data = z.string().transform((pair): Signal => {
    const signal = parseSignal("buy", { pair });
    if (signal === undefined) throw new Error("not a signal");
    return signal;
  });
  const signals = createSignals({
    ask: ({ pair, timeframe }: SignalQuery, asker: Asker) =>
      call(
        {
          ...{ operation: "fetchSignal", method: "GET", path: "/trading/signal", query: { pair, timeframe } },
          ...{ data, timeoutMs: 30_000 },
        },
        asker,
      ),
    ...{ cache, clock, freshMs, staleMs: 5 * minuteMs, publish: () => {} },
  });

  const precompute = createPrecompute({
    choice: { kind: "listed", keys: popular },
    use: { mostAsked: async () => [] },
    refresh: (query, options) => signals.refreshSignal(query, { ...options, mayAsk: () => budget.mayRunAhead }),
    ...{ freshMs, publish: () => {} },
  });
  const runOn = (): void => {
    void precompute(new AbortController().signal);
    clock.schedule(betweenRunsMs(freshMs), runOn);
  };

  let people = 0;
  const ask = async (query: SignalQuery, priority: Priority = "person", personId?: string): Promise<void> => {
    people += 1;
    const asker = { signal: new AbortController().signal, priority, personId: personId ?? `person ${people}` };
    const startMs = clock.monotonic();
    try {
      await signals.fetchSignal(query, asker);
      if (!popular.includes(`${query.pair} ${query.timeframe}`)) return;
      current().given += 1;
      if (clock.monotonic() > startMs) current().waitedFor += 1;
    } catch (error) {
      if (!(error instanceof BackendError) || error.kind !== "busy") throw error;
      current().refused[priority] += 1;
    }
  };
  return { clock, windows, startPrecompute: runOn, ask };
}

let rare = 0;
/** A pair that nobody has asked for before. */
function rarePair(): SignalQuery {
  rare += 1;
  const letter = (power: number) => String.fromCharCode(65 + (Math.floor(rare / 26 ** power) % 26));
  return { pair: `${letter(2)}${letter(1)}${letter(0)}/XTS`, timeframe: "1h" };
}

const popularQuery = (random: () => number): SignalQuery => {
  // The first is wanted most.
  const index = Math.floor(random() ** 2 * popular.length);
  const [pair = ""] = (popular[index] ?? "").split(" ");
  return { pair, timeframe: index === 3 ? "4h" : "1h" };
};

interface Play {
  /** At popular signals, over the whole window. */
  readonly looks?: number;
  readonly bursts: number;
  /** People, each with a pair of their own. */
  readonly perBurst: number;
  readonly random: () => number;
}

/**
 * One window: people look at popular pairs all the time, and in bursts at pairs of their own; then somebody scans. Ends a
 * moment before the window does.
 */
async function playWindow(
  { clock, ask }: ReturnType<typeof simulate>,
  { looks = 60, bursts, perBurst, random }: Play,
): Promise<void> {
  const lengthMs = windowMs - 5_000;
  for (let look = 0; look < looks; look += 1) {
    clock.schedule((lengthMs * (look + random())) / looks, () => void ask(popularQuery(random)));
  }
  for (let burst = 0; burst < bursts; burst += 1) {
    clock.schedule((lengthMs * (burst + random())) / (bursts + 1), () => {
      for (let nth = 0; nth < perBurst; nth += 1) void ask(rarePair());
    });
  }
  const scanner = `scanner ${rare}`;
  clock.schedule(lengthMs - 20_000, () => {
    for (let nth = 0; nth < 14; nth += 1) void ask(rarePair(), "scan", scanner);
  });
  await clock.advance(lengthMs);
  await clock.advance(5_000);
}

describe.each([1, 2, 3])("several windows of 100 requests in 15 minutes, with precompute on (seed %s)", (seed) => {
  it("refuses nobody in a busy quarter of an hour, refreshes what is popular, and lets the scan through", async () => {
    const random = randomNumbers(seed);
    const simulation = simulate(random);
    simulation.startPrecompute();
    for (let window = 0; window < 4; window += 1) await playWindow(simulation, { bursts: 3, perBurst: 15, random });
    for (const { sent, refused } of simulation.windows.slice(0, 4)) {
      expect(refused).toMatchObject({ person: 0, button: 0, scan: 0 });
      expect(sent.refresh).toBeGreaterThan(mostRefreshes / 2);
      expect(sent.refresh).toBeLessThanOrEqual(mostRefreshes);
      expect(sent.scan).toBe(14);
    }
  });

  it("refuses a person only when people had all that refreshes may not take", async () => {
    const random = randomNumbers(seed);
    const simulation = simulate(random);
    simulation.startPrecompute();
    for (let window = 0; window < 4; window += 1) await playWindow(simulation, { bursts: 6, perBurst: 18, random });
    expect(simulation.windows.some(({ refused }) => refused.person > 0)).toBe(true);
    for (const { sent, refused } of simulation.windows) {
      expect(sent.refresh).toBeLessThanOrEqual(mostRefreshes);
      if (refused.person > 0) expect(sent.person + sent.scan).toBeGreaterThanOrEqual(limit - mostRefreshes);
    }
  });

  it("asks the backend for less than it would refuse", async () => {
    const random = randomNumbers(seed);
    const simulation = simulate(random);
    simulation.startPrecompute();
    for (let window = 0; window < 2; window += 1) await playWindow(simulation, { bursts: 6, perBurst: 18, random });
    for (const { sent } of simulation.windows) {
      expect(Object.values(sent).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(limit);
    }
  });

  it("makes fewer people wait for a popular signal than without it", async () => {
    const shareOfWaits = async (withPrecompute: boolean): Promise<number> => {
      const random = randomNumbers(seed);
      const simulation = simulate(random);
      if (withPrecompute) simulation.startPrecompute();
      const quiet = { looks: 30, bursts: 2, perBurst: 10, random };
      for (let window = 0; window < 3; window += 1) await playWindow(simulation, quiet);
      const sum = (of: (tally: WindowTally) => number) =>
        simulation.windows.reduce((total, tally) => total + of(tally), 0);
      return sum(({ waitedFor }) => waitedFor) / sum(({ given }) => given);
    };
    expect(await shareOfWaits(true)).toBeLessThan(0.7 * (await shareOfWaits(false)));
  });
});
