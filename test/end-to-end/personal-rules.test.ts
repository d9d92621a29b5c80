import { describe, expect, it } from "vitest";
import { texts } from "../../src/presentation/texts.ts";
import { privateAnswer, type TestPerson } from "./support/person.ts";
import { publish, signalFor } from "./support/publishing.ts";
import { read } from "./support/reading.ts";
import { useBot } from "./support/use-bot.ts";

/** Nothing waits for its turn here, and nothing changes what stands already: what waits does so by the person's rules. */
const world = useBot({ NOTIFICATION_INTERVAL_MS: "0", NOTIFICATION_EDIT_WITHIN_MS: "0" });

const { buttons } = texts.notification;
const names = texts.rules.fields;

const told = (person: TestPerson, message: string) => world.nextLogged(message, { personId: person.id });
const waitsMuted = (person: TestPerson) => told(person, "notification waits until the person is no longer muted");
const waitsQuiet = (person: TestPerson) => told(person, "notification waits for the end of quiet hours");

/** Publishes a signal for the person, and resolves when the log has told so of it. */
async function publishUntil(logged: Promise<unknown>, message: string): Promise<void> {
  await publish(world, message);
  await logged;
}

/** Their first signal, in their direct messages. */
async function sent(person: TestPerson, changes?: Readonly<Record<string, unknown>>) {
  await publish(world, signalFor(person, changes));
  return person.directMessage(person.directMessages.length);
}

/** Quiet hours that run now, whatever now is. */
function aroundNow() {
  const hour = new Date().getUTCHours();
  return { from: `${(hour + 22) % 24}:00`, to: `${(hour + 2) % 24}:00`, time_zone: "UTC" };
}

describe("a mute", () => {
  it("by the button below a signal lets everything wait, and comes to an end when the person says so", async () => {
    const person = world.newPerson();
    const first = await sent(person);
    const { content } = await privateAnswer(person.press(first, buttons.muteHour));
    expect(content).toContain("You are muted until");
    expect((await person.readPrivate("notifications show")).fields[names.muted]).toContain("until <t:");

    await publishUntil(waitsMuted(person), signalFor(person, { pair: "GBP/USD", entryPrice: 1.27 }));
    await publishUntil(waitsMuted(person), signalFor(person, { pair: "USD/JPY", signal: "sell" }));
    expect(person.directMessages).toHaveLength(1);

    expect((await person.readPrivate("notifications unmute")).content).toBe(texts.rules.unmuted);
    expect(read(await person.directMessage(1)).content).toMatch(/^2 signals: Buy GBP\/USD at .*, Sell USD\/JPY at /);
  });

  it("for a day is what the other button sets", async () => {
    const person = world.newPerson();
    await privateAnswer(person.press(await sent(person), buttons.muteDay));
    const { fields } = await person.readPrivate("notifications show");
    const untilMs = Number(/<t:(\d+):f>/.exec(fields[names.muted] ?? "")?.[1]) * 1000;
    expect(untilMs - Date.now()).toBeGreaterThan(23 * 3_600_000);
  });
});

describe("quiet hours", () => {
  it("let signals wait, strong ones too, until the person ends them", async () => {
    const person = world.newPerson();
    await person.readPrivate("notifications quiet", aroundNow());
    await publishUntil(waitsQuiet(person), signalFor(person));
    expect(person.directMessages).toEqual([]);
    expect((await person.readPrivate("notifications quiet_off")).content).toBe(texts.rules.quietOff);
    expect(read(await person.directMessage(0)).content).toContain("EUR/USD");
  });

  it("let strong signals pass when the person said so", async () => {
    const person = world.newPerson();
    await person.readPrivate("notifications quiet", { ...aroundNow(), strong_signals_pass: true });
    await publishUntil(waitsQuiet(person), signalFor(person, { signalStrength: "moderate" }));
    expect(read(await sent(person, { pair: "GBP/USD" })).content).toMatch(/^Buy GBP\/USD at /);
    expect(person.directMessages).toHaveLength(1);
  });

  it("are chosen in the person's own time zone, which is found by typing a city", async () => {
    const person = world.newPerson();
    const [suggested] = await person.typing("notifications quiet", "time_zone", "taip", { from: "22:00", to: "07:00" });
    expect(suggested?.value).toBe("Asia/Taipei");
    const { content } = await person.readPrivate("notifications quiet", {
      ...{ from: "10pm", to: "7", time_zone: String(suggested?.value) },
    });
    expect(content).toContain("22:00 to 07:00 in `Asia/Taipei`");
    expect((await person.readPrivate("notifications show")).fields[names.quietHours]).toContain("22:00 to 07:00");
  });

  it("that make no sense are refused with an example", async () => {
    const { content } = await world
      .newPerson()
      .readPrivate("notifications quiet", { from: "late", to: "07:00", time_zone: "UTC" });
    expect(content).toBe(texts.rules.time("from", "22:00"));
  });
});

describe("what the person does not want", () => {
  it("by their preferences is not sent, also when the publisher did not choose", async () => {
    const person = world.newPerson();
    await person.readPrivate("preferences", { min_confidence: 0.8, strong_signals_only: true });
    const notStrong = told(person, "notification withheld");
    await publish(world, signalFor(person, { signalStrength: "moderate" }));
    expect((await notStrong).reason).toBe("notStrong");
    const unsure = told(person, "notification withheld");
    await publish(world, signalFor(person, { confidence: 0.79 }));
    expect((await unsure).reason).toBe("belowConfidence");
    expect(read(await sent(person, { pair: "GBP/USD" })).content).toContain("GBP/USD");
    expect(person.directMessages).toHaveLength(1);
  });

  it("by the button “fewer” is left out but for strong ones, until they want all again", async () => {
    const person = world.newPerson();
    const { content } = await privateAnswer(person.press(await sent(person), buttons.fewer));
    expect(content).toContain("Of EUR/USD (1h) you now get strong signals only.");
    const withheld = told(person, "notification withheld");
    await publish(world, signalFor(person, { signalStrength: "weak" }));
    expect((await withheld).reason).toBe("notStrong");
    expect(read(await sent(person)).content).toContain("EUR/USD");

    const [suggested] = await person.typing("notifications fewer_off", "pair", "");
    expect(suggested?.value).toBe("EUR/USD");
    await person.readPrivate("notifications fewer_off", { pair: "EUR/USD" });
    await sent(person, { signalStrength: "weak" });
    expect(person.directMessages).toHaveLength(3);
  });

  it("for lack of use is not sent any more, but counted", async () => {
    const person = world.newPerson();
    const before = await world.metrics();
    const withheld = told(person, "notification withheld");
    await publish(world, signalFor(person, { expiresAt: "2020-01-01T00:00:00.000Z" }));
    expect((await withheld).reason).toBe("outdated");
    const labels = { end: "withheld", reason: "outdated" };
    const total = "signalguard_notifications_total";
    expect((await world.metrics()).total(total, labels) - before.total(total, labels)).toBe(1);
  });

  it("is unsubscribed from by a button", async () => {
    const person = world.newPerson();
    await person.readPrivate("subscribe", { pair: "EUR/USD" });
    const { content } = await privateAnswer(person.press(await sent(person), buttons.unsubscribe("EUR/USD")));
    expect(content).toBe(texts.subscription.unsubscribed("EUR/USD"));
    expect((await person.readPrivate("subscriptions")).content).toBe(texts.subscription.none);
  });
});

describe("the button “open position”", () => {
  it("opens a form in which the signal's prices stand; sent in, the position is there", async () => {
    const person = world.newPerson();
    const opened = person.press(await sent(person), buttons.openPosition);
    expect((await opened.answered()).modal).toMatchObject({ title: "Open: Buy EUR/USD" });
    const { title, fields } = await privateAnswer(await person.submit(opened, { size: "1,000" }));
    expect(title).toBe("Position opened: Buy EUR/USD");
    expect(fields).toMatchObject({ Entry: "1.1605", Size: "1,000", "Stop loss": "1.1585", "Take profit": "1.1645" });
    expect((await person.readPrivate("position list")).title).toBe("1 open position");
  });

  it("refuses figures that make no sense, and opens nothing", async () => {
    const person = world.newPerson();
    const opened = person.press(await sent(person), buttons.openPosition);
    const { content } = await privateAnswer(await person.submit(opened, { size: "1000", stop_loss: "1.2" }));
    expect(content).toContain("needs its stop_loss below 1.1605");
    expect((await person.readPrivate("position list")).content).toBe(texts.position.none);
  });
});

describe("below a message of several signals", () => {
  it("one of them is chosen, to be opened, to get fewer of, or none", async () => {
    const person = world.newPerson();
    await person.readPrivate("subscribe", { pair: "GBP/USD" });
    await person.readPrivate("notifications mute", { for: "1h" });
    for (const pair of ["GBP/USD", "USD/JPY"]) {
      await publishUntil(waitsMuted(person), signalFor(person, { pair }));
    }
    await person.readPrivate("notifications unmute");
    const message = await person.directMessage(1);
    expect(read(message).content).toContain("2 signals: ");

    const opened = person.choose(message, "Buy USD/JPY (1h)");
    expect((await opened.answered()).modal).toMatchObject({ title: "Open: Buy USD/JPY" });
    await privateAnswer(person.choose(message, buttons.fewerOf("USD/JPY (1h)")));
    const { content } = await privateAnswer(person.choose(message, buttons.noneOf("GBP/USD")));
    expect(content).toBe(texts.subscription.unsubscribed("GBP/USD"));
    expect((await person.readPrivate("notifications show")).fields[names.fewer]).toContain("USD/JPY (1h)");
  });
});

describe("somebody whose direct messages are closed", () => {
  it("is told so once, at their next command, and is sent signals again when they come back", async () => {
    const person = world.newPerson({ dms: "closed" });
    const ended = told(person, "notification not delivered, kept as a dead letter");
    await publishUntil(ended, signalFor(person));

    const first = await person.readPrivate("position list");
    expect(first.content).toContain(texts.position.none);
    expect(first.content).toContain("Signals are no longer sent to you since <t:");
    expect(first.content).toContain("`/notifications resume`");
    expect((await person.readPrivate("position list")).content).toBe(texts.position.none);

    expect((await person.readPrivate("notifications resume")).content).toBe(texts.rules.stillClosed);
    expect((await person.readPrivate("notifications show")).fields[names.directMessages]).toContain("stopped <t:");
    const withheld = told(person, "notification withheld");
    await publish(world, signalFor(person));
    expect((await withheld).reason).toBe("stopped");

    world.discord.setDms(person.id, "open");
    expect((await person.readPrivate("notifications resume")).content).toBe(texts.rules.resumed);
    expect(read(await person.directMessage(0)).title).toBe(texts.rules.testTitle);
    expect(read(await sent(person)).content).toContain("EUR/USD");
  });

  it("is told in public only where to look", async () => {
    const person = world.newPerson({ dms: "closed" });
    const ended = told(person, "notification not delivered, kept as a dead letter");
    await publishUntil(ended, signalFor(person));
    const { content, text } = await person.readPublic("signal", { pair: "EUR/USD" });
    expect(content).toBe(texts.rules.publicNotice);
    expect(text).not.toContain("closed");
  });
});

describe("/history", () => {
  it("tells the person what was sent to them, newest first, and of one pair on demand", async () => {
    const person = world.newPerson();
    expect((await person.readPrivate("history")).content).toBe(texts.history.none);
    const settled = told(person, "notification delivered");
    await sent(person);
    await settled;
    const again = told(person, "notification delivered");
    await sent(person, { pair: "GBP/USD", signal: "sell", entryPrice: 1.27, stopLoss: 1.28, takeProfit: 1.25 });
    await again;
    const { title, description } = await person.readPrivate("history");
    expect(title).toBe(texts.history.title);
    expect(description.replace(/<t:\d+:f>/g, "<t>")).toBe(
      [
        "<t>",
        "**Sell GBP/USD (1h)** at 1.2700, stop 1.2800, target 1.2500, confidence 89 %",
        "<t>",
        "**Buy EUR/USD (1h)** at 1.1605, stop 1.1585, target 1.1645, confidence 89 %",
      ].join("\n"),
    );
    const ofPair = await person.readPrivate("history", { pair: "eurusd" });
    expect(ofPair.description).not.toContain("GBP/USD");
    expect((await world.newPerson().readPrivate("history")).content).toBe(texts.history.none);
  });
});

describe("without Redis", () => {
  it("people are told what cannot be done, and everything else goes on", async () => {
    const person = world.newPerson();
    const message = await sent(person);
    const lost = world.nextLogged("disconnected from Redis");
    await world.redis.halt();
    await lost;
    const found = [world.nextLogged("connected to Redis"), world.nextLogged("listening on trading-signals")];
    try {
      for (const command of ["notifications show", "history"]) {
        expect((await person.readPrivate(command)).content).toContain(texts.failure.storeDown);
      }
      const { content } = await privateAnswer(person.press(message, buttons.muteHour));
      expect(content).toContain(texts.failure.storeDown);
      const saved = await person.readPrivate("preferences", { min_confidence: 0.5 });
      expect(saved.title).toBe(texts.preferences.saved);
      expect(saved.content).toBe(texts.rules.notMirrored);
      expect((await person.readPrivate("subscribe", { pair: "EUR/USD" })).content).toContain("You are subscribed");
    } finally {
      await world.redis.start();
      await Promise.all(found);
    }
    expect((await person.readPrivate("notifications show")).fields[names.muted]).toBe(texts.no);
  });
});
