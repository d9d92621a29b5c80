import { describe, expect, it } from "vitest";
import { createOpening } from "../../src/commands/open-position.ts";
import { createPositionForm, readPrice, readSize } from "../../src/commands/position-form.ts";
import { Refusal } from "../../src/interactions/index.ts";
import { texts } from "../../src/presentation/texts.ts";
import { read } from "../presentation/reading.ts";
import { alice, requestOf } from "./asking.ts";
import { FakeBackend } from "./fake-backend.ts";

const buy = { entry_price: "1.0853", size: "1,000", stop_loss: "1.08", take_profit: "1.095", notes: "" };

const setUp = () => {
  const backend = new FakeBackend();
  const form = createPositionForm(createOpening({ backend, priority: "button" }));
  const entered = (fields: Readonly<Record<string, string>>, argument = "EUR/USD:buy") => {
    const { person, signal, usedAt, reference, remainingMs, timing } = requestOf();
    return { person, signal, usedAt, reference, remainingMs, timing, argument, fields };
  };
  const send = (...given: Parameters<typeof entered>) => form.execute(entered(...given));
  const recover = (...given: Parameters<typeof entered>) => form.recover(entered(...given));
  return { backend, form, send, recover };
};

describe("the form of a position, sent in", () => {
  it("opens the position as the command does, and shows it", async () => {
    const { backend, send } = setUp();
    const text = read(await send({ ...buy, notes: " breakout @everyone " }));
    expect(backend.calls).toEqual([
      [
        "openPosition",
        { discordId: "200000000000000001", discordUsername: "alice" },
        {
          ...{ pair: "EUR/USD", action: "buy", entryPrice: 1.0853, size: 1000 },
          ...{ stopLoss: 1.08, takeProfit: 1.095, notes: "breakout @everyone" },
        },
      ],
    ]);
    expect(text).toContain("Position opened: Buy EUR/USD\nEntry: 1.0853\nSize: 1,000");
  });

  it("needs neither stop loss nor take profit nor notes", async () => {
    const { backend, send } = setUp();
    await send({ entry_price: "149,32", size: "500", stop_loss: " ", take_profit: "" }, "USD/JPY:sell");
    expect(backend.positions.get("200000000000000001")).toMatchObject([
      { pair: "USD/JPY", action: "sell", entryPrice: 149.32 },
    ]);
  });

  it.each([
    [{ entry_price: "cheap" }, texts.position.priceRange("entry_price", "0.00001", "99999.99999", "1.1000")],
    [{ entry_price: "" }, texts.position.priceRange("entry_price", "0.00001", "99999.99999", "1.1000")],
    [{ size: "" }, texts.position.sizeRange("1,000")],
    [{ size: "-5" }, texts.position.sizeRange("5")],
    [{ stop_loss: "1.2" }, "A buy at 1.0853 needs its stop_loss below 1.0853, for example 1.07987."],
    [{ take_profit: "1" }, "A buy at 1.0853 needs its take_profit above 1.0853, for example 1.09615."],
    [{ notes: "x".repeat(201) }, texts.position.notesLength(200, 201)],
  ])("is refused with %j, with an example, and the backend is asked nothing", async (wrong, sentence) => {
    const { backend, send } = setUp();
    const outcome = await send({ ...buy, ...wrong }).catch((error: unknown) => error);
    expect(outcome).toEqual(new Refusal(sentence));
    expect(backend.calls).toEqual([]);
  });

  it.each(["", "EUR/USD", "EUR/USD:hold", "@everyone:buy", "__proto__:buy", ":"])(
    "cannot be used for %o, which a client made up",
    async (argument) => {
      const { backend, send } = setUp();
      await expect(send(buy, argument)).rejects.toEqual(new Refusal(texts.notification.unusable));
      expect(backend.calls).toEqual([]);
    },
  );

  it("takes nothing from fields it does not have", async () => {
    const { backend, send } = setUp();
    await send({ ...buy, pair: "USD/JPY", action: "sell", signalId: "x" });
    expect(backend.called("openPosition")[0]?.[2]).toMatchObject({ pair: "EUR/USD", action: "buy" });
  });

  it("is looked for after an interruption, and not opened again", async () => {
    const { backend, recover } = setUp();
    expect(await recover(buy)).toEqual({ content: texts.position.notOpened });
    const openedAt = requestOf().usedAt;
    backend.positions.set(alice.id, [{ id: "one", pair: "EUR/USD", action: "buy", entryPrice: 1.0853, openedAt }]);
    expect(read(await recover(buy))).toContain("Position opened: Buy EUR/USD");
    expect(backend.called("openPosition")).toEqual([]);
    await expect(recover(buy, "EUR/USD")).rejects.toEqual(new Refusal(texts.notification.unusable));
  });

  it("is answered for the person alone", () => {
    expect(setUp().form.visibility).toBe("private");
  });
});

describe("a number as people type it", () => {
  it.each([
    ["1.0853", 1.0853],
    ["1,0853", 1.0853],
    [".5", 0.5],
    ["5.", 5],
    ["10 000", 10_000],
    ["1'234.5", 1234.5],
    ["1,234.5", 1234.5],
    ["1,234,567", 1_234_567],
    ["0,125", 0.125],
    ["-3", -3],
    ["+3", 3],
  ])("%o is %d", (typed, value) => {
    expect([readPrice(typed), readSize(typed)]).toEqual([value, value]);
  });

  it.each(["", "abc", "1e5", "0x10", "1.2.3", "1,2,3", "1-2", "Infinity", "NaN", "--1", "1 .5", "１a"])(
    "%o is none",
    (typed) => {
      expect([readPrice(typed), readSize(typed)]).toEqual([Number.NaN, Number.NaN]);
    },
  );

  it("which may be two is none as a price, and a thousand as a size, as the bot writes them", () => {
    expect([readPrice("149,320"), readSize("149,320")]).toEqual([Number.NaN, 149_320]);
  });
});
