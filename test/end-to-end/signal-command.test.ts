import { describe, expect, it } from "vitest";
import { texts } from "../../src/presentation/texts.ts";
import { noKeptSignals, useBot } from "./support/use-bot.ts";

const world = useBot(noKeptSignals, { registration: "global" });

describe("/signal", () => {
  it("shows everybody the signal for a pair, however it is typed, of one hour when nothing else is chosen", async () => {
    world.backend.setSignal("EUR/USD", {
      ...{ signal: "buy", confidence: 0.82, signalStrength: "strong", marketCondition: "calm" },
      ...{ entryPrice: 1.0853, stopLoss: 1.08, takeProfit: 1.095, riskRewardRatio: 1.83 },
    });
    const person = world.newPerson();
    const requests = await world.backendRequestsDuring(async () => {
      const answer = await person.readPublic("signal", { pair: "eurusd" });
      expect(answer.title).toBe("Buy EUR/USD (1h)");
      expect(answer.description).toBe("A strong signal to **buy**; confidence 82 %.");
      expect(answer.fields).toMatchObject({
        ...{ Direction: "Buy", Strength: "strong", Confidence: "82 %" },
        ...{ Entry: "1.0853", "Stop loss": "1.0800", "Take profit": "1.0950", "Risk / reward": "1 : 1.83" },
        ...{ Market: "calm", Sentiment: "bullish (score 0.62)" },
        Indicators: "SMA 20: 1.08139 (neutral)\nRSI 14: 47.26 (neutral)",
        "Risk warning": "Trading forex carries significant risk. Never trade with money you cannot afford to lose.",
      });
    });
    expect(requests).toMatchObject([
      { method: "GET", path: "/api/v1/trading/signal", query: { pair: "EUR/USD", timeframe: "1h" }, status: 200 },
    ]);
  });

  it.each(["15min", "30min", "1h", "4h", "1d"])("asks for candles of %s when they are chosen", async (timeframe) => {
    const requests = await world.backendRequestsDuring(async () => {
      const { title } = await world.newPerson().readPublic("signal", { pair: "USD/CHF", timeframe });
      expect(title).toContain(`USD/CHF (${timeframe})`);
    });
    expect(requests.map(({ query }) => query)).toEqual([{ pair: "USD/CHF", timeframe }]);
  });

  it.each([
    ["intraday", "15min", "Day Trading, Minutes to Hours"],
    ["swing", "1h", "Swing Trading, 2-10 Days"],
    ["position", "1d", "Position Trading, Weeks to 2 Months"],
    ["longterm", "1w", "Long-term Trading, Months to 1 Year"],
  ])("lets the period %s decide the timeframe, whatever was chosen there", async (period, timeframe, shown) => {
    const requests = await world.backendRequestsDuring(async () => {
      const options = { pair: "USD/CHF", period, timeframe: "4h" };
      const { title, fields } = await world.newPerson().readPublic("signal", options);
      expect(title).toContain(`USD/CHF (${timeframe})`);
      expect(fields.Period).toBe(shown);
    });
    expect(requests.map(({ query }) => query)).toEqual([{ pair: "USD/CHF", period }]);
  });

  it.each([
    ["long", "Buy"],
    ["short", "Sell"],
    ["standby", "Hold"],
    ["HOLD", "Hold"],
  ])("understands the engine's word %s as %s", async (signal, direction) => {
    world.backend.setSignal("GBP/JPY", { signal });
    const { title, fields } = await world.newPerson().readPublic("signal", { pair: "GBP/JPY" });
    expect(title).toBe(`${direction} GBP/JPY (1h)`);
    expect(fields.Direction).toBe(direction);
  });

  it("shows a word it has never heard as it came, and says so", async () => {
    world.backend.setSignal("GBP/JPY", { signal: "accumulate" });
    const answer = await world.newPerson().readPublic("signal", { pair: "GBP/JPY" });
    expect(answer.title).toBe("Signal GBP/JPY (1h)");
    expect(answer.description).toContain(texts.signal.unknownWord("accumulate"));
    expect(answer.fields.Direction).toBe("accumulate");
  });

  it("reads figures that come as text", async () => {
    const says = { signal: "sell", confidence: "0.78", entryPrice: "149.32000", stopLoss: "150.10000" };
    world.backend.setSignal("EUR/JPY", { ...says, takeProfit: "147.00000", sentimentScore: "0.41" });
    const { fields } = await world.newPerson().readPublic("signal", { pair: "EUR/JPY" });
    expect(fields).toMatchObject({
      Confidence: "78 %",
      Entry: "149.32",
      "Stop loss": "150.10",
      "Take profit": "147.00",
    });
  });

  it("says what is not given when everything but the direction is null", async () => {
    const nothing = [
      ...["confidence", "signalStrength", "entryPrice", "stopLoss", "takeProfit", "riskRewardRatio"],
      ...["marketCondition", "sentimentSignal", "sentimentScore", "technicalData", "source", "riskWarning"],
      ...["timestamp", "expiresAt", "timeframe"],
    ];
    world.backend.setSignal("EUR/AUD", {
      signal: "buy",
      ...Object.fromEntries(nothing.map((member) => [member, null])),
    });
    const answer = await world.newPerson().readPublic("signal", { pair: "EUR/AUD" });
    expect(answer.description).toBe("A signal to **buy**.");
    expect(answer.fields).toEqual({
      ...{ Direction: "Buy", Strength: "not given", Confidence: "not given" },
      ...{ Entry: "not given", "Stop loss": "not given", "Take profit": "not given" },
      "Risk warning": texts.signal.riskWarning,
    });
  });

  it("leaves out stops that a signal to wait does not have, and indicators of which nothing is known", async () => {
    world.backend.setSignal("EUR/GBP", { signal: "standby", technicalData: { indicators: {} } });
    const { fields } = await world.newPerson().readPublic("signal", { pair: "EUR/GBP" });
    expect(fields).not.toHaveProperty("Stop loss");
    expect(fields).not.toHaveProperty("Take profit");
    expect(fields).not.toHaveProperty("Indicators");
  });

  it("is answered in the direct messages with the bot as well", async () => {
    const { title } = await world.newPerson().readPublic("signal", { pair: "USD/CAD" }, { place: "dm" });
    expect(title).toContain("USD/CAD (1h)");
  });

  it("lets nobody's words ping, link or format: neither a person's name nor the backend's", async () => {
    const evil = "@everyone <@200000000000000001> [win](https://evil.example) **now**";
    world.backend.setSignal("NZD/USD", {
      signal: evil,
      signalStrength: evil,
      marketCondition: evil,
      riskWarning: evil,
    });
    const person = world.newPerson({ username: "evil.name", displayName: evil });
    const { text } = await person.readPublic("signal", { pair: "NZD/USD" });
    expect(text).toContain("\\@everyone");
    expect(text).not.toMatch(/(?<!\\)@everyone|(?<!\\)<@|(?<!\\)\[win|(?<!\\)\*\*now/);
  });

  it("tells only the person that a pair has no market data", async () => {
    const { content } = await world.newPerson().readPrivate("signal", { pair: "AUD/NZD" });
    expect(content).toContain(texts.failure.unknownPair);
  });

  it.each(["gold", "EUR/", "EUR/EUR", "€/$", "@everyone"])(
    "tells only the person what a pair looks like when they typed %s, and asks the backend nothing",
    async (pair) => {
      const requests = await world.backendRequestsDuring(async () => {
        const { content } = await world.newPerson().readPrivate("signal", { pair });
        expect(content).toContain("is not a currency pair");
        expect(content).toContain("for example EUR/USD");
      });
      expect(requests).toEqual([]);
    },
  );
});

describe("while typing a pair for /signal", () => {
  it("suggests the pairs that begin with what is typed first, then those that contain it", async () => {
    const choices = await world.newPerson().typing("signal", "pair", "gbp");
    expect(choices.map(({ value }) => value)).toEqual(["GBP/USD", "GBP/JPY", "EUR/GBP"]);
  });

  it("suggests all pairs before anything is typed", async () => {
    const choices = await world.newPerson().typing("signal", "pair", "");
    expect(choices.map(({ value }) => value)).toContain("EUR/USD");
    expect(choices.length).toBe(14);
  });

  it("suggests nothing for what no pair contains", async () => {
    expect(await world.newPerson().typing("signal", "pair", "xyz")).toEqual([]);
  });
});
