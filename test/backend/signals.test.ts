import { describe, expect, it } from "vitest";
import { type Asker, BackendError, type BackendErrorKind } from "../../src/backend/backend.ts";
import type { BackendEvent } from "../../src/backend/events.ts";
import type { KeptSignal, SignalCache } from "../../src/backend/signal-cache.ts";
import { createSignals } from "../../src/backend/signals.ts";
import { someSignal } from "../commands/fake-backend.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";

const [freshMs, staleMs] = [60_000, 300_000];
const query = { pair: "EUR/USD", timeframe: "1h" } as const;
const key = "EUR/USD 1h";
const person = (signal = new AbortController().signal): Asker => ({ signal, priority: "person", personId: "1" });

/** Signals over a memory that forgets nothing, and a backend that answers when the test says so. */
function setUp() {
  const clock = new VirtualClock();
  const events: BackendEvent[] = [];
  const kept = new Map<string, KeptSignal>();
  const cache: SignalCache = {
    async read(wanted) {
      const found = kept.get(wanted);
      return found && { ...found, from: "memory" };
    },
    write: (written, signal) => void kept.set(written, signal),
  };
  const requests: { readonly asker: Asker; answer(price: number): void; fail(error: BackendError): void }[] = [];
  const signals = createSignals({
    ask: (_query, asker) =>
      new Promise((resolve, reject) =>
        requests.push({
          asker,
          answer: (entryPrice) => resolve({ ...someSignal, entryPrice }),
          fail: reject,
        }),
      ),
    ...{ cache, clock, freshMs, staleMs },
    publish: (event) => events.push(event),
  });
  const fetch = (asker = person(), notBefore?: Date) => signals.fetchSignal(query, asker, notBefore);
  const keep = (ageMs: number, entryPrice = 1) =>
    kept.set(key, { signal: { ...someSignal, entryPrice }, saidAtMs: clock.now() - ageMs });
  /** The next request, as soon as it is there. */
  const request = async (index: number) => {
    await expect.poll(() => requests.length).toBeGreaterThan(index);
    const found = requests[index];
    if (found === undefined) throw new Error("no request");
    return found;
  };
  return { clock, events, requests, signals, fetch, keep, kept, request };
}

const failure = (kind: BackendErrorKind, spared?: "budget") =>
  new BackendError(kind, "fetchSignal", spared === undefined ? {} : { spared });

describe("a signal", () => {
  it("of the last minute is given again without asking", async () => {
    const { clock, requests, fetch, keep } = setUp();
    keep(freshMs - 1, 1.1);
    expect(await fetch()).toMatchObject({ signal: { entryPrice: 1.1 }, outdated: undefined });
    expect(requests).toEqual([]);
    await clock.advance(1);
    expect(await fetch()).toMatchObject({ outdated: "refreshing" });
  });

  it("that nobody has asked for yet is asked for, and kept", async () => {
    const { clock, fetch, kept, request, events } = setUp();
    const answer = fetch();
    (await request(0)).answer(1.2);
    expect(await answer).toEqual({ signal: { ...someSignal, entryPrice: 1.2 }, saidAt: new Date(clock.now()) });
    expect(kept.get(key)).toEqual({ signal: { ...someSignal, entryPrice: 1.2 }, saidAtMs: clock.now() });
    expect(events).toEqual([{ kind: "signalGiven", from: "backend", freshness: "new", priority: "person" }]);
  });

  it("is asked for once for all who ask at the same time, and one who gives up leaves it to the others", async () => {
    const { fetch, requests, request } = setUp();
    const impatient = new AbortController();
    const given = fetch(person(impatient.signal));
    const others = [fetch(), fetch(), fetch()];
    impatient.abort();
    await expect(given).rejects.toMatchObject({ kind: "aborted" });
    (await request(0)).answer(1.3);
    for (const answer of await Promise.all(others)) expect(answer.signal.entryPrice).toBe(1.3);
    expect(requests).toHaveLength(1);
  });

  it("that is some minutes old is given at once, and is new for the next", async () => {
    const { fetch, keep, request } = setUp();
    keep(staleMs - 1, 1.1);
    expect(await fetch()).toMatchObject({ signal: { entryPrice: 1.1 }, outdated: "refreshing" });
    const { asker, answer } = await request(0);
    expect(asker.priority).toBe("refresh");
    answer(1.4);
    await settle();
    expect(await fetch()).toMatchObject({ signal: { entryPrice: 1.4 }, outdated: undefined });
  });

  it("that is older is waited for", async () => {
    const { fetch, keep, request } = setUp();
    keep(staleMs, 1.1);
    const answer = fetch();
    (await request(0)).answer(1.5);
    expect(await answer).toMatchObject({ signal: { entryPrice: 1.5 }, outdated: undefined });
  });

  it.each<BackendErrorKind>(["busy", "down", "slow", "badAnswer", "refused"])(
    "that is older is given with its age while the backend fails (%s)",
    async (kind) => {
      const { clock, fetch, keep, request } = setUp();
      keep(staleMs, 1.1);
      const answer = fetch();
      (await request(0)).fail(failure(kind));
      expect(await answer).toMatchObject({
        signal: { entryPrice: 1.1 },
        saidAt: new Date(clock.now() - staleMs),
        outdated: kind,
      });
    },
  );

  it.each<BackendErrorKind>(["unknownPair", "ourFault"])(
    "is not given in place of a real refusal (%s)",
    async (kind) => {
      const { fetch, keep, request } = setUp();
      keep(staleMs);
      const answer = fetch();
      (await request(0)).fail(failure(kind));
      await expect(answer).rejects.toMatchObject({ kind });
    },
  );

  it("that could not be refreshed says why, until it could", async () => {
    const { fetch, keep, request } = setUp();
    keep(freshMs);
    expect((await fetch()).outdated).toBe("refreshing");
    (await request(0)).fail(failure("slow"));
    await settle();
    expect((await fetch()).outdated).toBe("slow");
    (await request(1)).answer(1.6);
    await settle();
    expect((await fetch()).outdated).toBeUndefined();
  });

  it("fails when there is none at all", async () => {
    const { fetch, request } = setUp();
    const answer = fetch();
    (await request(0)).fail(failure("down"));
    await expect(answer).rejects.toMatchObject({ kind: "down" });
  });

  it("of a pair without data is not asked for again for a minute", async () => {
    const { clock, fetch, requests, request } = setUp();
    const answer = fetch();
    (await request(0)).fail(failure("unknownPair"));
    await expect(answer).rejects.toMatchObject({ kind: "unknownPair" });
    await expect(fetch()).rejects.toMatchObject({ kind: "unknownPair" });
    expect(requests).toHaveLength(1);
    await clock.advance(freshMs);
    void fetch();
    await request(1);
  });

  it("said since a given time counts as new, and one before it does not, however young", async () => {
    const { clock, fetch, keep, requests } = setUp();
    const since = new Date(clock.now());
    await clock.advance(10 * 60_000);
    keep(9 * 60_000, 1.7);
    expect(await fetch({ ...person(), priority: "scan" }, since)).toMatchObject({ outdated: undefined });
    expect(requests).toEqual([]);
    void fetch({ ...person(), priority: "scan" }, new Date(clock.now() - 1_000));
    await expect.poll(() => requests).toHaveLength(1);
  });

  it("is asked for anew for a person when the one who asked first was refused for want of budget", async () => {
    const { fetch, requests, request } = setUp();
    const scan = fetch({ ...person(), priority: "scan" });
    await request(0);
    const answer = fetch();
    await settle();
    requests[0]?.fail(failure("busy", "budget"));
    await expect(scan).rejects.toMatchObject({ kind: "busy" });
    const { asker, answer: say } = await request(1);
    expect(asker.priority).toBe("person");
    say(1.8);
    expect((await answer).signal.entryPrice).toBe(1.8);
  });
});
