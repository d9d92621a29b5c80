import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failureCard } from "../../src/presentation/failure-card.ts";
import { pingCard } from "../../src/presentation/ping-card.ts";
import {
  positionClosedCard,
  positionLabel,
  positionListCard,
  positionOpenedCard,
} from "../../src/presentation/position-cards.ts";
import { preferencesCard } from "../../src/presentation/preferences-card.ts";
import {
  confirmationCard,
  subscribedCard,
  subscriptionListCard,
  unsubscribedCard,
} from "../../src/presentation/subscription-cards.ts";
import { anyNumber, expectPresentable, hostileText } from "./hostile.ts";
import { read } from "./reading.ts";

const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const anyDate = fc.date({ noInvalidDate: false });

const hostilePosition = fc.record({
  id: hostileText.filter((text) => !/^(?:null|undefined|nan)$/i.test(text)),
  pair: hostileText,
  action: fc.constantFrom("buy", "sell"),
  entryPrice: anyNumber,
  stopLoss: maybe(anyNumber),
  takeProfit: maybe(anyNumber),
  size: maybe(anyNumber),
  notes: maybe(hostileText),
  openedAt: maybe(anyDate),
});
const hostileResult = fc.record({
  amount: maybe(anyNumber),
  currency: fc.constantFrom("USD", "JPY", "", "<@1>"),
  percent: anyNumber,
  pips: anyNumber,
});

describe("positions", () => {
  const position = {
    id: "432594c0-0683-47b9-aca7-32329aad1b85",
    pair: "EUR/USD",
    action: "buy",
    entryPrice: 1.085,
  } as const;

  it("tell what the newest are when there are too many to show", () => {
    const card = positionListCard(
      Array.from({ length: 40 }, () => position),
      undefined,
    );
    expect(read(card)).toContain("40 open positions\nThe newest 15 of 40.");
    expect(card.embeds?.[0]?.fields).toHaveLength(15);
  });

  it("all have room when everything they carry is as long as it may be", () => {
    const longest = {
      ...position,
      stopLoss: 1.08,
      takeProfit: 1.09,
      size: 123456789.12345,
      notes: "*".repeat(200),
      openedAt: new Date(0),
    };
    const card = positionListCard(
      Array.from({ length: 15 }, () => longest),
      undefined,
    );
    expect(card.embeds?.[0]?.fields).toHaveLength(15);
    expectPresentable(card);
  });

  it("stay within limits and without effect whatever they hold", () => {
    fc.assert(
      fc.property(
        fc.array(hostilePosition, { minLength: 1, maxLength: 30 }),
        hostileResult,
        anyNumber,
        (positions, result, exitPrice) => {
          expectPresentable(positionListCard(positions, undefined));
          for (const one of positions.slice(0, 3)) {
            expectPresentable(positionOpenedCard(one));
            expectPresentable(positionClosedCard(one, exitPrice, result));
            expect([...positionLabel(one)].length).toBeLessThanOrEqual(100);
          }
        },
      ),
    );
  });
});

describe("subscriptions", () => {
  it("say how many had no place", () => {
    const card = subscriptionListCard(Array.from({ length: 500 }, () => ({ pair: "EUR/USD", signalType: "all" })));
    expect(read(card)).toMatch(/^500 subscriptions\n[\s\S]*… and \d+ more$/);
    expectPresentable(card);
  });

  it("stay within limits and without effect whatever they hold", () => {
    const hostile = fc.record({
      pair: hostileText,
      signalType: hostileText,
      subscribedAt: maybe(anyDate),
    });
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 80 }), fc.nat(), (subscriptions, removed) => {
        expectPresentable(subscriptionListCard(subscriptions));
        for (const one of subscriptions.slice(0, 3)) {
          expectPresentable(subscribedCard(one, "closed"));
          expectPresentable(confirmationCard(one));
          expectPresentable(unsubscribedCard(one.pair, removed));
        }
      }),
    );
  });
});

describe("preferences", () => {
  it("show zero and no as values, and what was never chosen as not set", () => {
    expect(read(preferencesCard({ minConfidence: 0, strongSignalsOnly: false }, "shown"))).toMatch(
      /Risk level: not set\nTrading style: not set\nMinimum confidence: 0 %\nStrong signals only: no$/,
    );
  });

  it("stay within limits and without effect whatever they hold", () => {
    const hostile = fc.record({
      riskLevel: maybe(anyNumber),
      tradingStyle: maybe(hostileText),
      minConfidence: maybe(anyNumber),
    });
    fc.assert(fc.property(hostile, (preferences) => expectPresentable(preferencesCard(preferences, "saved"))));
  });
});

describe("ping", () => {
  it("says that the clock is behind rather than showing a negative age", () => {
    const card = pingCard({ ageAtArrivalMs: -1200, timeToAckMs: 40, backend: undefined, redis: "up" });
    expect(read(card)).toContain("the bot's clock is at least 1200 ms behind Discord's");
    expect(read(card)).toContain("Backend: not known");
  });
});

describe("a failure", () => {
  it("keeps a strange reference harmless", () => {
    expect(failureCard("down", "`<@1>`").content).toContain("\\`\\<\\@1\\>\\`");
  });
});
