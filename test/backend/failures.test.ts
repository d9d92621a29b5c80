import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import {
  type Asker,
  type Backend,
  BackendError,
  type BackendErrorKind,
  type Position,
} from "../../src/backend/backend.ts";
import { createBackend } from "../../src/backend/client.ts";
import { createMemoryPositionDetails } from "../../src/backend/position-details.ts";
import type { BackendFault } from "../../src/sandbox/backend/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import {
  alice,
  apiKey,
  askerWith,
  type Bench,
  calls as callsIn,
  patient,
  plainOptions,
  plainTimeoutMs,
  setUp,
  subscriptionsApiKey,
  throughPauses,
  timeoutMs,
} from "./support.ts";

const position: Position = {
  id: "721582e3-32cc-4eda-b28f-291d73ece2db",
  pair: "EUR/USD",
  action: "buy",
  entryPrice: 1.085,
};

/** Every call that can fail, and its deadline. */
const calls: Record<string, { readonly deadlineMs: number; run(backend: Backend, asker: Asker): Promise<unknown> }> = {
  fetchSignal: { deadlineMs: timeoutMs, run: (backend, asker) => backend.fetchSignal({ pair: "EUR/USD" }, asker) },
  openPosition: {
    deadlineMs: plainTimeoutMs,
    run: (backend, asker) => backend.openPosition(alice, { ...position, size: 1 }, asker),
  },
  listOpenPositions: { deadlineMs: plainTimeoutMs, run: (backend, asker) => backend.listOpenPositions(alice, asker) },
  closePosition: {
    deadlineMs: plainTimeoutMs,
    run: (backend, asker) => backend.closePosition(position, 1.09, asker),
  },
  readPreferences: { deadlineMs: plainTimeoutMs, run: (backend, asker) => backend.readPreferences(alice, asker) },
  savePreferences: {
    deadlineMs: plainTimeoutMs,
    run: (backend, asker) => backend.savePreferences(alice, { riskLevel: 3 }, asker),
  },
  subscribe: {
    deadlineMs: plainTimeoutMs,
    run: (backend, asker) => backend.subscribe(alice, "EUR/USD", "all", asker),
  },
  unsubscribe: { deadlineMs: plainTimeoutMs, run: (backend, asker) => backend.unsubscribe(alice, "EUR/USD", asker) },
  listSubscriptions: { deadlineMs: plainTimeoutMs, run: (backend, asker) => backend.listSubscriptions(alice, asker) },
};

const kinds: [BackendFault["kind"], BackendErrorKind, number | undefined][] = [
  ["429", "busy", 429],
  ["500", "down", 500],
  ["503", "down", 503],
  ["reset", "down", undefined],
  ["malformed", "badAnswer", 200],
];

describe.each(Object.entries(calls))("%s", (_name, { run, deadlineMs }) => {
  it.each(kinds)("when the backend does %s, fails as %s", async (fault, kind, status) => {
    const bench = await setUp();
    const { backend, sandbox, events } = bench;
    sandbox.addFault({ kind: fault });
    const error = await failureOf(throughPauses(bench, run(backend, patient())));
    expect(error).toMatchObject({ kind, status });
    expect(events.at(-1)).toMatchObject({ outcome: kind });
  });

  it.each(["hang", "stall"] as const)(
    "when the backend does %s, is slow at its deadline and not before",
    async (fault) => {
      const bench = await setUp();
      bench.sandbox.addFault({ kind: fault });
      const failure = failureOf(run(bench.backend, patient()));
      await expect.poll(() => bench.asked()).toHaveLength(1);
      await bench.clock.advance(deadlineMs - 1);
      expect(bench.events).toEqual([]);
      await bench.clock.advance(1);
      expect(await failure).toMatchObject({ kind: "slow", status: undefined });
      expect(bench.events).toMatchObject([{ outcome: "slow", durationMs: deadlineMs }]);
    },
  );

  it("ends at once when its caller gives up", async () => {
    const { backend, sandbox, asked } = await setUp();
    sandbox.addFault({ kind: "hang" });
    const caller = new AbortController();
    const failure = failureOf(run(backend, askerWith(caller.signal)));
    await expect.poll(() => asked()).toHaveLength(1);
    caller.abort();
    expect(await failure).toMatchObject({ kind: "aborted" });
  });

  it("waits for an answer that is merely late", async () => {
    const { backend, sandbox, events } = await setUp();
    sandbox.addFault({ kind: "latency", ms: 20, times: 1 });
    await run(backend, patient()).catch((error: unknown) => expect(error).toMatchObject({ kind: "notFound" }));
    expect(callsIn(events)[0]?.status).toBeDefined();
  });

  it("carries no key, whatever goes wrong", async () => {
    for (const [kind] of kinds) {
      const bench = await setUp();
      bench.sandbox.addFault({ kind });
      expectNoSecret(await failureOf(throughPauses(bench, run(bench.backend, patient()))));
    }
  });
});

describe("refusals", () => {
  const withKey = ({ sandbox }: Bench, key: string) =>
    createBackend({
      url: `${sandbox.url}/api/v1/`,
      apiKey: key,
      timeoutMs,
      ...plainOptions,
      clock: new VirtualClock(),
      details: createMemoryPositionDetails(),
      publish: () => {},
    });

  it("of a wrong key are one kind, whether the backend says 401 or 403", async () => {
    const backend = withKey(await setUp(), "wrong-but-secret");
    const trading = await failureOf(backend.fetchSignal({ pair: "EUR/USD" }, patient()));
    expect(trading).toMatchObject({ kind: "refused", status: 401 });
    const discord = await failureOf(backend.listOpenPositions(alice, patient()));
    expect(discord).toMatchObject({ kind: "refused", status: 403 });
    for (const error of [trading, discord]) expect(inspect(error, { depth: 10 })).not.toContain("wrong-but-secret");
  });

  it("of the right key do not happen, with a URL that already ends in /api/v1", async () => {
    const backend = withKey(await setUp(), apiKey);
    expect(await backend.fetchSignal({ pair: "EUR/USD" }, patient())).toMatchObject({ signal: { pair: "EUR/USD" } });
    expect(await backend.listOpenPositions(alice, patient())).toEqual([]);
  });

  it("of a request we should not have sent are our fault", async () => {
    const { backend } = await setUp();
    expect(await failureOf(backend.fetchSignal({ pair: "nonsense" }, patient()))).toMatchObject({
      kind: "ourFault",
      status: 400,
    });
  });
});

describe("the rate limit", () => {
  it("is busy, with the time to wait", async () => {
    const { another, backend, asked } = await setUp({ rateLimit: { max: 1, windowMs: 60_000 } });
    await backend.readPreferences(alice, patient());
    const error = await failureOf(another().readPreferences(alice, patient()));
    expect(error).toMatchObject({ kind: "busy", status: 429 });
    expect(error.retryAfterMs).toBeGreaterThan(50_000);
    expect(asked()).toHaveLength(2);
  });

  it("is believed: what is used up is not asked for", async () => {
    const { backend, asked, events } = await setUp({ rateLimit: { max: 1, windowMs: 60_000 } });
    await backend.readPreferences(alice, patient());
    const error = await failureOf(backend.readPreferences(alice, patient()));
    expect(error).toMatchObject({ kind: "busy", status: undefined, spared: "budget" });
    expect(error.retryAfterMs).toBeGreaterThan(50_000);
    expect(asked()).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ kind: "backendSpared", reason: "budget", priority: "person" });
  });
});

it("says down when nobody listens", async () => {
  const bench = await setUp();
  await bench.sandbox.close();
  const error = await failureOf(throughPauses(bench, bench.backend.fetchSignal({ pair: "EUR/USD" }, patient())));
  expect(error).toMatchObject({ kind: "down", status: undefined });
  expectNoSecret(error);
});

it("never shows what the backend says of its database", async () => {
  const bench = await setUp({ mode: "development" });
  bench.sandbox.addFault({ kind: "503" });
  const error = await failureOf(throughPauses(bench, bench.backend.fetchSignal({ pair: "EUR/USD" }, patient())));
  expect(inspect(error, { depth: 10 })).not.toContain("ECONNREFUSED");
});

it("sends nothing for one who has already given up", async () => {
  const { backend, asked } = await setUp();
  expect(await failureOf(backend.fetchSignal({ pair: "EUR/USD" }, askerWith(AbortSignal.abort())))).toMatchObject({
    kind: "aborted",
  });
  expect(asked()).toEqual([]);
});

async function failureOf(call: Promise<unknown>): Promise<BackendError> {
  const outcome = await call.then(
    () => "no failure",
    (error: unknown) => error,
  );
  if (outcome instanceof BackendError) return outcome;
  throw new Error(`expected a BackendError, got ${inspect(outcome)}`);
}

function expectNoSecret(error: BackendError): void {
  const all = `${inspect(error, { depth: 10, showHidden: true })}${JSON.stringify(error)}${error.stack}`;
  for (const secret of [apiKey, subscriptionsApiKey, "authorization", "x-api-key"]) {
    expect(all.toLowerCase()).not.toContain(secret);
  }
  expect(error.cause).toBeUndefined();
}
