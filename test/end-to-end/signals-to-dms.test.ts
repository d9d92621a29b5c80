import { describe, expect, it } from "vitest";
import { texts } from "../../src/presentation/texts.ts";
import type { RequestFault } from "../../src/sandbox/discord/api.ts";
import type { TestPerson } from "./support/person.ts";
import { read } from "./support/reading.ts";
import { useBot } from "./support/use-bot.ts";

/** One direct message per person in this time. */
const intervalMs = 4000;
const world = useBot({ NOTIFICATION_INTERVAL_MS: String(intervalMs) });

let publishedAtMs = 0;

/** A message as the backend publishes it, each later than the one before. */
function messageFor(person: { readonly id: string }, changes: Readonly<Record<string, unknown>> = {}): string {
  publishedAtMs = Math.max(publishedAtMs + 1, Date.now());
  const timestamp = new Date(publishedAtMs).toISOString();
  const signal = { signal: "buy", confidence: 0.89, signalStrength: "strong", entryPrice: 1.1605, stopLoss: 1.1585 };
  return JSON.stringify({
    discordUserId: person.id,
    signal: { ...signal, takeProfit: 1.1645, pair: "EUR/USD" },
    ...{ pair: "EUR/USD", timeframe: "1h", timestamp },
    ...changes,
  });
}

const publish = async (message: string): Promise<void> => {
  expect(await world.backend.publish(message)).toBe(1);
};

/** The end of the next delivery to a person that the log tells of. */
const notDelivered = (person: { readonly id: string }) =>
  world.nextLogged("notification not delivered, kept as a dead letter", { personId: person.id });
const delivered = (person: TestPerson) => world.nextLogged("notification delivered", { personId: person.id });

describe("a published signal", () => {
  it("shows what a phone needs before it is opened, and the figures", async () => {
    const person = world.newPerson();
    await publish(messageFor(person));
    const { content, title, description, fields } = read(await person.directMessage(0));
    expect(content).toBe("Buy EUR/USD at 1.1605");
    expect(title).toBe("Buy EUR/USD (1h)");
    expect(description).toBe("A strong signal to **buy**; confidence 89 %.");
    expect(fields).toMatchObject({ Entry: "1.1605", "Stop loss": "1.1585", "Take profit": "1.1645" });
  });

  it("reaches the person it is addressed to and nobody else", async () => {
    const [one, other, bystander] = [world.newPerson(), world.newPerson(), world.newPerson()];
    await publish(messageFor(one, { pair: "GBP/USD", signal: "buy" }));
    await publish(messageFor(other, { pair: "USD/JPY", signal: "sell" }));
    expect(read(await one.directMessage(0)).content).toBe("Buy GBP/USD");
    expect(read(await other.directMessage(0)).content).toBe("Sell USD/JPY");
    expect([one, other, bystander].map(({ directMessages }) => directMessages.length)).toEqual([1, 1, 0]);
  });

  it("reaches, through the backend, who subscribed to such signals, and not who wants others", async () => {
    const [buyer, seller] = [world.newPerson(), world.newPerson()];
    await buyer.readPrivate("subscribe", { pair: "EUR/AUD", signal_type: "buy" });
    await seller.readPrivate("subscribe", { pair: "EUR/AUD", signal_type: "sell" });
    const response = await fetch(`${world.backend.url}/api/v1/notifications/send`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ signal: { signal: "buy", confidence: 0.7 }, pair: "EUR/AUD" }),
    });
    expect(await response.json()).toMatchObject({ data: { sent: 1 } });
    expect(read(await buyer.directMessage(1)).content).toBe("Buy EUR/AUD");
    expect(seller.directMessages).toHaveLength(1);
  });
});

describe("a signal in any form the backend sends", () => {
  const full = {
    ...{ id: "0b9f6d0e-6a51-4a7e-9a55-1f7f5f0c2d11", userId: "service-discord-bot", pair: "EUR/USD", timeframe: "1h" },
    ...{ signal: "long", confidence: 0.72, factors: { technical: 0.7, sentiment: 0.62, pattern: 0.74 } },
    ...{ sentimentScore: 0.62, sentimentSignal: "bullish", mlEnhanced: true, entryPrice: 1.0853 },
    ...{ stopLoss: null, takeProfit: null, riskRewardRatio: null, positionSize: 25, source: "ml_enhanced" },
    ...{ signalStrength: "moderate", marketCondition: "calm", status: "active" },
    technicalData: { indicators: { sma: { period: 20, value: 1.0813420000000005, signal: "neutral" } } },
    ...{ expiresAt: "2030-01-01T12:00:00.000Z", timestamp: "2030-01-01T00:00:00.000Z", riskWarning: "Take care." },
  };

  it.each<readonly [form: string, changes: Readonly<Record<string, unknown>>, content: string, shown: string]>([
    ["a whole signal of the engine", { signal: full }, "Buy EUR/USD at 1.0853", "Take care."],
    ["a direction alone", { signal: { signal: "hold" }, pair: "USD/CHF" }, "Hold USD/CHF", "not given"],
    ["a bare word", { signal: "buy", pair: "GBP/USD" }, "Buy GBP/USD", "A signal to **buy**."],
    [
      "figures as text",
      { signal: { signal: "short", confidence: "0.78", entryPrice: "149.32000" }, pair: "USD/JPY" },
      "Sell USD/JPY at 149.32",
      "confidence 78 %",
    ],
    ["no timeframe", { signal: { signal: "standby" }, timeframe: null }, "Hold EUR/USD", "Hold EUR/USD"],
    ["a word nobody knows", { signal: { signal: "accumulate" } }, "Signal EUR/USD", "“accumulate”"],
    [
      "figures that are none",
      { signal: { signal: "buy", confidence: "NaN", entryPrice: -1 } },
      "Buy EUR/USD",
      "not given",
    ],
    ["its pair inside only", { signal: { signal: "buy", pair: "AUD/USD" }, pair: undefined }, "Buy AUD/USD", "AUD/USD"],
    [
      "a time nobody can read",
      { signal: "sell", timestamp: "yesterday" },
      "Sell EUR/USD",
      texts.notification.ageUnknown,
    ],
    ["more than was agreed", { signal: "sell", extra: { deep: [1, [2]] } }, "Sell EUR/USD", "Sell EUR/USD"],
  ])("is delivered: %s", async (_form, changes, content, shown) => {
    const person = world.newPerson();
    await publish(messageFor(person, changes));
    const message = read(await person.directMessage(0));
    expect(message.content).toBe(content);
    expect(message.text).toContain(shown);
  });

  it("pings nobody and formats nothing, whatever it says", async () => {
    const person = world.newPerson();
    const evil = `@everyone <@${person.id}> [win](https://evil.example) **now**`;
    await publish(
      messageFor(person, { signal: { signal: evil, signalStrength: evil, riskWarning: evil }, timeframe: "@here" }),
    );
    const { text } = read(await person.directMessage(0));
    expect(text).toContain("\\@everyone");
    expect(text).not.toMatch(/(?<!\\)@(everyone|here)|(?<!\\)<@|(?<!\\)\[win|(?<!\\)\*\*now/);
    expect((await person.directMessage(0)).pings).toEqual([]);
  });

  const secret = "PrivateWords";

  it.each<readonly [what: string, reason: string, message: (person: TestPerson) => string]>([
    ["no JSON", "notJson", ({ id }) => `{"discordUserId":"${id}", ${secret}`],
    ["no object", "notAnObject", () => JSON.stringify([secret])],
    ["nobody", "noPerson", (person) => messageFor(person, { discordUserId: undefined, note: secret })],
    ["a number for a person", "noPerson", (person) => messageFor(person, { discordUserId: Number(person.id) })],
    ["a name for a person", "noPerson", (person) => messageFor(person, { discordUserId: secret })],
    ["no pair", "noPair", (person) => messageFor(person, { pair: secret, signal: "buy" })],
    ["no signal", "noSignal", (person) => messageFor(person, { signal: undefined, note: secret })],
    ["an empty signal", "noSignal", (person) => messageFor(person, { signal: { note: secret } })],
    ["a list for a signal", "noSignal", (person) => messageFor(person, { signal: [secret] })],
    ["far too much", "tooLarge", (person) => messageFor(person, { note: secret.repeat(10_000) })],
  ])("is counted and logged without its content when it says %s, and the next one arrives", async (...given) => {
    const [, reason, message] = given;
    const person = world.newPerson();
    const before = await world.metrics();
    const told = world.nextLogged("message on trading-signals is no notification", { reason });
    await publish(message(person));
    await publish(messageFor(person));
    await person.directMessage(0);
    expect(JSON.stringify(await told)).not.toContain(secret);
    expect(world.bot.output.join("\n")).not.toContain(secret);
    const after = await world.metrics();
    const name = "signalguard_notifications_malformed_total";
    expect(after.total(name, { reason }) - before.total(name, { reason })).toBe(1);
    expect(person.directMessages).toHaveLength(1);
  });
});

describe("one message a minute", () => {
  it("makes others wait for one message together, and lets other people have theirs meanwhile", async () => {
    const [person, other] = [world.newPerson(), world.newPerson()];
    await publish(messageFor(person, { signal: "buy" }));
    const ofPerson = { personId: person.id };
    const delivering = world.nextLogged("notification delivered", ofPerson);
    await delivering;
    for (const pair of ["GBP/USD", "USD/JPY"]) {
      const waits = world.nextLogged("notification waits for the person's pace", ofPerson);
      await publish(messageFor(person, { pair, signal: "sell" }));
      await waits;
    }
    await publish(messageFor(other));
    await other.directMessage(0);
    const merged = world.nextLogged("notification delivered in one message with others", ofPerson);
    const [first, second] = [await person.directMessage(0), await person.directMessage(1)];
    expect([first, second].map((message) => read(message).content)).toEqual([
      "Buy EUR/USD",
      "2 signals: Sell GBP/USD, Sell USD/JPY",
    ]);
    // A timer may fire a millisecond early.
    expect(second.createdAt - first.createdAt).toBeGreaterThanOrEqual(intervalMs - 5);
    await merged;
    expect(person.directMessages).toHaveLength(2);
  });

  it("is not for a newer signal of the same pair and timeframe, which changes the earlier message", async () => {
    const person = world.newPerson();
    const first = delivered(person);
    await publish(messageFor(person, { signal: "buy" }));
    await first;
    const changed = world.nextLogged("notification delivered as a change of an earlier message", {
      personId: person.id,
    });
    await publish(messageFor(person, { signal: "sell" }));
    await changed;
    expect(person.directMessages.map((message) => read(message).content)).toEqual(["Updated: Sell EUR/USD (was Buy)"]);
  });
});

describe("the same message published twice", () => {
  it.concurrent.each([
    ["with its time of publication", {}],
    ["without one", { timestamp: undefined }],
  ])("is sent once (%s)", async (_how, changes) => {
    const person = world.newPerson();
    const message = messageFor(person, { signal: "buy", ...changes });
    const repeated = world.nextLogged("notification received before, not sent again", { personId: person.id });
    await publish(message);
    await publish(message);
    await repeated;
    // What is not a repeat still follows; nothing else came before it.
    await publish(messageFor(person, { pair: "GBP/USD", signal: "sell" }));
    await person.directMessage(1);
    expect(person.directMessages.map((each) => read(each).content)).toEqual(["Buy EUR/USD", "Sell GBP/USD"]);
  });
});

describe("a delivery", () => {
  it("to closed direct messages is a dead letter, and stops nobody else's", async () => {
    const [closed, open] = [world.newPerson({ dms: "closed" }), world.newPerson()];
    const before = await world.metrics();
    const ended = notDelivered(closed);
    await publish(messageFor(closed));
    await publish(messageFor(open));
    await open.directMessage(0);
    expect((await ended).reason).toBe("closed 50007");
    const after = await world.metrics();
    const labels = { end: "deadLetter", reason: "closed 50007" };
    const total = "signalguard_notifications_total";
    expect(after.total(total, labels) - before.total(total, labels)).toBe(1);
  });

  it("is not tried again for somebody whose direct messages are closed, until they come back", async () => {
    const person = world.newPerson({ dms: "closed" });
    const ended = notDelivered(person);
    await publish(messageFor(person));
    await ended;
    const withheld = world.nextLogged("notification withheld", { personId: person.id });
    await publish(messageFor(person, { pair: "GBP/USD" }));
    expect((await withheld).reason).toBe("stopped");
  });

  it("to somebody Discord does not know is a dead letter", async () => {
    const nobody = { id: "300000000000000001" };
    const ended = notDelivered(nobody);
    await publish(messageFor(nobody));
    expect((await ended).reason).toBe("unknownPerson 10013");
  });

  const send = "/channels/:id/messages";
  const open = "/users/@me/channels";

  it.each<readonly [what: string, route: string, fault: RequestFault]>([
    ["the response to the message is lost", send, { outcome: { kind: "reset", processed: true } }],
    ["Discord sent it and says 502", send, { outcome: { kind: "status", status: 502, processed: true } }],
    ["the connection was cut before Discord saw it", send, { outcome: { kind: "reset", processed: false } }],
    ["Discord fails", send, { outcome: { kind: "status", status: 500, processed: false } }],
    ["Discord asks to wait", send, { outcome: { kind: "rateLimit", retryAfterMs: 100, scope: "user" } }],
    ["the channel cannot be opened at first", open, { outcome: { kind: "status", status: 503, processed: false } }],
  ])("shows one message although %s", async (_what, route, fault) => {
    const person = world.newPerson();
    world.discord.addRouteFault({ method: "POST", route, times: 1, fault });
    const ended = delivered(person);
    await publish(messageFor(person));
    await ended;
    expect(person.directMessages).toHaveLength(1);
  });
});

describe("after Redis was away", () => {
  it("the bot listens again by itself, and delivers", async () => {
    const lost = world.nextLogged("not listening on trading-signals: what is published now is lost");
    await world.redis.halt();
    await lost;
    const found = world.nextLogged("listening on trading-signals");
    await world.redis.start();
    await found;
    const person = world.newPerson();
    await publish(messageFor(person));
    expect(read(await person.directMessage(0)).content).toBe("Buy EUR/USD at 1.1605");
  });
});
