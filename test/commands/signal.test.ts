import { describe, expect, it } from "vitest";
import { BackendError } from "../../src/backend/backend.ts";
import { createSignalCommand } from "../../src/commands/signal.ts";
import { ask, refusalOf, suggestionsOf } from "./asking.ts";
import { FakeBackend } from "./fake-backend.ts";

const setUp = () => {
  const backend = new FakeBackend();
  return { backend, command: createSignalCommand({ backend }) };
};

describe("/signal", () => {
  it("shows the signal for a pair written any usual way, on one-hour candles", async () => {
    const { backend, command } = setUp();
    const text = await ask(command, { pair: "gbp-usd" });
    expect(backend.calls).toEqual([["fetchSignal", { pair: "GBP/USD", timeframe: "1h" }]]);
    expect(text).toContain("Sell GBP/USD (1h)\nA strong signal to sell; confidence 82 %.");
    expect(text).toContain("Stop loss: not given");
  });

  it("asks for the chosen timeframe", async () => {
    const { backend, command } = setUp();
    await ask(command, { pair: "EUR/USD", timeframe: "15min" });
    expect(backend.calls).toEqual([["fetchSignal", { pair: "EUR/USD", timeframe: "15min" }]]);
  });

  it("lets the period decide when both are chosen", async () => {
    const { backend, command } = setUp();
    await ask(command, { pair: "EUR/USD", timeframe: "15min", period: "swing" });
    expect(backend.calls).toEqual([["fetchSignal", { pair: "EUR/USD", period: "swing" }]]);
  });

  it.each([
    [
      { pair: "gold <@1>" },
      "“gold <@1>” is not a currency pair. Write its two currencies, for example EUR/USD, eurusd or eur-usd.",
    ],
    [{}, "pair is needed: write two currencies, for example EUR/USD."],
    [{ pair: 7 }, "pair must be a text."],
    [{ pair: "EUR/USD", timeframe: "7h" }, "timeframe must be one of 15min, 30min, 1h, 4h, 1d, for example 15min."],
    [
      { pair: "EUR/USD", period: "日內" },
      "period must be one of intraday, swing, position, longterm, for example intraday.",
    ],
  ])("refuses %j in words, and asks the backend nothing", async (options, sentence) => {
    const { backend, command } = setUp();
    expect(await refusalOf(command, options)).toBe(sentence);
    expect(backend.calls).toEqual([]);
  });

  it("is for everybody to see", () => {
    expect(setUp().command.visibility).toBe("public");
  });

  it("suggests pairs while typing", async () => {
    const { command } = setUp();
    expect(await suggestionsOf(command, "pair", "usd/j")).toEqual([{ name: "USD/JPY", value: "USD/JPY" }]);
  });

  it("suggests nothing, rather than failing, when the pairs cannot be had", async () => {
    const { backend, command } = setUp();
    backend.failure = new BackendError("down", "listPairs");
    expect(await suggestionsOf(command, "pair", "eur")).toEqual([]);
  });
});
