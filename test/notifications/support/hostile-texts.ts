import { maxNotificationBytes } from "../../../src/notifications/message.ts";

const person = "200000000000000001";
let minute = 0;
/** Each with a time of its own, so that none is a repeat of another. */
const envelope = (signal: unknown, changes: object = {}): string =>
  JSON.stringify({
    discordUserId: person,
    signal,
    pair: "EUR/USD",
    timeframe: "1h",
    timestamp: 1_700_000_000_000 + 60_000 * minute++,
    ...changes,
  });

const actingWords = [
  "@everyone",
  "@here <@200000000000000002> <@&1> <#1> </ban:1> <t:0:R>",
  "**bold** __under__ ~~gone~~ ||hidden|| `code` ```\nblock",
  "[win](https://evil.example) https://evil.example",
  "\n# big\n> said\n- item\n1. item",
  "\u202egnp.exe \u2066\u2069\u200f\u061c",
  "a\u200b\u200d\ufeff\u0000\u0007\u001b[2J\u009b",
  "\ud83d",
  "x".repeat(10_000),
];

/** What anybody can have the backend publish, and is a signal nevertheless (`backend-contract.md` 3.1). */
export const hostileSignals: readonly string[] = [
  envelope("buy"),
  envelope({ signal: "hold" }),
  envelope({ signal: "hold", confidence: "0.78", entryPrice: "149.32000" }, { timeframe: null }),
  envelope({ signal: "long", stopLoss: null, takeProfit: null, confidence: null, indicators: null }),
  envelope({ signal: "buy", confidence: -5, entryPrice: 1e308, stopLoss: "NaN", takeProfit: [], expiresAt: "never" }),
  envelope({ signal: "buy", technicalData: { indicators: Object.fromEntries(keysOf(2000)) } }),
  envelope({ signal: "buy", ...nested(500) }),
  envelope("buy", { timestamp: "2026-02-31T25:61:00Z" }),
  envelope("buy", { timestamp: -1, pair: "USD/JPY" }),
  ...actingWords.flatMap((text) => [
    envelope(text),
    envelope({ signal: text, signalStrength: text, marketCondition: text, riskWarning: text, [text]: text }),
    envelope("sell", { timeframe: text, [text]: text }),
    envelope({ signal: "sell", indicators: { [text]: text, sma: { signal: text } } }),
  ]),
  `{"__proto__":{"discordUserId":"1"},"constructor":{"prototype":{"polluted":true}},"toString":1,"hasOwnProperty":null,` +
    `"discordUserId":"${person}","pair":"EUR/USD","signal":{"__proto__":{"signal":"sell"},"signal":"buy","valueOf":1}}`,
];

/** And what is none. */
export const hostileRest: readonly string[] = [
  "",
  " ",
  "null",
  "true",
  "0",
  '"buy"',
  "[]",
  "{}",
  "buy EUR/USD",
  "{".repeat(1000),
  "[".repeat(maxNotificationBytes - 1),
  `{"discordUserId":${person}}`,
  '{"__proto__":null}',
  envelope(null),
  envelope(5),
  envelope(["buy"]),
  envelope("buy", { discordUserId: "@everyone" }),
  envelope("buy", { discordUserId: { toString: "200000000000000001" } }),
  envelope("buy", { pair: "@everyone" }),
  envelope("buy", { pair: "EUR/USD\n@everyone" }),
  envelope({ signal: "buy", note: "x".repeat(3 * 1024 * 1024) }),
  "\u0000".repeat(5000),
];

/** What is no text at all. */
export const hostileBytes: readonly Buffer[] = [
  Buffer.from([0xff, 0xfe, 0x00, 0x80]),
  Buffer.from([0xc0, 0xaf, 0xed, 0xa0, 0x80]),
  Buffer.concat([Buffer.from('{"discordUserId":"'), Buffer.from([0xf0, 0x9f]), Buffer.from('"}')]),
];

/** Readable but for a piece that is no text. */
export const brokenTextSignal = Buffer.concat([
  Buffer.from(`{"discordUserId":"${person}","pair":"EUR/USD","timestamp":1,"signal":"b`),
  Buffer.from([0xff, 0xf0, 0x9f]),
  Buffer.from('"}'),
]);

function keysOf(count: number): [string, unknown][] {
  return Array.from({ length: count }, (_, index) => [`k${index}`, { value: index }]);
}

function nested(depth: number): object {
  return depth === 0 ? {} : { deeper: nested(depth - 1) };
}
