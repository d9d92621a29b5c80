import { describe, expect, it } from "vitest";
import type { BackendFault } from "../../src/sandbox/backend/server.ts";
import { alice, askerWith, patient, setUp, throughPauses } from "./support.ts";

describe("probe", () => {
  it("asks the health route once in 30 s, for all who ask", async () => {
    const { backend, clock, asked } = await setUp();
    await Promise.all([backend.probe(patient()), backend.probe(patient())]);
    await clock.advance(29_999);
    expect(await backend.probe(patient())).toMatchObject({ kind: "up", ageMs: 29_999 });
    expect(asked()).toEqual(["GET /health"]);
    await clock.advance(1);
    expect(await backend.probe(patient())).toMatchObject({ kind: "up", ageMs: 0 });
    expect(asked()).toEqual(["GET /health", "GET /health"]);
  });

  it("learns from any call, refusals included, and then asks nothing", async () => {
    const bench = await setUp();
    const { backend, sandbox, asked } = bench;
    await expect(backend.fetchSignal({ pair: "AUD/NZD" }, patient())).rejects.toThrow();
    expect(await backend.probe(patient())).toMatchObject({ kind: "up", latencyMs: expect.any(Number) });
    sandbox.addFault({ kind: "503" });
    await expect(throughPauses(bench, backend.fetchSignal({ pair: "EUR/USD" }, patient()))).rejects.toThrow();
    expect(await backend.probe(patient())).toMatchObject({ kind: "down" });
    sandbox.clearFaults();
    sandbox.addFault({ kind: "429" });
    await expect(backend.fetchSignal({ pair: "EUR/USD" }, patient())).rejects.toThrow();
    expect(await backend.probe(patient())).toMatchObject({ kind: "busy" });
    expect(asked()).not.toContain("GET /health");
  });

  it.each([
    ["reset", "down"],
    ["500", "down"],
    ["malformed", "down"],
    ["429", "busy"],
  ] satisfies [BackendFault["kind"], string][])("answers when health fails: %s is %s", async (fault, kind) => {
    const { backend, sandbox } = await setUp();
    sandbox.addFault({ kind: fault });
    expect(await backend.probe(patient())).toMatchObject({ kind });
  });

  it("is not asked for when the budget is used up, and says busy then", async () => {
    const { backend, clock, asked } = await setUp({ rateLimit: { max: 1, windowMs: 900_000 } });
    await backend.readPreferences(alice, patient());
    await clock.advance(30_000);
    expect(await backend.probe({ ...patient(), priority: "refresh" })).toMatchObject({ kind: "busy" });
    expect(asked()).not.toContain("GET /health");
  });

  it("says down of a backend that is left alone, although its health route would answer", async () => {
    const bench = await setUp();
    bench.sandbox.addFault({ kind: "503", route: "/trading" });
    for (let i = 0; i < 5; i += 1) {
      await expect(throughPauses(bench, bench.backend.fetchSignal({ pair: "EUR/USD" }, patient()))).rejects.toThrow();
    }
    await bench.clock.advance(60_000);
    expect(await bench.backend.probe(patient())).toMatchObject({ kind: "down" });
  });

  it("says down when health hangs, with how long that took", async () => {
    const { backend, sandbox, clock } = await setUp();
    sandbox.addFault({ kind: "hang" });
    const probing = backend.probe(patient());
    await expect.poll(() => clock.pending).toBe(1);
    await clock.advance(5_000);
    expect(await probing).toEqual({ kind: "down", latencyMs: 5_000, ageMs: 0 });
  });

  it("concludes nothing from a call that its caller gave up", async () => {
    const { backend, sandbox, asked } = await setUp();
    sandbox.addFault({ kind: "hang", times: 1 });
    const impatient = new AbortController();
    const call = backend.fetchSignal({ pair: "EUR/USD" }, askerWith(impatient.signal));
    await expect.poll(() => asked()).toHaveLength(1);
    impatient.abort();
    await expect(call).rejects.toMatchObject({ kind: "aborted" });
    expect(await backend.probe(patient())).toMatchObject({ kind: "up" });
  });
});
