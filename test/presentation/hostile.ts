import { ComponentType } from "discord-api-types/v10";
import fc from "fast-check";
import { expect } from "vitest";
import type { Card, CardRow } from "../../src/presentation/limits.ts";
import type { SignalView } from "../../src/presentation/signal-view.ts";
import { activeText, sentTexts } from "./reading.ts";

const attack = fc.constantFrom(
  "@everyone",
  "<@200000000000000001>",
  "<@&1>",
  "<#1>",
  "<t:0:R>",
  "</ban:1>",
  "<:a:1>",
  "[win](https://evil.example)",
  "https://evil.example",
  "```\n",
  "`",
  "**",
  "||",
  "\\",
  "\n# big",
  "\n> said",
  "\n- item",
  "\u202Egnp.exe",
  "\u2066\u2069\u200F\u061C",
  "a\u200Bb\u200D\uFEFF",
  "\uD83D",
  "\u0000\u0007",
  "__proto__",
  "x".repeat(5000),
  "_".repeat(3000),
);

const joined = fc
  .array(fc.oneof(attack, fc.string({ unit: "binary", maxLength: 40 })), { maxLength: 6 })
  .map((parts) => parts.join(""));

/** Text somebody else controls. Never holds the words that a card must not print by mistake, except as the whole text. */
export const hostileText = fc.oneof(
  { weight: 6, arbitrary: joined.filter((text) => !/undefined|null|nan/i.test(text)) },
  { weight: 1, arbitrary: fc.constantFrom("null", "undefined", "NaN", "", " ") },
);

const maybe = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined });

/** The types promise finite numbers and valid dates; a card must survive the others too. */
export const anyNumber = fc.oneof(fc.double(), fc.double({ min: 0, max: 1 }), fc.double({ min: 0, max: 200 }));
const anyDate = fc.date({ noInvalidDate: false });

export const hostileSignal: fc.Arbitrary<SignalView> = fc.record({
  pair: fc.oneof(fc.constantFrom("EUR/USD", "USD/JPY"), hostileText),
  timeframe: maybe(hostileText),
  direction: fc.constantFrom("buy", "sell", "hold", "other"),
  word: hostileText,
  strength: maybe(hostileText),
  confidence: maybe(anyNumber),
  entryPrice: maybe(anyNumber),
  stopLoss: maybe(anyNumber),
  takeProfit: maybe(anyNumber),
  riskRewardRatio: maybe(anyNumber),
  marketCondition: maybe(hostileText),
  sentiment: fc.record({ word: maybe(hostileText), score: maybe(anyNumber) }),
  indicators: fc.array(
    fc.record({ name: hostileText, period: maybe(anyNumber), value: maybe(anyNumber), reading: maybe(hostileText) }),
    { maxLength: 60, size: "max" },
  ),
  source: maybe(hostileText),
  period: maybe(fc.record({ name: maybe(hostileText), holdingPeriod: maybe(hostileText) })),
  computedAt: maybe(anyDate),
  expiresAt: maybe(anyDate),
  riskWarning: maybe(hostileText),
});

/** Discord's limits, written down once more (`discord-facts.md` 5), and that nothing from outside acts or is garbage. */
export function expectPresentable(card: Card): void {
  const texts = sentTexts(card);
  expect(texts.length).toBeGreaterThan(0);
  expect(card.content?.length ?? 0).toBeLessThanOrEqual(2000);
  expect(card.embeds?.length ?? 0).toBeLessThanOrEqual(10);
  let total = 0;
  for (const embed of card.embeds ?? []) {
    expect(embed.title?.length ?? 0).toBeLessThanOrEqual(256);
    expect(embed.description?.length ?? 0).toBeLessThanOrEqual(4096);
    expect(embed.fields?.length ?? 0).toBeLessThanOrEqual(25);
    for (const { name, value } of embed.fields ?? []) {
      expect(name.trim().length).toBeGreaterThan(0);
      expect(name.length).toBeLessThanOrEqual(256);
      expect(value.trim().length).toBeGreaterThan(0);
      expect(value.length).toBeLessThanOrEqual(1024);
    }
  }
  expectUsable(card.components ?? []);
  for (const text of texts) {
    if (text !== card.content) total += text.length;
    expect(text).not.toMatch(/undefined|NaN|null/);
    expect(text).not.toMatch(/[\p{Cf}\p{Cs}]/u);
    expect(activeText(text)).not.toMatch(/[<>@#`[\]|~*_\\]|https?:/);
    expect(text.split("\n").every((line) => !/^(?:[-+>#] |\d+[.)] )/.test(line))).toBe(true);
  }
  expect(total).toBeLessThanOrEqual(6000);
}

/** What Discord demands of buttons and selects, and that their labels, which know no markdown, show what they hold. */
function expectUsable(rows: readonly CardRow[]): void {
  expect(rows.length).toBeLessThanOrEqual(5);
  const components = rows.flatMap((row) => row.components);
  const ids = components.map((component) => component.custom_id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { components: inRow } of rows) {
    expect(inRow.length).toBeGreaterThan(0);
    expect(inRow.length).toBeLessThanOrEqual(inRow.some(({ type }) => type === ComponentType.StringSelect) ? 1 : 5);
  }
  const choices = components.flatMap((component) => {
    if (component.type === ComponentType.Button) {
      return [{ label: component.label ?? "", value: component.custom_id, longest: 80 }];
    }
    const values = component.options.map(({ value }) => value);
    expect(new Set(values).size).toBe(values.length);
    expect(values.length).toBeGreaterThan(0);
    expect(values.length).toBeLessThanOrEqual(25);
    expect((component.placeholder ?? "").length).toBeLessThanOrEqual(150);
    return component.options.map(({ label, value }) => ({ label, value, longest: 100 }));
  });
  for (const { label, value, longest } of choices) {
    expect(label.trim().length).toBeGreaterThan(0);
    expect(label.length).toBeLessThanOrEqual(longest);
    expect(label).not.toMatch(/undefined|NaN|null|[\p{Cf}\p{Cs}\p{Cc}]/u);
    expect(value.length).toBeGreaterThan(0);
    expect(value.length).toBeLessThanOrEqual(100);
    expect(value).toMatch(/^[\w:/|.-]+$/);
  }
  for (const id of ids) expect(id).toMatch(/^\w+:[\w:/|.-]*$/);
}
