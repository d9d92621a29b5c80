import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Backend, Priority } from "../../src/backend/backend.ts";
import { createBackend } from "../../src/backend/client.ts";
import type { BackendEvent } from "../../src/backend/events.ts";
import { createMemoryPositionDetails } from "../../src/backend/position-details.ts";
import type { SignalJobStore } from "../../src/backend/signal-job-store.ts";
import { SignalJobs } from "../../src/backend/signal-jobs.ts";
import { type SandboxBackend, startSandboxBackend } from "../../src/sandbox/backend/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { calls, plainOptions } from "./support.ts";

const noStore: SignalJobStore = {
  readOpen: async () => undefined,
  writeOpen: () => {},
  removeOpen: () => {},
  readResult: async () => undefined,
  writeResult: () => {},
  announce: () => {},
};

let clock: VirtualClock;
let sandbox: SandboxBackend;
let events: BackendEvent[];
let jobs: SignalJobs;
let backend: ReturnType<typeof create>;

const create = (withJobs: boolean) =>
  createBackend({
    ...{ url: sandbox.url, apiKey: sandbox.apiKey, timeoutMs: 30_000, clock, details: createMemoryPositionDetails() },
    ...plainOptions,
    ...(withJobs && { jobs }),
    publish: (event) => void events.push(event),
  });

beforeEach(async () => {
  clock = new VirtualClock();
  events = [];
  sandbox = await startSandboxBackend({ rateLimit: "off" });
  sandbox.setSignalJobs({ by: "never" });
  jobs = new SignalJobs({ store: noStore, clock, timeoutMs: 300_000, publish: (event) => void events.push(event) });
  backend = create(true);
});
afterEach(() => sandbox.close());

const asker = (signal = new AbortController().signal, priority: Priority = "person") => ({ signal, priority });
const fetch = (pair: string, by: Backend = backend, signal?: AbortSignal) => by.fetchSignal({ pair }, asker(signal));
const answered = (count: number) => expect.poll(() => calls(events).length, { timeout: 15_000 }).toBe(count);
const deliver = (jobId: string, pair: string) =>
  jobs.receive(JSON.stringify({ jobId, signal: { pair, signal: "buy" } }), "channel");

describe("a signal that the backend answers with a job", () => {
  it("is waited for longer than one call may take, by all who ask for it, with one request", async () => {
    const all = ["a", "b"].map(() => fetch("EUR/USD"));
    await answered(1);
    await clock.advance(200_000);
    const late = fetch("EUR/USD");
    await clock.advance(0);
    deliver(sandbox.jobs[0]?.jobId ?? "", "EUR/USD");
    for (const answer of await Promise.all([...all, late])) {
      expect(answer).toMatchObject({ signal: { pair: "EUR/USD", direction: "buy" }, outdated: undefined });
    }
    expect(sandbox.requests).toHaveLength(1);
  });

  it("holds no place at the backend while it is waited for, and opens no circuit", async () => {
    const pairs = Array.from(
      { length: 30 },
      (_, index) => `A${String.fromCharCode(65 + (index % 26))}${index < 26 ? "A" : "B"}/USD`,
    );
    for (const pair of pairs) sandbox.setSignal(pair, {});
    const all = pairs.map((pair) => fetch(pair));
    // More than the bulkhead lets through at once.
    await answered(30);
    await clock.advance(100_000);
    expect(events.filter(({ kind }) => kind === "backendCircuit" || kind === "backendSpared")).toEqual([]);
    for (const { jobId, pair } of sandbox.jobs) deliver(jobId, pair);
    expect(await Promise.all(all)).toHaveLength(30);
    expect(calls(events).map(({ outcome }) => outcome)).toEqual(Array.from({ length: 30 }, () => "ok"));
  });

  it("is left by one who gives up, and is there for the others", async () => {
    const leaving = new AbortController();
    const [left, stays] = [fetch("EUR/USD", backend, leaving.signal), fetch("EUR/USD")];
    await answered(1);
    leaving.abort();
    await expect(left).rejects.toMatchObject({ kind: "aborted" });
    deliver(sandbox.jobs[0]?.jobId ?? "", "EUR/USD");
    expect(await stays).toMatchObject({ signal: { direction: "buy" } });
  });

  it("is a signal at once where the backend computes it at once", async () => {
    sandbox.setSignalJobs("off");
    sandbox.setSignal("EUR/USD", { signal: "sell" });
    expect(await fetch("EUR/USD")).toMatchObject({ signal: { direction: "sell" } });
  });

  it("makes no sense to a client that has no way to hear of results", async () => {
    await expect(fetch("EUR/USD", create(false))).rejects.toMatchObject({ kind: "badAnswer" });
  });
});
