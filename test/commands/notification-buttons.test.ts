import { ComponentType } from "discord-api-types/v10";
import { describe, expect, it } from "vitest";
import { BackendError } from "../../src/backend/backend.ts";
import { createComponents } from "../../src/commands/index.ts";
import {
  type AnsweringButton,
  type ButtonRequest,
  createNotificationButtons,
} from "../../src/commands/notification-buttons.ts";
import { StoreError, withStoreErrors } from "../../src/commands/person-store.ts";
import { Refusal } from "../../src/interactions/index.ts";
import { notificationCard } from "../../src/presentation/notification-card.ts";
import { texts } from "../../src/presentation/texts.ts";
import { signal } from "../notifications/support/notification.ts";
import { read } from "../presentation/reading.ts";
import { alice, bob, requestOf } from "./asking.ts";
import { FakeBackend } from "./fake-backend.ts";
import { FakeRules, noRules } from "./fake-rules.ts";

const key = "aB3-_6789012345x";
const usedAtMs = requestOf().usedAt.getTime();

const setUp = () => {
  const rules = new FakeRules();
  const backend = new FakeBackend();
  return { rules, backend, buttons: createNotificationButtons({ backend, rules: withStoreErrors(rules) }) };
};

const pressed = (argument: string, more: Partial<ButtonRequest> = {}): ButtonRequest => {
  const { person, signal: aborted, usedAt, reference, remainingMs, timing } = requestOf();
  return { person, signal: aborted, usedAt, reference, remainingMs, timing, argument, values: [], ...more };
};

const press = async (button: AnsweringButton, argument: string, more?: Partial<ButtonRequest>): Promise<string> =>
  read(await button.execute(pressed(argument, more)));

const refusal = async (pressing: Promise<unknown>): Promise<string> => {
  const outcome = await pressing.catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(Refusal);
  return outcome instanceof Refusal ? outcome.message : "";
};

describe("mute", () => {
  it.each([
    ["1", 3_600_000],
    ["24", 24 * 3_600_000],
  ])("for %s hours mutes who pressed it, from when they did, and says how to undo it", async (hours, ms) => {
    const { rules, buttons } = setUp();
    const text = await press(buttons.mute, `${key}:${hours}`);
    expect(rules.of(alice.id)).toEqual({ ...noRules, mutedUntilMs: usedAtMs + ms });
    expect(rules.of(bob.id)).toEqual(noRules);
    expect(text).toContain(`until <t:${(usedAtMs + ms) / 1000}:f>`);
    expect(text).toContain("`/notifications unmute`");
  });

  it.each(["", key, `${key}:`, `${key}:2`, `${key}:1e9`, `${key}:-1`, `${key}:1:1`, "__proto__"])(
    "cannot be done with %o, which a client made up",
    async (argument) => {
      const { rules, buttons } = setUp();
      expect(await refusal(press(buttons.mute, argument))).toBe(texts.notification.unusable);
      expect(rules.of(alice.id)).toEqual(noRules);
    },
  );
});

describe("fewer like this", () => {
  it("leaves strong ones of this pair and timeframe, and says how to undo it", async () => {
    const { rules, buttons } = setUp();
    const text = await press(buttons.fewer, `${key}:EUR/USD|1h`);
    expect(rules.of(alice.id).fewer).toEqual(["EUR/USD|1h"]);
    expect(text).toContain("Of EUR/USD (1h) you now get strong signals only.");
    expect(text).toContain("`/notifications fewer_off`");
    expect(await press(buttons.fewer, `${key}:USD/JPY|`)).toContain("Of USD/JPY you now");
  });

  it("says when there is no room for more", async () => {
    const { rules, buttons } = setUp();
    rules.full = true;
    expect(await refusal(press(buttons.fewer, `${key}:EUR/USD|1h`))).toBe(texts.rules.fewerFull);
  });

  it.each(["", key, `${key}:`, `${key}:EUR/USD`, `${key}:@everyone|1h`, `${key}:EUR/USD|${"x".repeat(50)}`])(
    "cannot be done with %o, which a client made up",
    async (argument) => {
      const { rules, buttons } = setUp();
      expect(await refusal(press(buttons.fewer, argument))).toBe(texts.notification.unusable);
      expect(rules.of(alice.id)).toEqual(noRules);
    },
  );
});

describe("unsubscribe", () => {
  it("ends the subscription of who pressed it", async () => {
    const { backend, buttons } = setUp();
    backend.subscriptions.set(alice.id, [
      { pair: "EUR/USD", signalType: "all" },
      { pair: "USD/JPY", signalType: "all" },
    ]);
    expect(await press(buttons.unsubscribe, `${key}:EUR/USD`)).toBe("You are no longer subscribed to EUR/USD.");
    expect(backend.subscriptions.get(alice.id)).toEqual([{ pair: "USD/JPY", signalType: "all" }]);
    expect(await press(buttons.unsubscribe, `${key}:EUR/USD`)).toContain("You were not subscribed to EUR/USD");
  });

  it.each(["", key, `${key}:`, `${key}:all`, `${key}:@everyone`])(
    "cannot be done with %o, which a client made up: least of all for every pair",
    async (argument) => {
      const { backend, buttons } = setUp();
      expect(await refusal(press(buttons.unsubscribe, argument))).toBe(texts.notification.unusable);
      expect(backend.calls).toEqual([]);
    },
  );
});

describe("fewer or none, chosen below several signals", () => {
  it("does for one of them what its buttons would do", async () => {
    const { rules, backend, buttons } = setUp();
    backend.subscriptions.set(alice.id, [{ pair: "USD/JPY", signalType: "all" }]);
    expect(await press(buttons.less, key, { values: ["fewer:EUR/USD|1h"] })).toContain("strong signals only");
    expect(rules.of(alice.id).fewer).toEqual(["EUR/USD|1h"]);
    expect(await press(buttons.less, key, { values: ["none:USD/JPY"] })).toContain("no longer subscribed to USD/JPY");
    expect(backend.subscriptions.get(alice.id)).toEqual([]);
  });

  it.each([[[]], [[""]], [["fewer:"]], [["none:"]], [["none:all"]], [["all"]]])(
    "cannot be done with %j, which a client made up",
    async (values) => {
      const { rules, backend, buttons } = setUp();
      expect(await refusal(press(buttons.less, key, { values }))).toBe(texts.notification.unusable);
      expect(rules.of(alice.id)).toEqual(noRules);
      expect(backend.calls).toEqual([]);
    },
  );
});

describe("open position", () => {
  const offer = "EUR/USD:buy:1.0853:1.08:1.095";

  it.each([
    ["a button", `${key}:${offer}`, []],
    ["a choice", key, [offer]],
  ])("of %s opens a form in which the signal's prices stand", async (_what, argument, values) => {
    const { modal } = await setUp().buttons.openPosition.execute(pressed(argument, { values }));
    expect(modal.title).toBe("Open: Buy EUR/USD");
    expect(modal.custom_id).toBe("openPosition:EUR/USD:buy");
    const fields = modal.components.map((label) =>
      label.type === ComponentType.Label && label.component.type === ComponentType.TextInput
        ? [label.component.custom_id, label.component.value, label.component.required]
        : [],
    );
    expect(fields).toEqual([
      ["entry_price", "1.0853", true],
      ["size", undefined, true],
      ["stop_loss", "1.08", false],
      ["take_profit", "1.095", false],
      ["notes", undefined, false],
    ]);
  });

  it("keeps the limits of forms", async () => {
    const { modal } = await setUp().buttons.openPosition.execute(pressed(`${key}:${offer}`));
    expect(modal.title.length).toBeLessThanOrEqual(45);
    expect(modal.components.length).toBeLessThanOrEqual(5);
    for (const label of modal.components) {
      if (label.type !== ComponentType.Label) throw new Error("not a label");
      expect(label.label.length).toBeLessThanOrEqual(45);
    }
  });

  it.each(["", key, `${key}:EUR/USD`, `${key}:EUR/USD:hold:1:1:1`, `${key}:@everyone:buy:1:1:1`])(
    "cannot be done with %o, which a client made up",
    async (argument) => {
      expect(await refusal(setUp().buttons.openPosition.execute(pressed(argument)))).toBe(texts.notification.unusable);
    },
  );
});

it("does after an interruption what was asked for, once", async () => {
  const { rules, backend, buttons } = setUp();
  backend.subscriptions.set(alice.id, [{ pair: "EUR/USD", signalType: "all" }]);
  for (const [button, argument] of [
    [buttons.mute, `${key}:1`],
    [buttons.unsubscribe, `${key}:EUR/USD`],
  ] as const) {
    await button.execute(pressed(argument));
    await button.recover(pressed(argument));
  }
  expect(rules.of(alice.id).mutedUntilMs).toBe(usedAtMs + 3_600_000);
  expect(backend.subscriptions.get(alice.id)).toEqual([]);
});

it("fails as what could not be reached", async () => {
  const { rules, backend, buttons } = setUp();
  rules.failure = new Error("Connection is closed.");
  backend.failure = new BackendError("down", "listSubscriptions");
  await expect(press(buttons.mute, `${key}:1`)).rejects.toThrow(StoreError);
  await expect(press(buttons.fewer, `${key}:EUR/USD|1h`)).rejects.toThrow(StoreError);
  await expect(press(buttons.unsubscribe, `${key}:EUR/USD`)).rejects.toBe(backend.failure);
});

it("there is something behind every button and select of a notification", () => {
  const items = [signal(), signal({ pair: "USD/JPY", direction: "sell" })].map((one) => ({ signal: one }));
  const cards = [items, items.slice(1)].map((some) => notificationCard({ items: some, deliveryKey: key }));
  const names = cards
    .flatMap(({ components = [] }) => components.flatMap((row) => row.components))
    .map((component) => component.custom_id.split(":")[0]);
  const { rules, backend } = setUp();
  const answered = createComponents({ rules, backend }).map(({ name }) => name);
  expect([...answered].sort()).toEqual([...new Set(names)].sort());
});
