import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changeDigest } from "../../src/notifications/identity.ts";
import { maxSignalChangeBytes, parseSignalChange } from "../../src/notifications/signal-change.ts";

const full = {
  pair: "EUR/USD",
  timeframe: "1d",
  oldSignal: "long",
  newSignal: "short",
  oldConfidence: 0.72,
  newConfidence: 0.77,
  signalStrength: "strong",
  marketCondition: "calm",
  entryPrice: 1.0853,
  indicators: {
    sma: { period: 20, value: 1.0813420000000005, signal: "neutral" },
    rsi: { period: 14, value: 47.26, signal: "neutral" },
  },
  subscribers: [
    { id: "300000000000000011", username: "frank" },
    { id: "300000000000000012", username: null },
  ],
};
const parsed = (message: unknown) => {
  const result = parseSignalChange(JSON.stringify(message));
  if (result.kind === "malformed") throw new Error(`${result.reason} ${result.path}`);
  return result.change;
};

describe("a change of a signal", () => {
  it("says what the signal was and is, and who follows it", () => {
    expect(parsed(full)).toMatchObject({
      signal: {
        pair: "EUR/USD",
        timeframe: "1d",
        direction: "sell",
        word: "short",
        confidence: 0.77,
        strength: "strong",
        marketCondition: "calm",
        entryPrice: 1.0853,
        indicators: [{ name: "sma", period: 20 }, { name: "rsi" }],
      },
      previous: { direction: "buy", word: "long", confidence: 0.72, entryPrice: undefined },
      subscribers: ["300000000000000011", "300000000000000012"],
    });
  });

  it("may be the first ever, with no indicators, in words nobody knows, without anything that can be done without", () => {
    const first = {
      ...full,
      oldSignal: null,
      oldConfidence: null,
      indicators: {},
      newSignal: "moon",
      subscribers: undefined,
    };
    const { signal, previous, subscribers } = parsed(first);
    expect(previous).toBeUndefined();
    expect(signal).toMatchObject({ direction: "other", word: "moon", indicators: [] });
    expect(subscribers).toEqual([]);
    expect(parsed({ pair: "EUR/USD", newSignal: "buy" })).toMatchObject({ signal: { word: "buy" }, subscribers: [] });
  });

  it("names every follower once, and none that cannot be addressed", () => {
    const subscribers = [
      { id: "300000000000000011" },
      { id: 3e17 },
      { id: "everyone" },
      { id: "300000000000000011> <@&1" },
      null,
      "300000000000000012",
      [],
      { username: "nobody" },
      { id: "300000000000000011", username: "@everyone" },
      { id: "300000000000000013" },
    ];
    expect(parsed({ ...full, subscribers }).subscribers).toEqual(["300000000000000011", "300000000000000013"]);
    for (const list of ["300000000000000011", { 0: full.subscribers[0], length: 1 }, 5, null]) {
      expect(parsed({ ...full, subscribers: list }).subscribers).toEqual([]);
    }
  });

  it("may have many thousand followers", () => {
    const subscribers = Array.from({ length: 15_000 }, (_, index) => ({
      id: String(300000000000000000n + BigInt(index)),
      username: `somebody${index}`,
    }));
    expect(parsed({ ...full, subscribers }).subscribers).toHaveLength(15_000);
  });

  it("is told from another by what it says and to whom", () => {
    const digest = (message: unknown) => changeDigest(parsed(message));
    const { pair, timeframe, ...rest } = full;
    expect(digest({ ...rest, timeframe, pair, unknown: 5 })).toBe(digest(full));
    for (const change of [{ newSignal: "buy" }, { oldSignal: null }, { timeframe: "4h" }, { subscribers: [] }]) {
      expect(digest({ ...full, ...change })).not.toBe(digest(full));
    }
  });
});

describe("what is no change of a signal", () => {
  it.each([
    ["not JSON", "EUR/USD is up", "notJson", ""],
    ["a list", "[]", "notAnObject", ""],
    ["null", "null", "notAnObject", ""],
    ["no pair", { ...full, pair: null }, "noPair", "pair"],
    ["a pair that is none", { ...full, pair: "@everyone" }, "noPair", "pair"],
    ["no signal", { ...full, newSignal: null }, "noSignal", "newSignal"],
    ["a signal that is no word", { ...full, newSignal: { signal: "buy" } }, "noSignal", "newSignal"],
  ])("is told why: %s", (_name, message, reason, path) => {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    expect(parseSignalChange(text)).toEqual({ kind: "malformed", reason, path });
  });

  it("is refused unread when it is larger than any list of followers", () => {
    const padded = (bytes: number) => `${JSON.stringify(full)}${" ".repeat(bytes - JSON.stringify(full).length)}`;
    expect(parseSignalChange(padded(maxSignalChangeBytes)).kind).toBe("signalChange");
    expect(parseSignalChange(padded(maxSignalChangeBytes + 1))).toMatchObject({ reason: "tooLarge" });
  });

  it("never makes the reader throw, however deep or odd", () => {
    expect(parseSignalChange("[".repeat(500_000))).toMatchObject({ reason: "notJson" });
    const odd = fc.record(
      {
        ...Object.fromEntries(Object.keys(full).map((key) => [key, fc.anything()])),
        pair: fc.oneof(fc.constant("EUR/USD"), fc.anything()),
        newSignal: fc.oneof(fc.constant("buy"), fc.anything()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(odd, (message) => parseSignalChange(JSON.stringify(message)) !== undefined),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.string(), (text) => parseSignalChange(text).kind === "malformed"));
  });

  it("is not led astray by the names of an object's own machinery", () => {
    const text = `{"__proto__":{"pair":"USD/JPY"},"constructor":{"prototype":{"polluted":1}},"toString":1,"pair":"EUR/USD",
      "newSignal":"buy","indicators":{"__proto__":1,"constructor":{"value":1}},"subscribers":[{"__proto__":{"id":"300000000000000011"}}]}`;
    expect(parseSignalChange(text)).toMatchObject({
      kind: "signalChange",
      change: { signal: { pair: "EUR/USD" }, subscribers: [] },
    });
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});
