import { beforeEach, describe, expect, it } from "vitest";
import { type Asker, BackendError, type SignalAnswer, type SignalQuery } from "../../src/backend/backend.ts";
import { createScanCommand } from "../../src/commands/scan.ts";
import type { Answer, CommandRequest, OptionValue } from "../../src/interactions/index.ts";
import { read } from "../presentation/reading.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { ask, refusalOf, requestOf } from "./asking.ts";
import { someSignal } from "./fake-backend.ts";

const listed = ["EUR/USD", "GBP/USD", "USD/JPY", "EUR/GBP", "AUD/USD"];

let clock: VirtualClock;
let asked: { readonly query: SignalQuery; readonly asker: Asker; readonly notBefore: Date | undefined }[];
let inFlight: number;
let mostInFlight: number;
/** What the backend says about a pair; a new hold when it says nothing. */
let says: Map<string, () => Promise<Partial<SignalAnswer>>>;
let command: ReturnType<typeof createScanCommand>;

beforeEach(() => {
  clock = new VirtualClock();
  [asked, inFlight, mostInFlight, says] = [[], 0, 0, new Map()];
  command = createScanCommand({
    clock,
    backend: {
      listPairs: async () => listed,
      async fetchSignal(query, asker, notBefore) {
        asked.push({ query, asker, notBefore });
        inFlight += 1;
        mostInFlight = Math.max(mostInFlight, inFlight);
        await Promise.resolve();
        inFlight -= 1;
        const { signal = hold, ...more } = (await says.get(query.pair)?.()) ?? {};
        return { signal: { ...signal, pair: query.pair }, saidAt: new Date(clock.now()), outdated: undefined, ...more };
      },
    },
  });
});

const hold = { ...someSignal, direction: "hold", strength: "weak", confidence: 0.5 } as const;
const failing = (kind: BackendError["kind"]) => async () => Promise.reject(new BackendError(kind, "fetchSignal"));
const refused = (retryAfterMs: number) => new BackendError("busy", "fetchSignal", { retryAfterMs, spared: "budget" });
const pairsAsked = () => asked.map(({ query }) => query.pair);

/** Starts it, and what it shows meanwhile. */
function start(options: Readonly<Record<string, OptionValue>> = {}, more: Partial<CommandRequest> = {}) {
  const shown: string[] = [];
  const show = async (answer: Answer): Promise<void> => void shown.push(read(answer));
  const scan = command.execute({ ...requestOf(options, more), show });
  scan.catch(() => {});
  return { scan, shown };
}

describe("/scan", () => {
  it("is for the person alone", () => {
    expect(command.visibility).toBe("private");
  });

  it("asks for every pair the backend lists, a few at once, after everybody who waits for one", async () => {
    await ask(command, { timeframe: "4h" });
    expect(pairsAsked()).toEqual(listed);
    expect(mostInFlight).toBe(3);
    const { usedAt, person } = requestOf();
    for (const { query, asker, notBefore } of asked) {
      expect(query.timeframe).toBe("4h");
      expect(asker).toMatchObject({ priority: "scan", personId: person.id });
      expect(notBefore).toEqual(usedAt);
    }
  });

  it("asks only for the pairs that are named, on one-hour candles when none are chosen", async () => {
    await ask(command, { pairs: "usdjpy, eur/gbp" });
    expect(asked.map(({ query }) => query)).toEqual([
      { pair: "USD/JPY", timeframe: "1h" },
      { pair: "EUR/GBP", timeframe: "1h" },
    ]);
  });

  it("refuses in words what it cannot read, and asks the backend nothing", async () => {
    expect(await refusalOf(command, { pairs: "usdjpy gold" })).toContain("“gold” cannot be read");
    expect(await refusalOf(command, { timeframe: "7h" })).toContain("timeframe must be one of");
    expect(asked).toEqual([]);
  });

  it("ranks trades first, and names what is out of date, without data or not known", async () => {
    says.set("USD/JPY", async () => ({ signal: { ...someSignal, strength: "strong", confidence: 0.8 } }));
    says.set("GBP/USD", async () => ({ outdated: "slow" }));
    says.set("EUR/GBP", failing("unknownPair"));
    says.set("AUD/USD", failing("slow"));
    const text = await ask(command);
    expect(text).toContain("5 pairs on 1h\n1. Sell USD/JPY at 1.085: strong, 80 %\n2. Hold EUR/USD: weak, 50 %");
    expect(text).toMatch(/Out of date, not ranked: Hold GBP\/USD, weak, 50 %, from /);
    expect(text).toContain("No market data: EUR/GBP");
    expect(text).toContain("Not known: AUD/USD: the backend did not answer in time");
  });

  it("waits as long as the budget says, shows until when, and asks again", async () => {
    let refusals = 0;
    says.set("GBP/USD", async () => {
      refusals += 1;
      if (refusals < 3) throw refused(60_000);
      return {};
    });
    const { scan, shown } = start();
    await clock.advance(60_000);
    expect(shown.at(-1)).toMatch(/4 of 5\nThe trading backend answers only so many questions in a while; this goes on/);
    await clock.advance(59_999);
    expect(pairsAsked().filter((pair) => pair === "GBP/USD")).toHaveLength(2);
    await clock.advance(1);
    expect(read(await scan)).toContain("Hold GBP/USD");
  });

  it("lists a pair that fails otherwise, also for a bulkhead that says no time, and does not ask again", async () => {
    says.set("GBP/USD", async () => Promise.reject(new BackendError("busy", "fetchSignal", { spared: "bulkhead" })));
    expect(await ask(command)).toContain("Not known: GBP/USD: the backend is busy");
    expect(asked).toHaveLength(5);
  });

  it("fails as one question does when nothing is known of any pair", async () => {
    for (const pair of listed) says.set(pair, failing("down"));
    await expect(start().scan).rejects.toMatchObject({ code: "BACKEND_FAILED", kind: "down" });
  });

  it("says so when there is no data for any pair", async () => {
    for (const pair of listed) says.set(pair, failing("unknownPair"));
    expect(await ask(command)).toContain("No market data: EUR/USD, GBP/USD, USD/JPY, EUR/GBP, AUD/USD");
  });

  it("shows how far it is every two seconds at most, and nothing when it is done sooner", async () => {
    for (const pair of listed)
      says.set(pair, () => new Promise((resolve) => void clock.schedule(1_000, () => resolve({}))));
    const quick = start({ pairs: "EURUSD" });
    await clock.advance(1_500);
    await quick.scan;
    expect(quick.shown).toEqual([]);
    const slow = start();
    await clock.advance(2_000);
    await slow.scan;
    expect(slow.shown).toEqual(["Scanning on 1h: ███████░░░░░ 3 of 5"]);
  });

  it("stops asking when nobody needs it any more", async () => {
    const stopping = new AbortController();
    says.set("GBP/USD", async () =>
      Promise.reject(stopping.signal.aborted ? new BackendError("aborted", "x") : refused(60_000)),
    );
    const { scan } = start({}, { signal: stopping.signal });
    await clock.advance(1_000);
    stopping.abort();
    await expect(scan).rejects.toMatchObject({ kind: "aborted" });
    expect(clock.pending).toBe(0);
  });

  it("leaves room for others, however many scan", async () => {
    for (const pair of listed)
      says.set(pair, () => new Promise((resolve) => void clock.schedule(1_000, () => resolve({}))));
    const scans = Array.from({ length: 5 }, () => start().scan);
    await clock.advance(0);
    expect(asked).toHaveLength(6);
    await clock.advance(10_000);
    await Promise.all(scans);
    expect(asked).toHaveLength(25);
  });
});
