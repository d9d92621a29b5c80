import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BackendError } from "../../src/backend/backend.ts";
import { Circuits } from "../../src/backend/circuits.ts";

// The library reads the time from Date; nothing here waits.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

const never = new AbortController().signal;
const down = () => Promise.reject(new BackendError("down", "test", { status: 503 }));
const notFound = () => Promise.reject(new BackendError("notFound", "test", { status: 404 }));
const fine = () => Promise.resolve("fine");
/** Longer than any pause of the circuit. */
const longestPauseMs = 60_000;

function setUp() {
  const states: string[] = [];
  const circuits = new Circuits({ onState: (family, state) => states.push(`${family} ${state}`) });
  const run = (send: () => Promise<unknown>, path = "/trading/signal", signal = never) =>
    circuits.run(path, "test", signal, send).catch((error: unknown) => error);
  const open = async () => {
    for (let i = 0; i < 5; i += 1) await run(down);
  };
  return { circuits, states, run, open };
}

describe("a circuit", () => {
  it("opens after five failures in a row, and then nothing is sent", async () => {
    const { circuits, states, run, open } = setUp();
    await open();
    const send = vi.fn(fine);
    expect(await run(send)).toMatchObject({ kind: "down", spared: "circuit" });
    expect(send).not.toHaveBeenCalled();
    expect(states).toEqual(["trading open"]);
    expect(circuits.states.get("trading")).toBe("open");
  });

  it("stays closed as long as something is answered between the failures, be it a refusal", async () => {
    const { circuits, run } = setUp();
    for (let i = 0; i < 20; i += 1) {
      for (let failures = 0; failures < 4; failures += 1) await run(down);
      expect(await run(notFound)).toMatchObject({ kind: "notFound", status: 404 });
    }
    expect(circuits.states.get("trading")).toBe("closed");
  });

  it("does not open because callers gave up or the budget was out", async () => {
    const { circuits, run } = setUp();
    for (let i = 0; i < 20; i += 1) {
      await run(() => Promise.reject(new BackendError("aborted", "test")));
      await run(() => Promise.reject(new BackendError("busy", "test", { spared: "budget" })));
    }
    expect(circuits.states.get("trading")).toBe("closed");
  });

  it("lets one through after a while, and keeps nobody waiting for what becomes of it", async () => {
    const { circuits, run, open } = setUp();
    await open();
    vi.advanceTimersByTime(longestPauseMs);
    let answer = (_text: string): void => {};
    const probe = run(() => new Promise((resolve) => (answer = resolve)));
    await vi.waitFor(() => expect(circuits.states.get("trading")).toBe("halfOpen"));
    expect(await run(fine)).toMatchObject({ kind: "down", spared: "circuit" });
    answer("there");
    expect(await probe).toBe("there");
    expect(await run(fine)).toBe("fine");
  });

  it.each([
    ["fails", down],
    ["is given up by its caller", () => Promise.reject(new BackendError("aborted", "test"))],
    ["was not sent after all", () => Promise.reject(new BackendError("busy", "test", { spared: "budget" }))],
  ])("stays open when the one let through %s", async (_how, probe) => {
    const { circuits, run, open } = setUp();
    await open();
    vi.advanceTimersByTime(longestPauseMs);
    await run(probe);
    expect(circuits.states.get("trading")).toBe("open");
  });

  it("belongs to one family of routes: the others go on", async () => {
    const { run, open } = setUp();
    await open();
    expect(await run(fine, "/notifications/preferences")).toBe("fine");
  });
});

describe("a bulkhead", () => {
  it("sends 128 at once and the next as soon as one has ended, and turns away who would only time out", async () => {
    const { run } = setUp();
    const ends: ((text: string) => void)[] = [];
    const hanging = () => new Promise<string>((resolve) => ends.push(resolve));
    const running = Array.from({ length: 628 }, () => run(hanging));
    await vi.waitFor(() => expect(ends).toHaveLength(128));
    expect(await run(fine)).toMatchObject({ kind: "busy", spared: "bulkhead" });
    expect(await run(fine, "/discord/trades")).toBe("fine");
    for (let ended = 0; ended < 628; ended += 1) {
      await vi.waitFor(() => expect(ends.length).toBeGreaterThan(ended));
      ends[ended]?.("done");
    }
    expect(await Promise.all(running)).toEqual(Array(628).fill("done"));
  });

  it("sends nothing for who gave up in line", async () => {
    const { run } = setUp();
    const ends: ((text: string) => void)[] = [];
    for (let i = 0; i < 128; i += 1) void run(() => new Promise<string>((resolve) => ends.push(resolve)));
    const caller = new AbortController();
    const send = vi.fn(fine);
    const waiting = run(send, "/trading/signal", caller.signal);
    caller.abort();
    for (const end of ends) end("done");
    expect(await waiting).toMatchObject({ kind: "aborted" });
    expect(send).not.toHaveBeenCalled();
  });
});
