import { beforeEach, describe, expect, it } from "vitest";
import { BackendError } from "../../src/backend/backend.ts";
import type { BackendEvent } from "../../src/backend/events.ts";
import type { Signal } from "../../src/backend/signal.ts";
import type { KeptSignal } from "../../src/backend/signal-cache.ts";
import type { KeptResult, OpenJobs, SignalJobStore } from "../../src/backend/signal-job-store.ts";
import { type SignalJob, SignalJobs } from "../../src/backend/signal-jobs.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const timeoutMs = 300_000;
const key = "EUR/USD 1h";
const pair = "EUR/USD";

/** What two processes share; `down` keeps nothing and gives nothing. */
class SharedStore implements SignalJobStore {
  down = false;
  readonly open = new Map<string, OpenJobs>();
  readonly results = new Map<string, KeptResult>();
  readonly announced: string[] = [];

  readOpen = async (of: string) => (this.down ? undefined : this.open.get(of));
  writeOpen = (of: string, open: OpenJobs) => void (this.down || this.open.set(of, open));
  removeOpen = (of: string) => void this.open.delete(of);
  readResult = async (jobId: string) => (this.down ? undefined : this.results.get(jobId));
  writeResult = (jobId: string, result: KeptResult) => void (this.down || this.results.set(jobId, result));
  announce = (text: string) => void (this.down || this.announced.push(text));
}

let clock: VirtualClock;
let store: SharedStore;
let events: BackendEvent[];
/** Answered one after the other; the last one is answered again. */
let answers: (SignalJob | BackendError)[];
let asked: number;
let jobs: SignalJobs;

beforeEach(() => {
  clock = new VirtualClock();
  store = new SharedStore();
  [events, answers, asked] = [[], [{ jobId: "a" }], 0];
  jobs = another();
});

/** The same bot in another process, or after a restart. */
const another = () => new SignalJobs({ store, clock, timeoutMs, publish: (event) => void events.push(event) });

const ask = async (): Promise<SignalJob> => {
  const answer = answers[Math.min(asked, answers.length - 1)];
  asked += 1;
  if (answer === undefined || answer instanceof BackendError) throw answer;
  return answer;
};

/** Asks for the signal; what became of it, once something has. */
function fetch(by = jobs, of = key) {
  const state: { outcome?: Signal | KeptSignal | BackendError } = {};
  by.fetch(of, of.slice(0, 7), ask).then(
    (signal) => {
      state.outcome = signal;
    },
    (error: BackendError) => {
      state.outcome = error;
    },
  );
  return state;
}

const result = (jobId: string, more: object = {}) =>
  JSON.stringify({ jobId, signal: { pair, signal: "buy", confidence: 0.8, ...more } });
const bought = { signal: expect.objectContaining({ pair, direction: "buy", confidence: 0.8 }) };
const steps = () => events.flatMap((event) => (event.kind === "signalJob" ? [event.step] : []));

describe("a signal that the backend computes as a job", () => {
  it("is there when its result comes, and was said then", async () => {
    const fetched = fetch();
    await clock.advance(60_000);
    expect(fetched.outcome).toBeUndefined();
    expect(jobs.receive(result("a"), "channel")).toBe(true);
    await clock.advance(0);
    expect(fetched.outcome).toEqual({ ...bought, saidAtMs: clock.now() });
    expect({ asked, open: store.open.size, steps: steps() }).toEqual({
      asked: 1,
      open: 0,
      steps: ["opened", "answered"],
    });
  });

  it("is there at once when its result came before the answer that names the job, as old as it is", async () => {
    const cameAtMs = clock.now();
    jobs.receive(result("a"), "channel");
    await clock.advance(20_000);
    const fetched = fetch();
    await clock.advance(0);
    expect(fetched.outcome).toEqual({ ...bought, saidAtMs: cameAtMs });
  });

  it("is not taken from results of other jobs", async () => {
    const fetched = fetch();
    await clock.advance(0);
    jobs.receive(result("b"), "channel");
    await clock.advance(1_000);
    expect(fetched.outcome).toBeUndefined();
  });

  it("is waited for by the process that goes on, which does not ask for a second job", async () => {
    fetch();
    await clock.advance(100_000);
    const next = another();
    const fetched = fetch(next);
    await clock.advance(1_000);
    expect(asked).toBe(1);
    next.receive(result("a"), "channel");
    await clock.advance(0);
    expect(fetched.outcome).toMatchObject(bought);
    expect(steps()).toEqual(["opened", "found", "answered"]);
  });

  it("is found by a process that did not hear of it, because another did", async () => {
    const deaf = another();
    const fetched = fetch(deaf);
    await clock.advance(0);
    jobs.receive(result("a"), "channel");
    await clock.advance(5_000);
    expect(fetched.outcome).toMatchObject(bought);
  });

  it("is asked for once more when no result comes, and given up when none comes then", async () => {
    answers = [{ jobId: "a" }, { jobId: "b" }];
    const fetched = fetch();
    await clock.advance(timeoutMs - 1);
    expect(asked).toBe(1);
    await clock.advance(1);
    expect(asked).toBe(2);
    await clock.advance(timeoutMs);
    expect(fetched.outcome).toMatchObject({ code: "BACKEND_FAILED", kind: "slow" });
    expect({ asked, open: store.open.size, pending: clock.pending }).toEqual({ asked: 2, open: 0, pending: 0 });
  });

  it.each(["a", "b"])("is there by the first or the second of its jobs: %s", async (jobId) => {
    answers = [{ jobId: "a" }, { jobId: "b" }];
    const fetched = fetch();
    await clock.advance(timeoutMs + 1_000);
    jobs.receive(result(jobId), "channel");
    await clock.advance(0);
    expect(fetched.outcome).toMatchObject(bought);
  });

  it("is asked for twice at most also when the process changes in between", async () => {
    answers = [{ jobId: "a" }, { jobId: "b" }, { jobId: "c" }];
    fetch();
    await clock.advance(timeoutMs + 1_000);
    const fetched = fetch(another());
    await clock.advance(timeoutMs);
    expect(fetched.outcome).toMatchObject({ kind: "slow" });
    expect(asked).toBe(2);
  });

  it("fails when its job fails, without saying how, and is asked for anew by the next", async () => {
    answers = [{ jobId: "a" }, { jobId: "b" }];
    const fetched = fetch();
    await clock.advance(0);
    jobs.receive(JSON.stringify({ jobId: "a", error: "SELECT password" }), "channel");
    await clock.advance(0);
    expect(fetched.outcome).toMatchObject({ kind: "down" });
    expect(String(fetched.outcome)).not.toContain("SELECT");
    fetch();
    await clock.advance(0);
    expect(asked).toBe(2);
  });

  it("is no signal of another pair", async () => {
    const fetched = fetch();
    await clock.advance(0);
    jobs.receive(result("a", { pair: "USD/JPY" }), "channel");
    await clock.advance(0);
    expect(fetched.outcome).toMatchObject({ kind: "badAnswer" });
  });

  it("fails as the backend fails when even the job cannot be had", async () => {
    answers = [new BackendError("busy", "fetchSignal", { retryAfterMs: 5_000 })];
    const fetched = fetch();
    await clock.advance(0);
    expect(fetched.outcome).toBe(answers[0]);
  });

  it("works without Redis, in memory", async () => {
    store.down = true;
    const fetched = fetch();
    await clock.advance(10_000);
    jobs.receive(result("a"), "hook");
    await clock.advance(0);
    expect(fetched.outcome).toMatchObject(bought);
  });
});

describe("a result", () => {
  it("that came to one process alone is told to the others, and one that all heard is not", () => {
    jobs.receive(result("a"), "channel");
    expect(store.announced).toEqual([]);
    jobs.receive(result("b"), "hook");
    expect(store.announced).toEqual([result("b")]);
  });

  it("changes nothing when it comes again, not even its age, before, during or after", async () => {
    jobs.receive(result("a"), "hook");
    const cameAtMs = clock.now();
    await clock.advance(10_000);
    for (let times = 0; times < 5; times += 1) jobs.receive(result("a", { confidence: 0.1 }), "hook");
    const fetched = fetch();
    await clock.advance(0);
    expect(fetched.outcome).toEqual({ ...bought, saidAtMs: cameAtMs });
    jobs.receive(result("a"), "hook");
    expect(store.open.size).toBe(0);
  });

  it("that nobody waits for is kept for a while, and not for ever", async () => {
    store.down = true;
    jobs.receive(result("a"), "channel");
    await clock.advance(timeoutMs + 1_000);
    const fetched = fetch();
    await clock.advance(1_000);
    expect(fetched.outcome).toBeUndefined();
  });

  it.each<readonly [string, string]>([
    ["not JSON", "{"],
    ["an array", "[]"],
    ["no job", JSON.stringify({ signal: { signal: "buy" } })],
    ["a job that is a number", JSON.stringify({ jobId: 7, signal: { signal: "buy" } })],
    ["a job with a line break", JSON.stringify({ jobId: "a\nb", signal: { signal: "buy" } })],
    ["a job of a thousand letters", JSON.stringify({ jobId: "a".repeat(1_000), signal: { signal: "buy" } })],
    ["neither a signal nor an error", JSON.stringify({ jobId: "a" })],
    ["both", JSON.stringify({ jobId: "a", signal: { signal: "buy" }, error: "x" })],
    ["a signal without a word", JSON.stringify({ jobId: "a", signal: { pair } })],
    ["a signal that is a word", JSON.stringify({ jobId: "a", signal: "buy" })],
    ["megabytes", JSON.stringify({ jobId: "a", signal: { signal: "buy", x: "x".repeat(40_000) } })],
  ])("is none: %s", async (_what, text) => {
    const fetched = fetch();
    await clock.advance(0);
    expect(jobs.receive(text, "channel")).toBe(false);
    await clock.advance(10_000);
    expect(fetched.outcome).toBeUndefined();
    expect(events).toContainEqual({ kind: "signalResultRefused", by: "channel" });
    expect(store.results.size).toBe(0);
  });

  it.each(["error", "newListener", "__proto__", "constructor"])("may be of a job called %s", async (jobId) => {
    answers = [{ jobId }];
    jobs.receive(result("unrelated"), "channel");
    const fetched = fetch();
    await clock.advance(0);
    jobs.receive(result(jobId), "channel");
    await clock.advance(0);
    expect(fetched.outcome).toMatchObject(bought);
  });
});
