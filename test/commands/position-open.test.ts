import { describe, expect, it } from "vitest";
import { createPositionCommand } from "../../src/commands/position.ts";
import type { OptionValue } from "../../src/interactions/index.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { ask, refusalOf } from "./asking.ts";
import { FakeBackend } from "./fake-backend.ts";

const buy: Readonly<Record<string, OptionValue>> = { pair: "eurusd", action: "buy", entry_price: 1.085, size: 1000 };

const setUp = () => {
  const backend = new FakeBackend();
  return { backend, command: createPositionCommand({ backend, clock: new VirtualClock() }) };
};
const open = { subcommand: "open" };

describe("/position open", () => {
  it("notes the position with everything that was given, and shows it", async () => {
    const { backend, command } = setUp();
    const options = { ...buy, stop_loss: 1.08, take_profit: 1.095, notes: "  breakout @everyone " };
    const text = await ask(command, options, open);
    expect(backend.calls).toEqual([
      [
        "openPosition",
        { discordId: "200000000000000001", discordUsername: "alice" },
        {
          pair: "EUR/USD",
          action: "buy",
          entryPrice: 1.085,
          size: 1000,
          stopLoss: 1.08,
          takeProfit: 1.095,
          notes: "breakout @everyone",
        },
      ],
    ]);
    expect(text).toBe(
      [
        "Position opened: Buy EUR/USD",
        "Entry: 1.0850",
        "Size: 1,000",
        "Stop loss: 1.0800",
        "Take profit: 1.0950",
        "Notes: breakout @everyone",
        "Position: `432594c0-0683-47b9-aca7-32329aad1b85`",
        "Close it with `/position close`.",
      ].join("\n"),
    );
  });

  it("needs neither stop loss nor take profit nor notes", async () => {
    const { command } = setUp();
    expect(await ask(command, buy, open)).toContain("Stop loss: not given\nTake profit: not given\nPosition:");
  });

  it("takes the stops of a sell on its sides", async () => {
    const { command } = setUp();
    const sell = { ...buy, action: "sell", stop_loss: 1.09, take_profit: 1.07 };
    expect(await ask(command, sell, open)).toContain("Position opened: Sell EUR/USD");
  });

  it.each([
    ["no price", { entry_price: 0 }, "entry_price must be a price from 0.00001 to 99999.99999, for example 1.1000."],
    [
      "a negative price",
      { entry_price: -1.085 },
      "entry_price must be a price from 0.00001 to 99999.99999, for example 1.0850.",
    ],
    [
      "a lost decimal point",
      { entry_price: 108530 },
      "entry_price must be a price from 0.00001 to 99999.99999, for example 1.0853.",
    ],
    [
      "a lost point in yen",
      { pair: "USDJPY", entry_price: 149320 },
      "entry_price must be a price from 0.00001 to 99999.99999, for example 149.32.",
    ],
    [
      "an infinite price",
      { entry_price: Number.POSITIVE_INFINITY },
      "entry_price must be a price from 0.00001 to 99999.99999, for example 1.1000.",
    ],
    [
      "no number",
      { entry_price: Number.NaN },
      "entry_price must be a price from 0.00001 to 99999.99999, for example 1.1000.",
    ],
    [
      "a price in words",
      { entry_price: "cheap" },
      "entry_price must be a price from 0.00001 to 99999.99999, for example 1.1000.",
    ],
    [
      "what would be stored as zero",
      { entry_price: 0.000001 },
      "entry_price must be a price from 0.00001 to 99999.99999, for example 1.0000.",
    ],
    [
      "a negative stop loss",
      { stop_loss: -1.08 },
      "stop_loss must be a price from 0.00001 to 99999.99999, for example 1.0800.",
    ],
    [
      "a buy's stop loss above",
      { stop_loss: 1.09 },
      "A buy at 1.0850 needs its stop_loss below 1.0850, for example 1.07957.",
    ],
    [
      "a buy's stop loss at its entry",
      { stop_loss: 1.085 },
      "A buy at 1.0850 needs its stop_loss below 1.0850, for example 1.07957.",
    ],
    [
      "a buy's take profit below",
      { take_profit: 1.08 },
      "A buy at 1.0850 needs its take_profit above 1.0850, for example 1.09585.",
    ],
    [
      "a sell's stop loss below",
      { action: "sell", stop_loss: 1.08 },
      "A sell at 1.0850 needs its stop_loss above 1.0850, for example 1.09042.",
    ],
    [
      "a sell's take profit above",
      { action: "sell", take_profit: 1.09 },
      "A sell at 1.0850 needs its take_profit below 1.0850, for example 1.07415.",
    ],
    ["no size", { size: 0 }, "size must be a number above 0, for example 1,000."],
    ["a negative size", { size: -250 }, "size must be a number above 0, for example 250."],
    ["an infinite size", { size: Number.POSITIVE_INFINITY }, "size must be a number above 0, for example 1,000."],
    ["another action", { action: "hold" }, "action must be one of buy, sell, for example buy."],
    [
      "no pair",
      { pair: "euro" },
      "“euro” is not a currency pair. Write its two currencies, for example EUR/USD, eurusd or eur-usd.",
    ],
    [
      "too long notes",
      { notes: "📈".repeat(201) },
      "notes can have at most 200 characters, for example “breakout above the weekly high”; yours have 201.",
    ],
  ])("refuses %s with an example, and asks the backend nothing", async (_what, wrong, sentence) => {
    const { backend, command } = setUp();
    expect(await refusalOf(command, { ...buy, ...wrong }, open)).toBe(sentence);
    expect(backend.calls).toEqual([]);
  });

  it.each(["action", "entry_price", "size"])("refuses when %s is missing", async (name) => {
    const { backend, command } = setUp();
    const { [name]: _left, ...rest } = buy;
    expect(await refusalOf(command, rest, open)).toContain(`${name} must be`);
    expect(backend.calls).toEqual([]);
  });
});
