import { describe, expect, it } from "vitest";
import { BackendError, type Position } from "../../src/backend/backend.ts";
import { createPositionCommand } from "../../src/commands/position.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { alice, ask, bob, refusalOf, suggestionsOf } from "./asking.ts";
import { FakeBackend } from "./fake-backend.ts";

const euro: Position = {
  id: "432594c0-0683-47b9-aca7-32329aad1b85",
  pair: "EUR/USD",
  action: "buy",
  entryPrice: 1.085,
  stopLoss: 1.08,
  size: 1000,
  notes: "be *careful*",
  openedAt: new Date("2026-11-21T20:36:28.949Z"),
};
const yen: Position = {
  id: "b5541feb-3a00-48d6-9b28-5b006cfebb4e",
  pair: "USD/JPY",
  action: "sell",
  entryPrice: 149.32,
};
const bobs: Position = { ...euro, id: "0b0b0b0b-0683-47b9-aca7-32329aad1b85" };

const setUp = () => {
  const backend = new FakeBackend();
  const clock = new VirtualClock();
  backend.positions.set(alice.id, [euro, yen]);
  backend.positions.set(bob.id, [bobs]);
  return { backend, clock, command: createPositionCommand({ backend, clock }) };
};
const list = { subcommand: "list" };
const close = { subcommand: "close" };

describe("/position list", () => {
  it("shows the person's own open positions with what is known of each", async () => {
    const { command } = setUp();
    expect(await ask(command, {}, list)).toBe(
      [
        "2 open positions",
        "Buy EUR/USD: Entry 1.0850, size 1,000, stop loss 1.0800",
        "Opened <t:1795293388:R>",
        "be *careful*",
        "`432594c0-0683-47b9-aca7-32329aad1b85`",
        "Sell USD/JPY: Entry 149.32",
        "`b5541feb-3a00-48d6-9b28-5b006cfebb4e`",
      ].join("\n"),
    );
  });

  it("shows those of one pair", async () => {
    const { command } = setUp();
    const text = await ask(command, { pair: "usd jpy" }, list);
    expect(text).toContain("1 open position in USD/JPY");
    expect(text).not.toContain("EUR/USD");
  });

  it("says so when there are none", async () => {
    const { backend, command } = setUp();
    expect(await ask(command, { pair: "AUD/USD" }, list)).toBe("You have no open positions in AUD/USD.");
    backend.positions.clear();
    expect(await ask(command, {}, list)).toBe("You have no open positions. Open one with `/position open`.");
  });

  it("refuses what is no pair", async () => {
    const { backend, command } = setUp();
    expect(await refusalOf(command, { pair: "?" }, list)).toContain("is not a currency pair");
    expect(backend.calls).toEqual([]);
  });
});

describe("/position close", () => {
  it("closes it and tells profit in money, percent and pips", async () => {
    const { backend, command } = setUp();
    const text = await ask(command, { position_id: euro.id, exit_price: 1.09 }, close);
    expect(backend.called("closePosition")).toEqual([["closePosition", euro, 1.09]]);
    expect(text).toBe(
      [
        "Position closed: Buy EUR/USD",
        "Profit: +5.00 USD",
        "Entry: 1.0850",
        "Exit: 1.0900",
        "Size: 1,000",
        "Result: +5.00 USD, +0.46 %, +50.0 pips",
      ].join("\n"),
    );
  });

  it("tells a loss, and pips when the size is not known", async () => {
    const { command } = setUp();
    const text = await ask(command, { position_id: yen.id, exit_price: 150 }, close);
    expect(text).toContain(
      "Loss: -68.0 pips\nThe size of this position is not known to the bot, so there is no amount.",
    );
    expect(text).toContain("Result: -0.46 %, -68.0 pips");
  });

  it("says when it brought nothing either way", async () => {
    const { command } = setUp();
    expect(await ask(command, { position_id: euro.id, exit_price: 1.085 }, close)).toContain("No profit and no loss");
  });

  it.each([
    ["another's", bobs.id],
    ["one that does not exist", "11111111-0683-47b9-aca7-32329aad1b85"],
    ["the beginning of an own one", euro.id.slice(0, 8)],
    ["nothing", ""],
    ["an own one with a space", `${euro.id} `],
  ])("refuses to close %s, always in the same words", async (_what, position_id) => {
    const { backend, command } = setUp();
    expect(await refusalOf(command, { position_id, exit_price: 1.09 }, close)).toBe(
      "You have no open position with this id. Choose one from the suggestions of `position_id`, or look with `/position list`.",
    );
    expect(backend.called("closePosition")).toEqual([]);
  });

  it("refuses a position without an id", async () => {
    const { backend, command } = setUp();
    expect(await refusalOf(command, { exit_price: 1.09 }, close)).toContain("You have no open position with this id");
    expect(backend.called("closePosition")).toEqual([]);
  });

  it.each([0, -1.09, 100_000, Number.NaN])(
    "refuses an exit price of %d, and asks the backend nothing",
    async (price) => {
      const { backend, command } = setUp();
      expect(await refusalOf(command, { position_id: euro.id, exit_price: price }, close)).toContain(
        "exit_price must be a price from 0.00001 to 99999.99999, for example 1.",
      );
      expect(backend.calls).toEqual([]);
    },
  );
});

describe("the suggestions for position_id", () => {
  it("are the person's own, readable, with the id as value", async () => {
    const { command } = setUp();
    expect(await suggestionsOf(command, "position_id", "", close)).toEqual([
      { name: "Buy EUR/USD at 1.0850, size 1,000, opened 2026-11-21 20:36 UTC", value: euro.id },
      { name: "Sell USD/JPY at 149.32", value: yen.id },
    ]);
    expect(await suggestionsOf(command, "position_id", "", { ...close, person: bob })).toHaveLength(1);
  });

  it("are found by what the label shows or by the id", async () => {
    const { command } = setUp();
    const values = async (typed: string) =>
      (await suggestionsOf(command, "position_id", typed, close)).map(({ value }) => value);
    expect(await values("jpy")).toEqual([yen.id]);
    expect(await values(" BUY ")).toEqual([euro.id]);
    expect(await values("b5541")).toEqual([yen.id]);
    expect(await values("gold")).toEqual([]);
  });

  it("cost one request for all keystrokes, until something changed or a while has passed", async () => {
    const { backend, clock, command } = setUp();
    for (const typed of ["", "e", "eu"]) await suggestionsOf(command, "position_id", typed, close);
    expect(backend.called("listOpenPositions")).toHaveLength(1);
    await ask(command, { position_id: euro.id, exit_price: 1.09 }, close);
    expect(await suggestionsOf(command, "position_id", "", close)).toHaveLength(1);
    backend.positions.set(alice.id, []);
    await clock.advance(21_000);
    expect(await suggestionsOf(command, "position_id", "", close)).toEqual([]);
  });

  it("are none, rather than a failure, when the backend fails, and are there again when it is back", async () => {
    const { backend, command } = setUp();
    backend.failure = new BackendError("down", "listOpenPositions");
    expect(await suggestionsOf(command, "position_id", "", close)).toEqual([]);
    backend.failure = undefined;
    expect(await suggestionsOf(command, "position_id", "", close)).toHaveLength(2);
  });

  it("are at most twenty-five", async () => {
    const { backend, command } = setUp();
    backend.positions.set(
      alice.id,
      Array.from({ length: 40 }, (_, index) => ({ ...euro, id: `${index}` })),
    );
    expect(await suggestionsOf(command, "position_id", "", close)).toHaveLength(25);
  });
});

describe("/position", () => {
  it("suggests pairs for pair, and nothing for an option it does not know", async () => {
    const { command } = setUp();
    expect(await suggestionsOf(command, "pair", "gbpu", { subcommand: "open" })).toEqual([
      { name: "GBP/USD", value: "GBP/USD" },
    ]);
    expect(await suggestionsOf(command, "other", "")).toEqual([]);
  });

  it("asks to reload Discord when the subcommand is one it no longer has", async () => {
    const { command } = setUp();
    expect(await refusalOf(command, {}, { subcommand: "share" })).toContain("Reload Discord");
  });

  it("is for the person alone", () => {
    expect(setUp().command.visibility).toBe("private");
  });
});
