import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { historyCard, type SentMessageView } from "../../src/presentation/history-card.ts";
import { type Card, withSentence } from "../../src/presentation/limits.ts";
import {
  fewerCard,
  fewerOffText,
  mutedCard,
  quietHoursCard,
  type RulesView,
  rulesCard,
  stopNotice,
  testMessageCard,
} from "../../src/presentation/rules-cards.ts";
import { texts } from "../../src/presentation/texts.ts";
import { anyNumber, expectPresentable, hostileSignal, hostileText } from "./hostile.ts";
import { read } from "./reading.ts";

const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const anyTimeMs = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.date().map((date) => date.getTime()),
);

const hostileRules: fc.Arbitrary<RulesView> = fc.record({
  minConfidence: maybe(anyNumber),
  strongOnly: fc.boolean(),
  fewer: fc.array(hostileText, { maxLength: 40 }),
  quietHours: maybe(
    fc.record({
      fromMinute: fc.nat(1439),
      toMinute: fc.nat(1439),
      timeZone: fc.oneof(
        fc.constantFrom("Asia/Taipei", "UTC"),
        hostileText.filter((text) => !/^(?:null|undefined|nan)$/i.test(text)),
      ),
      strongPasses: fc.boolean(),
    }),
  ),
  mutedUntilMs: maybe(anyTimeMs),
  stopped: maybe(fc.record({ code: fc.constantFrom(50007, 50278), atMs: anyTimeMs })),
});

const hostileMessage: fc.Arbitrary<SentMessageView> = fc.record({
  sentAtMs: anyTimeMs,
  editedAtMs: maybe(anyTimeMs),
  signals: fc.array(hostileSignal, { minLength: 1, maxLength: 4 }),
});

describe("what is said of rules and of what was sent", () => {
  it("stays within limits and without effect whatever it holds", () => {
    fc.assert(
      fc.property(hostileRules, fc.date({ noInvalidDate: false }), (rules, now) => {
        expectPresentable(rulesCard(rules, now));
        if (rules.quietHours !== undefined) expectPresentable(quietHoursCard(rules.quietHours, "14:32"));
        if (rules.mutedUntilMs !== undefined) expectPresentable(mutedCard(rules.mutedUntilMs));
        if (rules.stopped !== undefined) expectPresentable({ content: stopNotice(rules.stopped) });
        for (const slot of rules.fewer.slice(0, 3)) expectPresentable(fewerCard(slot));
        expectPresentable({ content: fewerOffText(rules.fewer[0]) });
        expectPresentable(testMessageCard());
      }),
    );
    fc.assert(
      fc.property(fc.array(hostileMessage, { maxLength: 5 }), maybe(hostileText), (messages, pair) =>
        expectPresentable(historyCard(messages, pair)),
      ),
      { numRuns: 50 },
    );
  });

  it("tells how many kinds there are beyond those that have room", () => {
    const fewer = Array.from({ length: 200 }, (_, index) => `EUR/USD|${index}min`);
    const card = rulesCard(
      {
        ...{ minConfidence: undefined, strongOnly: false, quietHours: undefined, mutedUntilMs: undefined },
        ...{ stopped: undefined, fewer },
      },
      new Date(0),
    );
    expect(read(card)).toMatch(/EUR\/USD \(0min\): strong signals only\n[\s\S]*… and \d+ more/);
  });
});

describe("a sentence below an answer", () => {
  it("stands below its text, or alone, and leaves the rest as it is", () => {
    expect(withSentence({ content: "Text." }, "More.")).toEqual({ content: "Text.\nMore." });
    const card: Card = { embeds: [{ title: "T" }] };
    expect(withSentence(card, "More.")).toEqual({ ...card, content: "More." });
  });

  it("is never what is cut", () => {
    const { content = "" } = withSentence({ content: "x".repeat(1999) }, texts.rules.publicNotice);
    expect(content).toHaveLength(2000);
    expect(content.endsWith(`…\n${texts.rules.publicNotice}`)).toBe(true);
  });
});
