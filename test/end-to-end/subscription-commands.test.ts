import { describe, expect, it } from "vitest";
import { texts } from "../../src/presentation/texts.ts";
import { read } from "./support/reading.ts";
import { useBot } from "./support/use-bot.ts";

const world = useBot({}, { registration: "global" });

describe("/subscribe", () => {
  it("subscribes, confirms it in one direct message, and says so", async () => {
    const person = world.newPerson();
    const answer = await person.readPrivate("subscribe", { pair: "eurusd" });
    expect(answer.content).toBe(
      `${texts.subscription.subscribed("EUR/USD", "all signals")}\n${texts.subscription.confirmationSent}`,
    );
    expect(person.directMessages).toHaveLength(1);
    const confirmation = read(await person.directMessage(0));
    expect(confirmation.title).toBe(texts.subscription.confirmationTitle("EUR/USD"));
    expect(confirmation.description).toContain("`/unsubscribe pair:EUR/USD`");
  });

  it.each([
    ["all", "all signals"],
    ["buy", "buy signals"],
    ["sell", "sell signals"],
    ["strong", "strong signals"],
  ])("subscribes to %s signals", async (signal_type, shown) => {
    const person = world.newPerson();
    const { content } = await person.readPrivate("subscribe", { pair: "GBP/USD", signal_type });
    expect(content).toContain(texts.subscription.subscribed("GBP/USD", shown));
    expect((await person.readPrivate("subscriptions")).description).toContain(`**GBP/USD**: ${shown}`);
  });

  it("replaces the type of signals when somebody subscribes to a pair again", async () => {
    const person = world.newPerson();
    await person.readPrivate("subscribe", { pair: "EUR/USD", signal_type: "buy" });
    await person.readPrivate("subscribe", { pair: "EUR/USD", signal_type: "sell" });
    const { title, description } = await person.readPrivate("subscriptions");
    expect(title).toBe("1 subscription");
    expect(description).toContain("**EUR/USD**: sell signals");
  });

  it("explains what to change when the person's direct messages are closed, and keeps the subscription", async () => {
    const person = world.newPerson({ dms: "closed" });
    const { content } = await person.readPrivate("subscribe", { pair: "EUR/USD" });
    expect(content).toContain(texts.subscription.subscribed("EUR/USD", "all signals"));
    expect(content).toContain(texts.subscription.directMessagesClosed);
    expect((await person.readPrivate("subscriptions")).title).toBe("1 subscription");
  });

  it("confirms once although the response to the confirmation is lost", async () => {
    const person = world.newPerson();
    const fault = { outcome: { kind: "reset", processed: true } } as const;
    world.discord.addRouteFault({ method: "POST", route: "/channels/:id/messages", times: 1, fault });
    const { content } = await person.readPrivate("subscribe", { pair: "EUR/USD" });
    expect(content).toContain(texts.subscription.confirmationSent);
    expect(person.directMessages).toHaveLength(1);
  });

  it("says that the confirmation could not be sent when Discord refuses it, and keeps the subscription", async () => {
    const person = world.newPerson();
    const fault = { outcome: { kind: "error", status: 403, code: 20009, processed: false } } as const;
    world.discord.addRouteFault({ method: "POST", route: "/channels/:id/messages", times: 1, fault });
    const { content } = await person.readPrivate("subscribe", { pair: "EUR/USD" });
    expect(content).toContain(texts.subscription.confirmationFailed);
    expect((await person.readPrivate("subscriptions")).title).toBe("1 subscription");
  });

  it("refuses a pair that is none: nothing is asked of the backend, and no direct message is sent", async () => {
    const person = world.newPerson();
    const requests = await world.backendRequestsDuring(async () => {
      expect((await person.readPrivate("subscribe", { pair: "bitcoin" })).content).toBe(texts.input.pair("bitcoin"));
    });
    expect(requests).toEqual([]);
    expect(person.directMessages).toEqual([]);
  });

  it("sends no confirmation of what failed", async () => {
    const person = world.newPerson();
    world.backend.addFault({ kind: "500", route: "POST /notifications/subscribe" });
    const { content } = await person.readPrivate("subscribe", { pair: "EUR/USD" });
    expect(content).toContain(texts.failure.down);
    expect(person.directMessages).toEqual([]);
  });

  it("works in the direct messages themselves", async () => {
    const person = world.newPerson();
    const { content } = await person.readPrivate("subscribe", { pair: "EUR/USD" }, { place: "dm" });
    expect(content).toContain(texts.subscription.confirmationSent);
  });

  it("lets nobody's name ping or format", async () => {
    const person = world.newPerson({ username: "x.y", displayName: "@everyone **<@200000000000000001>**" });
    const { text } = await person.readPrivate("subscribe", { pair: "EUR/USD" });
    expect(text).not.toContain("everyone");
    expect(read(await person.directMessage(0)).text).not.toContain("everyone");
  });
});

describe("/unsubscribe", () => {
  it("removes one subscription and keeps the others", async () => {
    const person = world.newPerson();
    await person.readPrivate("subscribe", { pair: "EUR/USD" });
    await person.readPrivate("subscribe", { pair: "GBP/USD" });
    const { content } = await person.readPrivate("unsubscribe", { pair: "EUR/USD" });
    expect(content).toBe(texts.subscription.unsubscribed("EUR/USD"));
    expect((await person.readPrivate("subscriptions")).description).toMatch(/^\*\*GBP\/USD\*\*: all signals.*$/);
  });

  it("removes all of them when no pair is chosen", async () => {
    const person = world.newPerson();
    await person.readPrivate("subscribe", { pair: "EUR/USD" });
    await person.readPrivate("subscribe", { pair: "GBP/USD" });
    expect((await person.readPrivate("unsubscribe")).content).toBe(texts.subscription.unsubscribedAll(2));
    expect((await person.readPrivate("subscriptions")).content).toBe(texts.subscription.none);
  });

  it("takes having had none for no mistake", async () => {
    const person = world.newPerson();
    expect((await person.readPrivate("unsubscribe")).content).toBe(texts.subscription.hadNone);
    const { content } = await person.readPrivate("unsubscribe", { pair: "EUR/USD" });
    expect(content).toBe(texts.subscription.wasNotSubscribed("EUR/USD"));
  });

  it("takes not having had this one for no mistake, and keeps the others", async () => {
    const person = world.newPerson();
    await person.readPrivate("subscribe", { pair: "GBP/USD" });
    const { content } = await person.readPrivate("unsubscribe", { pair: "EUR/USD" });
    expect(content).toBe(texts.subscription.wasNotSubscribed("EUR/USD"));
    expect((await person.readPrivate("subscriptions")).title).toBe("1 subscription");
  });

  it("does not take a failure of the backend for having had none", async () => {
    const person = world.newPerson();
    await person.readPrivate("subscribe", { pair: "EUR/USD" });
    world.backend.addFault({ kind: "500", route: "POST /notifications/unsubscribe" });
    expect((await person.readPrivate("unsubscribe", { pair: "EUR/USD" })).content).toContain(texts.failure.down);
    expect((await person.readPrivate("subscriptions")).title).toBe("1 subscription");
  });

  it("refuses a pair that is none, and removes nothing", async () => {
    const person = world.newPerson();
    await person.readPrivate("subscribe", { pair: "EUR/USD" });
    const requests = await world.backendRequestsDuring(async () => {
      expect((await person.readPrivate("unsubscribe", { pair: "all" })).content).toBe(texts.input.pair("all"));
    });
    expect(requests).toEqual([]);
  });

  it("suggests the person's own pairs, and not those they have just left", async () => {
    const [person, other] = [world.newPerson(), world.newPerson()];
    await other.readPrivate("subscribe", { pair: "AUD/USD" });
    for (const pair of ["EUR/USD", "GBP/USD"]) await person.readPrivate("subscribe", { pair });
    const before = await person.typing("unsubscribe", "pair", "");
    expect(before.map(({ value }) => value).toSorted()).toEqual(["EUR/USD", "GBP/USD"]);
    await person.readPrivate("unsubscribe", { pair: "EUR/USD" });
    const after = await person.typing("unsubscribe", "pair", "");
    expect(after.map(({ value }) => value)).toEqual(["GBP/USD"]);
  });

  it("suggests nothing to somebody without subscriptions", async () => {
    expect(await world.newPerson().typing("unsubscribe", "pair", "eur")).toEqual([]);
  });
});

describe("/subscriptions", () => {
  it("tells somebody without any how to start", async () => {
    expect((await world.newPerson().readPrivate("subscriptions")).content).toBe(texts.subscription.none);
  });

  it("shows each with its type and since when, and nobody else's", async () => {
    const [person, other] = [world.newPerson(), world.newPerson()];
    await other.readPrivate("subscribe", { pair: "AUD/USD" });
    await person.readPrivate("subscribe", { pair: "EUR/USD", signal_type: "strong" });
    const { title, description } = await person.readPrivate("subscriptions");
    expect(title).toBe("1 subscription");
    expect(description).toMatch(/^\*\*EUR\/USD\*\*: strong signals, since <t:\d+:R>$/);
  });
});
