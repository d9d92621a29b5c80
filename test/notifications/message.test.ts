import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxNotificationBytes, parseNotification } from "../../src/notifications/message.ts";
import { brokenTextSignal, hostileBytes, hostileRest, hostileSignals } from "./support/hostile-texts.ts";

const person = "200000000000000001";
const publishedAt = "2026-11-21T20:38:31.484Z";
const full = {
  discordUserId: person,
  signal: {
    signal: "buy",
    confidence: 0.82,
    signalStrength: "strong",
    entryPrice: 1.0853,
    stopLoss: 1.08,
    takeProfit: 1.095,
    pair: "EUR/USD",
  },
  pair: "EUR/USD",
  timeframe: "4h",
  timestamp: publishedAt,
};
const parse = (message: unknown) => parseNotification(JSON.stringify(message), 1_000);
const parsed = (message: unknown) => {
  const result = parse(message);
  if (result.kind === "malformed") throw new Error(`${result.reason} ${result.path}`);
  return result.notification;
};

describe("a notification", () => {
  it("has its person, its signal, and both times", () => {
    expect(parsed(full)).toMatchObject({
      personId: person,
      signal: { pair: "EUR/USD", timeframe: "4h", direction: "buy", confidence: 0.82, entryPrice: 1.0853 },
      publishedAtMs: Date.parse(publishedAt),
      receivedAtMs: 1_000,
    });
  });

  it("may say long for buy, with prices null and much that nobody here knows", () => {
    const signal = {
      id: "x",
      userId: "service-discord-bot",
      signal: "long",
      stopLoss: null,
      takeProfit: null,
      factors: { technical: 0.7 },
    };
    expect(parsed({ ...full, signal }).signal).toMatchObject({ direction: "buy", word: "long", stopLoss: undefined });
  });

  it("may be a bare word", () => {
    expect(parsed({ ...full, signal: "buy", pair: "GBP/USD" }).signal).toMatchObject({
      pair: "GBP/USD",
      direction: "buy",
    });
  });

  it("may hold numbers as strings and a timeframe that is null", () => {
    const signal = { signal: "hold", confidence: "0.78", entryPrice: "149.32000" };
    expect(parsed({ ...full, signal, pair: "USD/JPY", timeframe: null }).signal).toMatchObject({
      pair: "USD/JPY",
      timeframe: undefined,
      confidence: 0.78,
      entryPrice: 149.32,
    });
  });

  it("may name its pair in any case, or only in the signal", () => {
    expect(parsed({ ...full, signal: "buy", pair: " eur/usd " }).signal.pair).toBe("EUR/USD");
    expect(parsed({ ...full, pair: undefined }).signal.pair).toBe("EUR/USD");
  });

  it.each([[null], [undefined], ["yesterday"], [{}], [-5], [1e300]])("may have no readable time: %j", (timestamp) => {
    expect(parsed({ ...full, timestamp }).publishedAtMs).toBeUndefined();
  });

  it("may give its time in milliseconds", () => {
    expect(parsed({ ...full, timestamp: 1_700_000_000_000 }).publishedAtMs).toBe(1_700_000_000_000);
  });

  it("has one of its pairs and its person as they are, and no number that is none, whatever else is said", () => {
    for (const text of [...hostileSignals, brokenTextSignal.toString()]) {
      const result = parseNotification(text, 0);
      if (result.kind === "malformed") throw new Error(`${result.reason}: ${text.slice(0, 200)}`);
      const { personId, publishedAtMs, signal } = result.notification;
      expect(personId).toBe(person);
      expect(signal.pair).toMatch(/^[A-Z]{3}\/[A-Z]{3}$/);
      expect(signal.timeframe?.length ?? 0).toBeLessThanOrEqual(500);
      expect(signal.word.length).toBeLessThanOrEqual(500);
      expect(signal.indicators.length).toBeLessThanOrEqual(20);
      const numbers = [signal.confidence, signal.entryPrice, signal.stopLoss, signal.takeProfit, publishedAtMs];
      for (const number of numbers) expect(number === undefined || Number.isFinite(number)).toBe(true);
    }
  });

  it("is not led astray by the names of an object's own machinery", () => {
    const text = `{"__proto__":{"discordUserId":"1"},"constructor":"x","toString":1,"discordUserId":"${person}",
      "pair":"EUR/USD","signal":{"__proto__":{"signal":"sell"},"signal":"buy","hasOwnProperty":1,"technicalData":{"indicators":{"__proto__":1,"constructor":{"value":1}}}}}`;
    const result = parseNotification(text, 0);
    expect(result).toMatchObject({ kind: "notification", notification: { personId: person, signal: { word: "buy" } } });
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe("what is no notification", () => {
  it.each([
    ["not JSON", "buy EUR/USD", "notJson", ""],
    ["nothing", "", "notJson", ""],
    ["null", "null", "notAnObject", ""],
    ["a list", "[]", "notAnObject", ""],
    ["a text", '"buy"', "notAnObject", ""],
    ["nobody", { ...full, discordUserId: undefined }, "noPerson", "discordUserId"],
    ["a person's id as a number, which has lost digits", { ...full, discordUserId: 2e17 }, "noPerson", "discordUserId"],
    ["a person's id that is none", { ...full, discordUserId: "12; DROP TABLE" }, "noPerson", "discordUserId"],
    ["a person's id too long", { ...full, discordUserId: "2".repeat(21) }, "noPerson", "discordUserId"],
    ["no pair", { ...full, signal: "buy", pair: null }, "noPair", "pair"],
    ["a pair that is none", { ...full, signal: "buy", pair: "@everyone" }, "noPair", "pair"],
    ["no signal", { ...full, signal: undefined }, "noSignal", "signal"],
    ["a signal without a word", { ...full, signal: { confidence: 1 } }, "noSignal", "signal"],
    ["a number for a signal", { ...full, signal: 5 }, "noSignal", "signal"],
    ["a list for a signal", { ...full, signal: ["buy"] }, "noSignal", "signal"],
  ])("is told why: %s", (_name, message, reason, path) => {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    expect(parseNotification(text, 0)).toEqual({ kind: "malformed", reason, path });
  });

  it("is refused unread when it is far larger than any signal", () => {
    const padded = (bytes: number) => `${JSON.stringify(full)}${" ".repeat(bytes - JSON.stringify(full).length)}`;
    expect(parseNotification(padded(maxNotificationBytes), 0).kind).toBe("notification");
    expect(parseNotification(padded(maxNotificationBytes + 1), 0)).toMatchObject({ reason: "tooLarge" });
    expect(parseNotification("é".repeat(maxNotificationBytes / 2 + 1), 0)).toMatchObject({ reason: "tooLarge" });
  });

  it("is told so of everything else that can come", () => {
    for (const text of [...hostileRest, ...hostileBytes.map(String)]) {
      expect(parseNotification(text, 0)).toMatchObject({ kind: "malformed" });
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it("never makes the reader throw, however deep or odd", () => {
    expect(parseNotification("[".repeat(60_000), 0)).toMatchObject({ reason: "notJson" });
    const odd = fc.record({
      discordUserId: fc.constant(person),
      pair: fc.anything(),
      signal: fc.anything(),
      timeframe: fc.anything(),
      timestamp: fc.anything(),
    });
    fc.assert(
      fc.property(odd, (message) => parse(message) !== undefined),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.string(), (text) => parseNotification(text, 0).kind === "malformed"));
  });
});
