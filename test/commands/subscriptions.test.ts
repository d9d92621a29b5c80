import { describe, expect, it } from "vitest";
import { BackendError } from "../../src/backend/backend.ts";
import { createSubscribeCommand } from "../../src/commands/subscribe.ts";
import { createSubscriptionsCommand } from "../../src/commands/subscriptions.ts";
import { createUnsubscribeCommand } from "../../src/commands/unsubscribe.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { alice, ask, bob, refusalOf, suggestionsOf } from "./asking.ts";
import { FakeBackend } from "./fake-backend.ts";
import { FakeMessenger } from "./fake-messenger.ts";
import { FakeRules } from "./fake-rules.ts";

const setUp = () => {
  const backend = new FakeBackend();
  const messenger = new FakeMessenger();
  const rules = new FakeRules();
  const clock = new VirtualClock();
  return {
    backend,
    messenger,
    rules,
    clock,
    subscribe: createSubscribeCommand({ backend, messenger, rules, clock }),
    unsubscribe: createUnsubscribeCommand({ backend, clock }),
    subscriptions: createSubscriptionsCommand({ backend }),
  };
};

describe("/subscribe", () => {
  it("subscribes, then confirms by direct message how to stop", async () => {
    const { backend, messenger, subscribe } = setUp();
    messenger.onConfirm = () => expect(backend.subscriptions.get(alice.id)).toHaveLength(1);
    expect(await ask(subscribe, { pair: "eurusd", signal_type: "strong" })).toBe(
      "You are subscribed to EUR/USD: strong signals, as direct messages.\nA confirmation is in your direct messages.",
    );
    expect(backend.subscriptions.get(alice.id)).toEqual([{ pair: "EUR/USD", signalType: "strong" }]);
    expect(messenger.sent).toMatchObject([{ personId: alice.id }]);
    expect(messenger.sent[0]?.text).toBe(
      "Subscribed to EUR/USD\nHere you will get strong signals for EUR/USD, as they come.\nTo stop: `/unsubscribe pair:EUR/USD`. To see all: `/subscriptions`.",
    );
  });

  it("subscribes to all signals when no type is chosen", async () => {
    const { backend, subscribe } = setUp();
    await ask(subscribe, { pair: "EUR/USD" });
    expect(backend.subscriptions.get(alice.id)).toEqual([{ pair: "EUR/USD", signalType: "all" }]);
  });

  it("names the confirmation by the request, so that a retry of it is the same message and another's is not", async () => {
    const { messenger, subscribe } = setUp();
    await ask(subscribe, { pair: "EUR/USD" });
    await ask(subscribe, { pair: "EUR/USD" });
    await ask(subscribe, { pair: "EUR/USD" }, { reference: "other1" });
    await ask(subscribe, { pair: "EUR/USD" }, { person: bob });
    await ask(subscribe, { pair: "USD/JPY" });
    const [first, retry, ...others] = messenger.sent.map(({ confirmationId }) => confirmationId);
    expect(retry).toBe(first);
    expect(others).toHaveLength(3);
    expect(others).not.toContain(first);
  });

  it("keeps the subscription when direct messages are closed, and says what to change", async () => {
    const { backend, messenger, subscribe } = setUp();
    messenger.outcome = "closed";
    const text = await ask(subscribe, { pair: "EUR/USD" });
    expect(text).toContain("You are subscribed to EUR/USD");
    expect(text).toContain("Privacy Settings, and allow direct messages from server members");
    expect(text).toContain("The subscription is kept");
    expect(backend.subscriptions.get(alice.id)).toHaveLength(1);
  });

  it("keeps the subscription when the confirmation failed, and says so", async () => {
    const { messenger, subscribe } = setUp();
    messenger.outcome = "failed";
    expect(await ask(subscribe, { pair: "EUR/USD" })).toContain("could not be sent to you just now");
  });

  it("ends a stop when the confirmation arrived, and only then", async () => {
    const { messenger, rules, subscribe } = setUp();
    const stopped = { code: 50007, atMs: 1 };
    rules.stop(alice.id, stopped);
    messenger.outcome = "closed";
    expect(await ask(subscribe, { pair: "EUR/USD" })).toContain("`/notifications resume`");
    messenger.outcome = "failed";
    await ask(subscribe, { pair: "EUR/USD" });
    expect(rules.of(alice.id).stopped).toEqual(stopped);
    messenger.outcome = "sent";
    await ask(subscribe, { pair: "EUR/USD" });
    expect(rules.of(alice.id).stopped).toBeUndefined();
  });

  it("subscribes also when the bot's own memory is away", async () => {
    const { backend, rules, subscribe } = setUp();
    rules.failure = new Error("Connection is closed.");
    expect(await ask(subscribe, { pair: "EUR/USD" })).toContain("A confirmation is in your direct messages.");
    expect(backend.subscriptions.get(alice.id)).toHaveLength(1);
  });

  it("confirms nothing when the backend did not take the subscription", async () => {
    const { backend, messenger, subscribe } = setUp();
    backend.failure = new BackendError("down", "subscribe");
    await expect(ask(subscribe, { pair: "EUR/USD" })).rejects.toBe(backend.failure);
    expect(messenger.sent).toEqual([]);
  });

  it.each([
    [{}, "pair is needed"],
    [{ pair: "euro" }, "“euro” is not a currency pair"],
    [{ pair: "EUR/USD", signal_type: "long" }, "signal_type must be one of all, buy, sell, strong, for example all."],
  ])("refuses %j, and does nothing", async (options, sentence) => {
    const { backend, messenger, subscribe } = setUp();
    expect(await refusalOf(subscribe, options)).toContain(sentence);
    expect([...backend.calls, ...messenger.sent]).toEqual([]);
  });

  it("suggests pairs while typing", async () => {
    const { subscribe } = setUp();
    expect(await suggestionsOf(subscribe, "pair", "aud")).toEqual([{ name: "AUD/USD", value: "AUD/USD" }]);
  });
});

describe("/unsubscribe", () => {
  it("ends one subscription, the pair written any usual way", async () => {
    const { backend, unsubscribe } = setUp();
    backend.subscriptions.set(alice.id, [
      { pair: "EUR/USD", signalType: "all" },
      { pair: "USD/JPY", signalType: "buy" },
    ]);
    expect(await ask(unsubscribe, { pair: "eur usd" })).toBe("You are no longer subscribed to EUR/USD.");
    expect(backend.subscriptions.get(alice.id)).toEqual([{ pair: "USD/JPY", signalType: "buy" }]);
  });

  it.each([
    [1, "Your one subscription is removed: no more signals."],
    [3, "All 3 subscriptions are removed: no more signals."],
  ])("without a pair ends all %d", async (count, sentence) => {
    const { backend, unsubscribe } = setUp();
    const pairs = ["EUR/USD", "USD/JPY", "GBP/USD"].slice(0, count);
    backend.subscriptions.set(
      alice.id,
      pairs.map((pair) => ({ pair, signalType: "all" })),
    );
    expect(await ask(unsubscribe)).toBe(sentence);
  });

  it("from nothing is no error, and says so", async () => {
    const { unsubscribe } = setUp();
    expect(await ask(unsubscribe)).toBe("You had no subscriptions, so nothing has changed.");
    expect(await ask(unsubscribe, { pair: "EUR/USD" })).toBe(
      "You were not subscribed to EUR/USD, so nothing has changed. See yours with `/subscriptions`.",
    );
  });

  it("refuses what is no pair rather than ending all", async () => {
    const { backend, unsubscribe } = setUp();
    expect(await refusalOf(unsubscribe, { pair: "" })).toContain("is not a currency pair");
    expect(backend.calls).toEqual([]);
  });

  it("suggests the person's own subscriptions, read once for all keystrokes", async () => {
    const { backend, clock, unsubscribe } = setUp();
    backend.subscriptions.set(alice.id, [{ pair: "USD/JPY", signalType: "all" }]);
    expect(await suggestionsOf(unsubscribe, "pair", "")).toEqual([{ name: "USD/JPY", value: "USD/JPY" }]);
    expect(await suggestionsOf(unsubscribe, "pair", "eur")).toEqual([]);
    expect(backend.called("listSubscriptions")).toHaveLength(1);
    expect(await suggestionsOf(unsubscribe, "pair", "", { person: bob })).toEqual([]);
    await ask(unsubscribe, { pair: "USD/JPY" });
    expect(await suggestionsOf(unsubscribe, "pair", "")).toEqual([]);
    await clock.advance(21_000);
    backend.failure = new BackendError("slow", "listSubscriptions");
    expect(await suggestionsOf(unsubscribe, "pair", "")).toEqual([]);
  });
});

describe("/subscriptions", () => {
  it("lists them with their kind and since when", async () => {
    const { backend, subscriptions } = setUp();
    backend.subscriptions.set(alice.id, [
      { pair: "EUR/USD", signalType: "all", subscribedAt: new Date("2026-11-21T20:36:28.949Z") },
      { pair: "USD/JPY", signalType: "strong" },
    ]);
    expect(await ask(subscriptions)).toBe(
      "2 subscriptions\nEUR/USD: all signals, since <t:1795293388:R>\nUSD/JPY: strong signals",
    );
  });

  it("says how to start when there are none", async () => {
    expect(await ask(setUp().subscriptions)).toContain("You have no subscriptions. Start one with `/subscribe`");
  });
});

it("keeps what is said about subscriptions private", () => {
  const { subscribe, unsubscribe, subscriptions } = setUp();
  expect([subscribe, unsubscribe, subscriptions].map(({ visibility }) => visibility)).toEqual([
    "private",
    "private",
    "private",
  ]);
});
