import { beforeEach, describe, expect, it } from "vitest";
import type { SandboxBackend } from "../../../src/sandbox/backend/server.ts";
import { call, withTradingKey as headers, startBackend } from "./support.ts";

let backend: SandboxBackend;
beforeEach(async () => {
  backend = await startBackend({ mode: "development" });
});
const ask = (query: string) => call(backend, `GET /trading/signal${query}`, { headers });
const signal = (expected: object) => ({
  status: 200,
  body: { success: true, error: null, data: { signal: expected } },
});

describe("GET /trading/signal", () => {
  it("answers with numbers and with words that are not buy, sell or hold", async () => {
    const { body } = await ask("?pair=EUR/USD");
    expect(body).toMatchObject({
      data: {
        signal: {
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          userId: "service-discord-bot",
          pair: "EUR/USD",
          timeframe: "1h",
          signal: expect.stringMatching(/^(long|short|standby|buy|sell|hold)$/),
          confidence: expect.any(Number),
          entryPrice: 1.0853,
          technicalData: { indicators: { rsi: { period: 14, value: 47.26, signal: "neutral" } } },
        },
        disclaimer: expect.any(String),
        riskWarning: expect.any(String),
      },
    });
    expect(body).not.toHaveProperty("data.signal.periodInfo");
  });

  it("gives prices to the literal words buy and sell only", async () => {
    backend.setSignal("EUR/USD", { signal: "buy", confidence: 0.79 });
    const prices = { stopLoss: 1.03103, takeProfit: 1.19383, riskRewardRatio: 2 };
    expect(await ask("?pair=EUR/USD")).toMatchObject(signal({ ...prices, signalStrength: "strong" }));
    backend.setSignal("EUR/USD", { signal: "long", confidence: 0.72 });
    const none = { stopLoss: null, takeProfit: null, riskRewardRatio: null };
    expect(await ask("?pair=EUR/USD")).toMatchObject(signal({ ...none, signalStrength: "moderate" }));
  });

  it("says whatever it is told to say, of any type", async () => {
    backend.setSignal("ZZZ/QQQ", { signal: "moon", confidence: "0.78", technicalData: null });
    expect(await ask("?pair=ZZZ/QQQ")).toMatchObject(
      signal({ pair: "ZZZ/QQQ", signal: "moon", confidence: "0.78", technicalData: null }),
    );
  });

  it.each([
    ["intraday", "15min", "intraday"],
    ["weekly", "1h", "swing"],
    ["%E6%9C%88%E5%85%A7", "1d", "position"],
    ["longterm", "1w", "longterm"],
    ["nonsense", "1h", "swing"],
    ["constructor", "1h", "swing"],
  ])("lets period %s win over the timeframe", async (period, timeframe, code) => {
    expect(await ask(`?pair=EUR/USD&timeframe=4h&period=${period}`)).toMatchObject(
      signal({ timeframe, periodInfo: { code, nameEn: expect.any(String), holdingPeriodEn: expect.any(String) } }),
    );
  });

  it("echoes an unknown timeframe, and scales the position with the risk level", async () => {
    expect(await ask("?pair=EUR/USD&timeframe=7h&riskLevel=10")).toMatchObject(
      signal({ timeframe: "7h", positionSize: 50 }),
    );
    expect(await ask("?pair=EUR/USD&riskLevel=nan")).toMatchObject(signal({ positionSize: 25 }));
  });

  it.each([
    ["", 400, "Currency pair is required (e.g., ?pair=EUR/USD)"],
    ["?pair=EURUSD", 400, "Currency pair must be in format XXX/XXX (e.g., EUR/USD)"],
    ["?pair=eur/usd", 400, "Currency pair must be in format XXX/XXX (e.g., EUR/USD)"],
    ["?pair=AUD/NZD", 404, "No market data available for AUD/NZD 1h"],
    ["?pair=EUR/USD&pair=USD/JPY", 500, "pair.match is not a function"],
    ["?pair=EUR/USD&period=a&period=b", 500, "period.toLowerCase is not a function"],
    ["/EUR%2FUSD?timeframe=7h", 400, '"timeframe" must be one of [1min, 5min, 15min, 30min, 1h, 4h, 1d, 1w, 1M]'],
  ])("refuses %s", async (query, status, error) => {
    expect(await ask(query)).toMatchObject({ status, body: { success: false, data: null, error } });
  });

  it("ignores the period in the path form", async () => {
    const answer = await ask("/EUR%2FUSD?period=longterm");
    expect(answer).toMatchObject(signal({ pair: "EUR/USD", timeframe: "1h" }));
    expect(answer.body).not.toHaveProperty("data.signal.periodInfo");
  });
});

it("lists 14 pairs on the market, one of them without candles", async () => {
  expect(await call(backend, "GET /market/pairs")).toMatchObject({
    body: { data: { total: 14, pairs: expect.arrayContaining([expect.objectContaining({ pair: "AUD/NZD" })]) } },
  });
});
