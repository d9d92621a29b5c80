import { ComponentType } from "discord-api-types/v10";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { slotOf } from "../../src/notifications/rules.ts";
import type { Card } from "../../src/presentation/limits.ts";
import {
  type NotificationView,
  notificationCard,
  type PreviousSignal,
  signalsPerMessage,
} from "../../src/presentation/notification-card.ts";
import { readOffer, readSlot } from "../../src/presentation/notification-ids.ts";
import type { SignalView } from "../../src/presentation/signal-view.ts";
import { signal } from "../notifications/support/notification.ts";
import { expectPresentable, hostileSignal, hostileText } from "./hostile.ts";
import { read } from "./reading.ts";

const key = "aB3-_6789012345x";
const computedAt = new Date("2026-11-21T20:36:28.949Z");
const earlier = new Date("2026-11-21T17:36:28.949Z");

const buy: SignalView = {
  ...signal({ pair: "USD/CAD", timeframe: "15min", strength: "very_strong", confidence: 0.73 }),
  ...{ entryPrice: 1.3621, stopLoss: 1.294, takeProfit: 1.49831, riskRewardRatio: 2, computedAt },
  riskWarning: "Trading forex carries significant risk.",
};
const sell: SignalView = {
  ...signal({ pair: "USD/JPY", timeframe: "1h", strength: "moderate", confidence: 0.66 }),
  ...{ direction: "sell", word: "short", entryPrice: 149.32, stopLoss: undefined, takeProfit: undefined, computedAt },
};
const hold: SignalView = {
  ...signal({ pair: "EUR/USD", timeframe: undefined, strength: "weak", confidence: undefined }),
  ...{ direction: "hold", word: "standby", entryPrice: 1.0853, stopLoss: undefined, takeProfit: undefined },
};

const cardOf = (one: SignalView, more: Partial<NotificationView["items"][number]> = {}): Card =>
  notificationCard({ items: [{ signal: one, ...more }], deliveryKey: key });

const cardOfAll = (signals: readonly SignalView[]): Card =>
  notificationCard({ items: signals.map((one) => ({ signal: one })), deliveryKey: key });

/** `label: custom id` of the buttons, and of the selects `placeholder: custom id` with their options below. */
const actionsOf = (card: Card): string[] =>
  (card.components ?? []).flatMap(({ components }) =>
    components.flatMap((component) =>
      component.type === ComponentType.Button
        ? [`${component.label}: ${component.custom_id}`]
        : [
            `${component.placeholder}: ${component.custom_id}`,
            ...component.options.map(({ label, value }) => `- ${label}: ${value}`),
          ],
    ),
  );

describe("the direct message of one signal", () => {
  it("tells what to do, at which prices, and how old it is", () => {
    expect(read(cardOf(buy))).toBe(
      [
        "Buy USD/CAD at 1.3621",
        "Buy USD/CAD (15min)",
        "A very strong signal to buy; confidence 73 %.",
        "Entry: 1.3621",
        "Stop loss: 1.2940",
        "Take profit: 1.49831",
        "Risk / reward: 1 : 2",
        "Confidence: 73 %",
        "When: <t:1795293388:f> (<t:1795293388:R>)",
        "Risk warning: Trading forex carries significant risk.",
      ].join("\n"),
    );
  });

  it("takes the time of publishing when the signal has none, and says so when there is neither", () => {
    const timeless = { ...buy, computedAt: undefined };
    expect(read(cardOf(timeless, { publishedAt: computedAt }))).toContain("<t:1795293388:R>");
    expect(read(cardOf(timeless))).toContain("When: The signal does not say when it was computed.");
  });

  it("says what it was before, for the phone and in full", () => {
    const previous: PreviousSignal = { direction: "sell", word: "short", at: earlier };
    const text = read(cardOf(buy, { previous }));
    expect(text).toContain("Buy USD/CAD at 1.3621 (was Sell)\n");
    expect(text).toContain("Was Sell (<t:1795282588:R>), now Buy.\nA very strong signal to buy");
    expect(read(cardOf(buy, { previous: { direction: "hold", word: "hold" } }))).toContain("Was Hold, now Buy.");
  });

  it("says when only the figures are new", () => {
    const previous: PreviousSignal = { direction: "buy", word: "long", at: earlier };
    const text = read(cardOf(buy, { previous }));
    expect(text.split("\n")[0]).toBe("Buy USD/CAD at 1.3621");
    expect(text).toContain("Still Buy, as <t:1795282588:R>; the figures are new.");
  });

  it("tells two words nobody knows apart", () => {
    const accumulate: SignalView = { ...buy, direction: "other", word: "accumulate" };
    expect(read(cardOf(accumulate, { previous: { direction: "other", word: "reduce" } }))).toContain(
      "Was reduce, now accumulate.",
    );
  });

  it("says that it takes the place of an earlier text", () => {
    expect(notificationCard({ items: [{ signal: buy }], deliveryKey: key, edited: true }).content).toBe(
      "Updated: Buy USD/CAD at 1.3621",
    );
  });

  it.each([
    ["in time", 4 * 60_000, undefined],
    ["after minutes", 20 * 60_000, "20 minutes"],
    ["after hours", 9 * 3_600_000, "9 hours"],
    ["after days", 60 * 3_600_000, "3 days"],
  ])("says how long it waited when it is sent %s", (_when, waitedMs, duration) => {
    const items = [{ signal: buy, publishedAt: computedAt }];
    const sentAt = new Date(computedAt.getTime() + waitedMs);
    const text = read(notificationCard({ items, deliveryKey: key, sentAt }));
    if (duration === undefined) expect(text).not.toContain("Late");
    else expect(text).toContain(`Late: It waited ${duration} before it could be sent.`);
  });

  it("has buttons to act on it, each with the key of the message", () => {
    expect(actionsOf(cardOf(buy))).toEqual([
      `Open position: openPosition:${key}:USD/CAD:buy:1.3621:1.2940:1.49831`,
      `Mute 1 hour: mute:${key}:1`,
      `Mute 1 day: mute:${key}:24`,
      `Fewer like this: fewer:${key}:USD/CAD|15min`,
      `Unsubscribe USD/CAD: unsubscribe:${key}:USD/CAD`,
    ]);
  });

  it("offers to open a position only for what can be opened, with the prices that are known", () => {
    expect(actionsOf(cardOf(hold))[0]).toContain("Mute 1 hour");
    expect(actionsOf(cardOf({ ...buy, direction: "other" }))[0]).toContain("Mute 1 hour");
    expect(actionsOf(cardOf(sell))[0]).toBe(`Open position: openPosition:${key}:USD/JPY:sell:149.32::`);
    expect(actionsOf(cardOf({ ...sell, entryPrice: 1e-7, stopLoss: -3 }))[0]).toBe(
      `Open position: openPosition:${key}:USD/JPY:sell:::`,
    );
  });

  it("keeps what no custom id should hold out of them", () => {
    expect(actionsOf(cardOf({ ...buy, pair: "`<@1>`" })).map((action) => action.split(":")[0])).toEqual([
      "Mute 1 hour",
      "Mute 1 day",
    ]);
    const strange = { ...buy, timeframe: "1h\uD83D:x" };
    expect(actionsOf(cardOf(strange)).join()).not.toContain("Fewer");
  });

  it("names the slot as the rules do", () => {
    for (const one of [buy, sell, hold]) {
      expect(actionsOf(cardOf(one)).join("\n")).toContain(`fewer:${key}:${slotOf(one)}`);
    }
  });
});

describe("the direct message of several signals", () => {
  it("tells of each what one message would tell, in short", () => {
    const previous: PreviousSignal = { direction: "buy", word: "buy", at: earlier };
    const items = [{ signal: buy }, { signal: sell, previous }, { signal: hold, publishedAt: computedAt }];
    expect(read(notificationCard({ items, deliveryKey: key }))).toBe(
      [
        "3 signals: Buy USD/CAD at 1.3621, Sell USD/JPY at 149.32 (was Buy), Hold EUR/USD at 1.0853",
        "Buy USD/CAD (15min)",
        "A very strong signal to buy; confidence 73 %.",
        "Entry 1.3621, stop loss 1.2940, take profit 1.49831",
        "<t:1795293388:f> (<t:1795293388:R>)",
        "Sell USD/JPY (1h)",
        "Was Buy (<t:1795282588:R>), now Sell.",
        "A moderate signal to sell; confidence 66 %.",
        "Entry 149.32, stop loss not given, take profit not given",
        "<t:1795293388:f> (<t:1795293388:R>)",
        "Hold EUR/USD",
        "A weak signal to hold: no trade is suggested now.",
        "Entry 1.0853",
        "<t:1795293388:f> (<t:1795293388:R>)",
        "Trading can lose money. This is information, not financial advice.",
      ].join("\n"),
    );
  });

  it("offers each to be opened, and fewer or none of each", () => {
    expect(actionsOf(cardOfAll([buy, sell, hold, { ...buy, timeframe: "4h" }]))).toEqual([
      `Open a position…: openPosition:${key}`,
      "- Buy USD/CAD (15min): USD/CAD:buy:1.3621:1.2940:1.49831",
      "- Sell USD/JPY (1h): USD/JPY:sell:149.32::",
      `Fewer of these, or none…: less:${key}`,
      "- Fewer like USD/CAD (15min): strong ones only: fewer:USD/CAD|15min",
      "- Fewer like USD/JPY (1h): strong ones only: fewer:USD/JPY|1h",
      "- Fewer like EUR/USD: strong ones only: fewer:EUR/USD|",
      "- Fewer like USD/CAD (4h): strong ones only: fewer:USD/CAD|4h",
      "- Unsubscribe USD/CAD: none:USD/CAD",
      "- Unsubscribe USD/JPY: none:USD/JPY",
      "- Unsubscribe EUR/USD: none:EUR/USD",
      `Mute 1 hour: mute:${key}:1`,
      `Mute 1 day: mute:${key}:24`,
    ]);
    expect(actionsOf(cardOfAll([hold, hold]))[0]).toContain("less:");
  });

  it("offers two of the same pair that differ in time only, both", () => {
    const actions = actionsOf(cardOfAll([buy, { ...buy, timeframe: "4h", entryPrice: 1.37 }]));
    expect(actions.filter((action) => action.startsWith("- Buy"))).toHaveLength(2);
  });

  it("tells of as many as have room, of the rest how many they are", () => {
    const many = Array.from({ length: 12 }, (_, index) => ({ ...buy, timeframe: `${index}h` }));
    const card = cardOfAll(many);
    expect(card.embeds).toHaveLength(signalsPerMessage);
    expect(card.content).toContain("12 signals: ");
    expect(card.content).toContain("… and 2 more");
    expectPresentable(card);
  });

  it("has room for everything of as many as it takes", () => {
    const long: SignalView = {
      ...{ ...buy, pair: "USD/JPY", timeframe: "x".repeat(16), strength: "very_strong" },
      ...{ entryPrice: 99999.999, stopLoss: 99999.999, takeProfit: 99999.999 },
    };
    const previous: PreviousSignal = { direction: "sell", word: "short", at: earlier };
    const items = Array.from({ length: signalsPerMessage }, () => ({ signal: long, previous, publishedAt: earlier }));
    const sentAt = new Date(earlier.getTime() + 9 * 3_600_000);
    const card = notificationCard({ items, deliveryKey: key, sentAt });
    const text = read(card);
    expect(text.split("It waited 9 hours")).toHaveLength(signalsPerMessage + 1);
    expect(text).not.toContain("…");
    expectPresentable(card);
  });
});

it("stays within limits and without effect for any hostile signals", () => {
  const date = fc.option(fc.date({ noInvalidDate: false }), { nil: undefined });
  const previous = fc.record({
    direction: fc.constantFrom("buy", "sell", "hold", "other" as const),
    word: hostileText,
    at: date,
  });
  const item = fc.record({
    signal: hostileSignal,
    publishedAt: date,
    previous: fc.option(previous, { nil: undefined }),
  });
  const view: fc.Arbitrary<NotificationView> = fc.record({
    items: fc.array(item, { minLength: 1, maxLength: 12 }),
    deliveryKey: fc.constant(key),
    edited: fc.boolean(),
    sentAt: date,
  });
  fc.assert(
    fc.property(view, (one) => expectPresentable(notificationCard(one))),
    { numRuns: 50 },
  );
});

describe("what comes back from the buttons", () => {
  it("is read as it was written", () => {
    expect(readOffer("USD/CAD:buy:1.3621:1.2940:")).toEqual({
      ...{ pair: "USD/CAD", action: "buy", entryPrice: "1.3621" },
      ...{ stopLoss: "1.2940", takeProfit: "" },
    });
    expect(readSlot("USD/CAD|15min")).toEqual({ pair: "USD/CAD", timeframe: "15min" });
    expect(readSlot("USD/CAD|")).toEqual({ pair: "USD/CAD", timeframe: undefined });
  });

  it.each(["", "USD/CAD", "USD/CAD:hold:1:1:1", "usd/cad:buy:1:1:1", "@everyone:buy", ":::::"])(
    "is no offer: %o",
    (text) => {
      expect(readOffer(text)).toBeUndefined();
    },
  );

  it.each(["-1", "1e9", "0x10", "@everyone", " 1", "1".repeat(60), "NaN"])("has no price in %o", (price) => {
    expect(readOffer(`USD/CAD:buy:${price}:${price}:${price}`)).toMatchObject({
      ...{ entryPrice: "", stopLoss: "", takeProfit: "" },
    });
  });

  it.each(["", "USD/CAD", "|1h", "USDCAD|1h", "USD/CAD|1h|", `USD/CAD|${"x".repeat(17)}`, "USD/CAD|@everyone"])(
    "is no slot: %o",
    (text) => {
      expect(readSlot(text)).toBeUndefined();
    },
  );
});
