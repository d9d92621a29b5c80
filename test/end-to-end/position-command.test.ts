import { describe, expect, it } from "vitest";
import { texts } from "../../src/presentation/texts.ts";
import type { Options, TestPerson } from "./support/person.ts";
import { useBot } from "./support/use-bot.ts";

const world = useBot();

const bought: Options = { pair: "EUR/USD", action: "buy", entry_price: 1.085, size: 10_000 };

/** Opens a position and returns its id, which the answer names for closing it. */
async function open(person: TestPerson, options: Options = bought): Promise<string> {
  const { fields } = await person.readPrivate("position open", options);
  const [, id] = /`([0-9a-f-]{36})`/.exec(fields.Position ?? "") ?? [];
  if (id === undefined) throw new Error("The answer names no position.");
  return id;
}

describe("/position open", () => {
  it("notes a position with all its figures, for the person alone", async () => {
    const options = { ...bought, pair: "eur-usd", stop_loss: 1.08, take_profit: 1.095, notes: "breakout" };
    const answer = await world.newPerson().readPrivate("position open", options);
    expect(answer.title).toBe("Position opened: Buy EUR/USD");
    expect(answer.fields).toMatchObject({
      ...{ Entry: "1.0850", Size: "10,000", "Stop loss": "1.0800", "Take profit": "1.0950", Notes: "breakout" },
    });
  });

  it("needs no stops and no notes", async () => {
    const { fields } = await world.newPerson().readPrivate("position open", bought);
    expect(fields).toMatchObject({ "Stop loss": "not given", "Take profit": "not given" });
    expect(fields).not.toHaveProperty("Notes");
  });

  it("registers somebody the backend has never met, dotted name and all, and only the first time", async () => {
    const person = world.newPerson({ username: "bob.smith", displayName: "Bob" });
    const first = await world.backendRequestsDuring(() => open(person));
    expect(first.map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([
      `GET /api/v1/discord/users/${person.id} 404`,
      "POST /api/v1/discord/users 201",
      "POST /api/v1/discord/trades 201",
    ]);
    const second = await world.backendRequestsDuring(() => open(person));
    expect(second.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /api/v1/discord/trades"]);
  });

  it("registers a person once who opens two positions at the same time", async () => {
    const person = world.newPerson({ username: "al" });
    const requests = await world.backendRequestsDuring(() => Promise.all([open(person), open(person)]));
    expect(requests.filter(({ method, path }) => method === "POST" && path.endsWith("/users"))).toHaveLength(1);
    expect((await person.readPrivate("position list")).title).toBe("2 open positions");
  });

  const askNothing = async (options: Options, sentence: string) => {
    const requests = await world.backendRequestsDuring(async () => {
      const { content } = await world.newPerson().readPrivate("position open", { ...bought, ...options });
      expect(content).toBe(sentence);
    });
    expect(requests).toEqual([]);
  };

  it.each([
    [{ stop_loss: 1.09 }, texts.position.stopLossSide("buy", "1.0850", "1.07957")],
    [{ stop_loss: 1.085 }, texts.position.stopLossSide("buy", "1.0850", "1.07957")],
    [{ take_profit: 1.08 }, texts.position.takeProfitSide("buy", "1.0850", "1.09585")],
    [{ action: "sell", stop_loss: 1.08 }, texts.position.stopLossSide("sell", "1.0850", "1.09042")],
    [{ action: "sell", take_profit: 1.09 }, texts.position.takeProfitSide("sell", "1.0850", "1.07415")],
  ])("refuses stops on the wrong side, %o, with an example that is right", askNothing);

  it.each([
    [{ size: 0 }, texts.position.sizeRange("1,000")],
    [{ size: -250 }, texts.position.sizeRange("250")],
  ])("refuses a size that is none, %o", askNothing);

  it("refuses a pair that is none", async () => {
    const requests = await world.backendRequestsDuring(async () => {
      const { content } = await world.newPerson().readPrivate("position open", { ...bought, pair: "gold" });
      expect(content).toBe(texts.input.pair("gold"));
    });
    expect(requests).toEqual([]);
  });

  it("shows notes as they were typed, and nobody is pinged by them", async () => {
    const options = { ...bought, notes: "@everyone <@200000000000000001> **sure**" };
    const { fields } = await world.newPerson().readPrivate("position open", options);
    expect(fields.Notes).toBe("\\@everyone \\<\\@200000000000000001\\> \\*\\*sure\\*\\*");
  });
});

describe("/position list", () => {
  it("shows the person's open positions, newest first, with what the backend does not keep", async () => {
    const person = world.newPerson();
    await open(person, { ...bought, stop_loss: 1.08, notes: "weekly" });
    await open(person, { pair: "USD/JPY", action: "sell", entry_price: 149.5, size: 500 });
    const answer = await person.readPrivate("position list");
    expect(answer.title).toBe("2 open positions");
    expect(Object.keys(answer.fields)).toEqual(["Sell USD/JPY", "Buy EUR/USD"]);
    expect(answer.fields["Sell USD/JPY"]).toContain("Entry 149.50, size 500");
    expect(answer.fields["Buy EUR/USD"]).toContain("Entry 1.0850, size 10,000, stop loss 1.0800");
    expect(answer.fields["Buy EUR/USD"]).toContain("weekly");
  });

  it("shows those of one pair when it is asked for one", async () => {
    const person = world.newPerson();
    await open(person);
    await open(person, { ...bought, pair: "GBP/USD" });
    const answer = await person.readPrivate("position list", { pair: "gbpusd" });
    expect(answer.title).toBe("1 open position in GBP/USD");
    expect(Object.keys(answer.fields)).toEqual(["Buy GBP/USD"]);
    const none = await person.readPrivate("position list", { pair: "AUD/USD" });
    expect(none.content).toBe(texts.position.noneInPair("AUD/USD"));
  });

  it("tells somebody the backend has never met that they have none", async () => {
    expect((await world.newPerson().readPrivate("position list")).content).toBe(texts.position.none);
  });

  it("never shows what belongs to somebody else", async () => {
    const [owner, other] = [world.newPerson(), world.newPerson()];
    await open(owner);
    await open(other, { ...bought, pair: "GBP/USD" });
    expect(Object.keys((await other.readPrivate("position list")).fields)).toEqual(["Buy GBP/USD"]);
  });

  it("refuses a pair that is none, and asks the backend nothing", async () => {
    const requests = await world.backendRequestsDuring(async () => {
      const { content } = await world.newPerson().readPrivate("position list", { pair: "EURUSDX" });
      expect(content).toBe(texts.input.pair("EURUSDX"));
    });
    expect(requests).toEqual([]);
  });
});

describe("/position close", () => {
  it.each([
    ["buy", 1.09, "Profit: +50.00 USD", "+50.00 USD, +0.46 %, +50.0 pips"],
    ["buy", 1.08, "Loss: -50.00 USD", "-50.00 USD, -0.46 %, -50.0 pips"],
    ["sell", 1.08, "Profit: +50.00 USD", "+50.00 USD, +0.46 %, +50.0 pips"],
    ["sell", 1.085, "No profit and no loss", "0.00 USD, 0.00 %, 0.0 pips"],
  ])("closes a %s at %d with what it brought", async (action, exit_price, headline, result) => {
    const person = world.newPerson();
    const position_id = await open(person, { ...bought, action });
    const answer = await person.readPrivate("position close", { position_id, exit_price });
    expect(answer.title).toBe(`Position closed: ${action === "buy" ? "Buy" : "Sell"} EUR/USD`);
    expect(answer.description).toBe(headline);
    expect(answer.fields.Result).toBe(result);
    expect((await person.readPrivate("position list")).content).toBe(texts.position.none);
  });

  it("counts a position in yen by its second decimal", async () => {
    const person = world.newPerson();
    const position_id = await open(person, { pair: "USD/JPY", action: "buy", entry_price: 149, size: 100 });
    const { fields } = await person.readPrivate("position close", { position_id, exit_price: 149.5 });
    expect(fields.Result).toBe("+50.00 JPY, +0.34 %, +50.0 pips");
  });

  it("never closes a position of somebody else, and tells no more of it than of one that is not there", async () => {
    const [owner, other] = [world.newPerson(), world.newPerson()];
    const position_id = await open(owner);
    await open(other, { ...bought, pair: "GBP/USD" });
    const requests = await world.backendRequestsDuring(async () => {
      const { content } = await other.readPrivate("position close", { position_id, exit_price: 1.09 });
      expect(content).toBe(texts.position.notFound);
    });
    expect(requests.map(({ method }) => method)).toEqual(["GET"]);
    expect((await owner.readPrivate("position list")).title).toBe("1 open position");
  });

  it.each(["00000000-0000-4000-8000-000000000000", "EUR/USD", "'; drop table"])(
    "says that there is no position %s",
    async (position_id) => {
      const { content } = await world.newPerson().readPrivate("position close", { position_id, exit_price: 1.09 });
      expect(content).toBe(texts.position.notFound);
    },
  );

  it("does not close a position twice", async () => {
    const person = world.newPerson();
    const closing = { position_id: await open(person), exit_price: 1.09 };
    await person.readPrivate("position close", closing);
    const requests = await world.backendRequestsDuring(async () => {
      const { content } = await person.readPrivate("position close", { ...closing, exit_price: 1.2 });
      expect(content).toBe(texts.position.notFound);
    });
    expect(requests.map(({ method }) => method)).toEqual(["GET"]);
  });
});

describe("while typing for /position", () => {
  it("suggests the person's own open positions, by what they look like, and no others", async () => {
    const [person, other] = [world.newPerson(), world.newPerson()];
    const id = await open(person);
    const closed = await open(person, { ...bought, pair: "USD/CHF" });
    await open(other);
    await person.readPrivate("position close", { position_id: closed, exit_price: 1 });
    const choices = await person.typing("position close", "position_id", "");
    expect(choices.map(({ value }) => value)).toEqual([id]);
    expect(choices[0]?.name).toContain("Buy EUR/USD at 1.0850, size 10,000, opened ");
  });

  it("narrows the positions down while the person types, and knows of a new one at once", async () => {
    const person = world.newPerson();
    await open(person);
    await person.typing("position close", "position_id", "");
    const id = await open(person, { ...bought, pair: "GBP/USD" });
    const choices = await person.typing("position close", "position_id", "gbp");
    expect(choices.map(({ value }) => value)).toEqual([id]);
  });

  it("suggests nothing to somebody without positions", async () => {
    expect(await world.newPerson().typing("position close", "position_id", "")).toEqual([]);
  });

  it.each(["position open", "position list"])("suggests pairs for %s", async (command) => {
    const choices = await world.newPerson().typing(command, "pair", "nzd");
    expect(choices.map(({ value }) => value)).toEqual(["NZD/USD", "AUD/NZD"]);
  });
});
