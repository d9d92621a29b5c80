import { expect, it } from "vitest";
import { BackendError, type Priority } from "../../src/backend/backend.ts";
import type { BackendEvent } from "../../src/backend/events.ts";
import type { KeptSignal, SignalCache } from "../../src/backend/signal-cache.ts";
import { createSignals } from "../../src/backend/signals.ts";
import { someSignal } from "../commands/fake-backend.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const freshMs = 60_000;
const olderThanMs = 30_000;
const query = { pair: "EUR/USD", timeframe: "1h" } as const;
const key = "EUR/USD 1h";
const signal = new AbortController().signal;

/** Signals over a backend that answers at once, and a memory that tells how young it has to be for not being doubted. */
function setUp(answer: () => typeof someSignal = () => someSignal) {
  const clock = new VirtualClock();
  const kept = new Map<string, KeptSignal>();
  const trusted: (number | undefined)[] = [];
  const cache: SignalCache = {
    async read(wanted, trustedMs) {
      trusted.push(trustedMs);
      const found = kept.get(wanted);
      return found && { ...found, from: "memory" };
    },
    write: (written, said) => void kept.set(written, said),
  };
  const askedFor: Priority[] = [];
  const told: string[] = [];
  const events: BackendEvent[] = [];
  const signals = createSignals({
    ask: async (_query, { priority }) => {
      askedFor.push(priority);
      return answer();
    },
    ...{ cache, clock, freshMs, staleMs: 300_000 },
    publish: (event) => events.push(event),
    onAsked: (asked) => told.push(asked),
  });
  const keep = (ageMs: number) => kept.set(key, { signal: someSignal, saidAtMs: clock.now() - ageMs });
  const refresh = (mayAsk = true) => signals.refreshSignal(query, { olderThanMs, signal, mayAsk: () => mayAsk });
  return { clock, kept, keep, trusted, askedFor, told, events, signals, refresh };
}

it("asks again for what may still be given and would soon be out of date", async () => {
  const { clock, kept, keep, askedFor, refresh } = setUp();
  keep(olderThanMs);
  expect(await refresh()).toBe("refreshed");
  expect(askedFor).toEqual(["refresh"]);
  expect(kept.get(key)?.saidAtMs).toBe(clock.now());
});

it("leaves alone what is new enough, and doubts what only this process believes to be", async () => {
  const { keep, askedFor, trusted, refresh } = setUp();
  keep(olderThanMs - 1);
  expect(await refresh()).toBe("fresh");
  expect(askedFor).toEqual([]);
  expect(trusted).toEqual([olderThanMs]);
});

it("asks for what nobody has", async () => {
  const { askedFor, refresh } = setUp();
  expect(await refresh()).toBe("refreshed");
  expect(askedFor).toEqual(["refresh"]);
});

it("asks only when it may, and minds it only when it has to ask", async () => {
  const { keep, askedFor, refresh } = setUp();
  keep(olderThanMs);
  expect(await refresh(false)).toBe("notAllowed");
  keep(0);
  expect(await refresh(false)).toBe("fresh");
  expect(askedFor).toEqual([]);
});

it("rejects with what the backend failed with, though an old signal is there", async () => {
  const { keep, refresh } = setUp(() => {
    throw new BackendError("down", "fetchSignal");
  });
  keep(olderThanMs);
  await expect(refresh()).rejects.toMatchObject({ kind: "down" });
});

it("does not count as use, nor does a scan, nor what could not be given", async () => {
  let fails = false;
  const { told, events, signals, refresh } = setUp(() => {
    if (fails) throw new BackendError("unknownPair", "fetchSignal");
    return someSignal;
  });
  await refresh();
  expect(events).toEqual([]);
  await signals.fetchSignal(query, { signal, priority: "scan" });
  expect(told).toEqual([]);
  await signals.fetchSignal(query, { signal, priority: "person" });
  await signals.fetchSignal({ pair: "EUR/USD", period: "swing" }, { signal, priority: "button" });
  fails = true;
  await signals.fetchSignal({ pair: "AUD/NZD" }, { signal, priority: "person" }).catch(() => {});
  expect(told).toEqual([key, "EUR/USD swing"]);
});
