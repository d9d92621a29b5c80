import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tokenFingerprint } from "../../src/instance/token-fingerprint.ts";
import { notificationStream, signalChangeChannel, streamField } from "../../src/notifications/keys.ts";
import { createNotificationQueue, type NotificationQueue } from "../../src/notifications/queue.ts";
import type { BotProcess } from "../../src/sandbox/bot-process.ts";
import { startTestSandbox, type TestSandbox } from "../support/sandbox.ts";
import { fetchMetrics } from "./support/metrics.ts";
import { TestPerson } from "./support/person.ts";
import { read } from "./support/reading.ts";

const db = 2;

let sandbox: TestSandbox;
let redis: Redis;
let queue: NotificationQueue;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  redis = new Redis(sandbox.redis.url, { db });
  const fingerprint = tokenFingerprint(sandbox.discord.botToken);
  queue = createNotificationQueue({ redis: { url: sandbox.redis.url, db }, fingerprint });
});
afterAll(async () => {
  redis.disconnect();
  await queue.close();
  await sandbox.stop();
});

async function startBot(env: Readonly<Record<string, string>> = {}): Promise<BotProcess> {
  const bot = sandbox.startBot({ env });
  await bot.ready();
  return bot;
}

const newPerson = () => new TestPerson(sandbox.discord);
const logged = (bot: BotProcess, message: string, fields: Readonly<Record<string, unknown>> = {}) =>
  bot.logged(
    (line) => line.message === message && Object.entries(fields).every(([name, value]) => line[name] === value),
  );

const notification = (person: { readonly id: string }, changes: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    discordUserId: person.id,
    signal: { signal: "buy", confidence: 0.89, signalStrength: "strong", entryPrice: 1.1605 },
    ...{ pair: "EUR/USD", timeframe: "1h", timestamp: new Date().toISOString() },
    ...changes,
  });
const addToStream = (text: string) => redis.xadd(notificationStream, "*", streamField, text);
const readyz = async (bot: BotProcess): Promise<unknown> => (await fetch(`${await bot.operationsUrl()}/readyz`)).json();

describe("the stream", () => {
  it("keeps what is added while no bot runs", async () => {
    const person = newPerson();
    await addToStream(notification(person));
    const bot = await startBot();
    expect(read(await person.directMessage(0)).content).toBe("Buy EUR/USD at 1.1605");
    await bot.stop();
  });

  it("and the channel are two ways for the same notification", async () => {
    const person = newPerson();
    const bot = await startBot();
    await logged(bot, "listening on trading-signals");
    const text = notification(person);
    await redis.publish("trading-signals", text);
    await addToStream(text);
    await logged(bot, "notification received before, not sent again", { personId: person.id });
    await person.directMessage(0);
    const metrics = await fetchMetrics(await bot.operationsUrl());
    expect(metrics.total("signalguard_notifications_received_total")).toBe(2);
    expect(metrics.total("signalguard_notifications_accepted_total")).toBe(1);
    await bot.stop();
    expect(person.directMessages).toHaveLength(1);
  });
});

describe("a changed signal", () => {
  it("is announced once in the guild's channel, to its subscribers", async () => {
    const bot = await startBot();
    await logged(bot, "listening on trading-signals");
    const change = {
      ...{ pair: "EUR/USD", timeframe: "1d", oldSignal: "long", newSignal: "short", newConfidence: 0.77 },
      ...{ signalStrength: "strong", entryPrice: 1.0853, subscribers: [{ id: "300000000000000001" }] },
    };
    for (let times = 0; times < 2; times += 1) await redis.publish(signalChangeChannel, JSON.stringify(change));
    await Promise.all([
      logged(bot, "notification received before, not sent again"),
      logged(bot, "notification delivered"),
    ]);
    await bot.stop();
    const messages = sandbox.discord.channelMessages();
    expect(messages.map(({ content }) => content)).toEqual(["Sell EUR/USD at 1.0853 (was Buy)\n<@300000000000000001>"]);
    expect(messages.flatMap(({ pings }) => pings)).toEqual(["300000000000000001"]);
  });
});

describe("a quarantine", () => {
  it("halts all deliveries, also after a restart, until an operator resumes them", async () => {
    const { discord } = sandbox;
    const [first, second] = [newPerson(), newPerson()];
    const outcome = { kind: "error", status: 403, code: 20026, processed: false } as const;
    discord.addRouteFault({ method: "POST", route: "/channels/:id/messages", times: 1, fault: { outcome } });
    const before = await startBot();
    await addToStream(notification(first));
    const told = await before.logged((line) => line.reason === "quarantined" && line.level === "error");
    expect(told.message).toContain("npm run deliveries -- resume");
    expect(await readyz(before)).toEqual({
      status: "degraded",
      reasons: ["no direct messages are sent: quarantined"],
    });
    // Nobody is written to, whichever way.
    const confirmation = await second.readPrivate("subscribe", { pair: "EUR/USD" });
    expect(confirmation.content).toContain("could not be sent");
    await before.stop();

    const after = await startBot();
    await after.logged((line) => line.reason === "quarantined" && line.level === "error");
    await addToStream(notification(second));
    await expect.poll(() => queue.jobs.getWaitingCount()).toBeGreaterThan(0);
    expect([first, second].map(({ directMessages }) => directMessages.length)).toEqual([0, 0]);
    expect(await queue.resume()).toMatchObject({ reason: "quarantined" });
    await logged(after, "deliveries go on");
    await Promise.all([first.directMessage(0), second.directMessage(0)]);
    expect(await readyz(after)).toEqual({ status: "ready" });
    await after.stop();
    expect([first, second].map(({ directMessages }) => directMessages.length)).toEqual([1, 1]);
  });
});

describe("two processes on one queue", () => {
  it("share the work, and double nothing", async () => {
    const env = { INSTANCE_MODE: "off", NOTIFICATION_INTERVAL_MS: "0", DELIVERY_REQUESTS_PER_SECOND: "20" };
    const bots = [await startBot(env), await startBot(env)];
    await Promise.all(bots.map((bot) => logged(bot, "listening on trading-signals")));
    const people = Array.from({ length: 60 }, newPerson);
    const pairs = ["EUR/USD", "GBP/USD"];
    // Each process hears all of them.
    for (const person of people) {
      for (const pair of pairs) await redis.publish("trading-signals", notification(person, { pair }));
    }
    const endsOf = async (bot: BotProcess) => {
      const metrics = await fetchMetrics(await bot.operationsUrl());
      const total = (end: string) => metrics.total("signalguard_notifications_total", { end });
      return total("delivered") + total("merged");
    };
    await expect
      .poll(async () => (await Promise.all(bots.map(endsOf))).reduce((sum, count) => sum + count), { timeout: 60_000 })
      .toBe(people.length * pairs.length);
    const shares = await Promise.all(bots.map(endsOf));
    expect(Math.min(...shares)).toBeGreaterThan(0);
    await Promise.all(bots.map((bot) => bot.stop()));
    for (const person of people) {
      const titles = person.directMessages.flatMap(({ embeds }) => embeds.map(({ title }) => title));
      expect(titles.sort()).toEqual(["Buy EUR/USD (1h)", "Buy GBP/USD (1h)"]);
    }
  }, 120_000);
});

describe("a process that is killed", () => {
  it("leaves nothing undone and nothing doubled: the next one goes on within seconds", async () => {
    const { discord } = sandbox;
    const people = Array.from({ length: 5 }, newPerson);
    const first = await startBot();
    // Discord has taken the messages, and the process will not live to hear of it.
    const outcome = { kind: "hang", processed: true } as const;
    discord.addRouteFault({ method: "POST", route: "/channels/:id/messages", fault: { outcome } });
    for (const person of people) await addToStream(notification(person));
    await Promise.all(people.map((person) => person.directMessage(0)));
    first.kill("SIGKILL");
    await first.exited;
    discord.clearFaults();
    const second = await startBot();
    await Promise.all(people.map(({ id }) => logged(second, "notification delivered", { personId: id })));
    await second.stop();
    expect(people.map(({ directMessages }) => directMessages.length)).toEqual([1, 1, 1, 1, 1]);
  }, 60_000);
});
