import { describe, expect, it } from "vitest";
import { calls, patient, setUp } from "./support.ts";

describe("fetchSignal", () => {
  it("asks with the right key and reads the answer", async () => {
    const { backend, sandbox, events } = await setUp();
    sandbox.setSignal("EUR/USD", { signal: "long", confidence: "0.72", stopLoss: null });
    expect(await backend.fetchSignal({ pair: "EUR/USD", timeframe: "4h" }, patient())).toMatchObject({
      signal: {
        pair: "EUR/USD",
        timeframe: "4h",
        direction: "buy",
        word: "long",
        confidence: 0.72,
        stopLoss: undefined,
      },
      outdated: undefined,
    });
    expect(calls(events)).toEqual([
      { kind: "backendCall", operation: "fetchSignal", outcome: "ok", durationMs: expect.any(Number), status: 200 },
    ]);
  });

  it("sends each parameter once, and only those given", async () => {
    const { backend, sandbox } = await setUp();
    await backend.fetchSignal({ pair: "EUR/USD", timeframe: "1h", period: "position" }, patient());
    await backend.fetchSignal({ pair: "EUR/USD" }, patient());
    expect(sandbox.requests.map(({ query }) => query)).toEqual([
      { pair: "EUR/USD", timeframe: "1h", period: "position" },
      { pair: "EUR/USD" },
    ]);
  });

  it("reads the period's names", async () => {
    const { backend } = await setUp();
    expect(await backend.fetchSignal({ pair: "EUR/USD", period: "intraday" }, patient())).toMatchObject({
      signal: { timeframe: "15min", period: { name: "Day Trading", holdingPeriod: "Minutes to Hours" } },
    });
  });

  it("says that a pair without candles is unknown", async () => {
    const { backend } = await setUp();
    await expect(backend.fetchSignal({ pair: "AUD/NZD" }, patient())).rejects.toMatchObject({
      code: "BACKEND_FAILED",
      kind: "unknownPair",
      status: 404,
    });
  });

  it("does not take an answer without a word for a signal, and says where it was wrong without saying what it was", async () => {
    const { backend, sandbox, events } = await setUp();
    sandbox.setSignal("EUR/USD", { signal: { private: "thing" } });
    await expect(backend.fetchSignal({ pair: "EUR/USD" }, patient())).rejects.toMatchObject({
      kind: "badAnswer",
      issues: ["data.signal: custom"],
    });
    expect(events).toMatchObject([{ outcome: "badAnswer", status: 200 }]);
  });
});
