import { afterAll, beforeAll, expect, it } from "vitest";
import { createGateway, type Gateway } from "../../src/discord/gateway.ts";
import type { BotProcess } from "../../src/sandbox/bot-process.ts";
import type { InteractionFaults, RequestFault } from "../../src/sandbox/discord/api.ts";
import { startTestSandbox, type TestSandbox } from "../support/sandbox.ts";

const redisPassword = "a-password-of-redis";
const everywhere: readonly RequestFault[] = [
  { outcome: { kind: "reset", processed: true } },
  { outcome: { kind: "close", processed: false } },
  { outcome: { kind: "status", status: 503, processed: false } },
  { outcome: { kind: "error", status: 400, code: 50035, processed: false } },
  { outcome: { kind: "error", status: 401, code: 50027, processed: false } },
  { outcome: { kind: "rateLimit", retryAfterMs: 100, scope: "user" } },
];

let sandbox: TestSandbox;
let bot: BotProcess;
let observer: Gateway;
const interactionTokens = new Set<string>();

beforeAll(async () => {
  sandbox = await startTestSandbox();
  const { discord, redis } = sandbox;
  const withPassword = new URL(redis.url);
  withPassword.password = redisPassword;
  bot = sandbox.startBot({ env: { LOG_LEVEL: "debug", REDIS_URL: withPassword.href } });
  // A second session receives every interaction as well, and so learns their tokens.
  observer = createGateway({
    apiUrl: discord.apiUrl,
    token: discord.botToken,
    applicationId: discord.applicationId,
    sampleDate: () => {},
    onInteraction: ({ token }) => interactionTokens.add(token),
    onState: () => {},
    onClosedForGood: () => {},
    onWarning: () => {},
  });
  await Promise.all([bot.ready(), observer.connect()]);
});

afterAll(async () => {
  await observer.close();
  await sandbox.stop();
});

it("writes no token and no key anywhere, whatever goes wrong", { timeout: 60_000 }, async () => {
  const { discord, backend } = sandbox;
  const person = discord.addPerson();
  const use = (faults?: InteractionFaults) =>
    discord.interact({ kind: "command", name: "ping", personId: person.id }, faults);
  const finished = (id: string) =>
    bot.logged(
      ({ message, interactionId }) => interactionId === id && /finished|skipped|could not be answered/.test(message),
    );

  const used = [
    ...everywhere.flatMap((fault) => [use({ callbacks: [fault] }), use({ edits: [fault, fault] })]),
    ...[use({ unknownForMs: 60_000 }), use({ duplicateAfterMs: 0 }), use({ deliverAfterMs: 2600 })],
  ];
  await Promise.all(used.map(({ id }) => finished(id)));

  for (const kind of ["500", "503", "reset", "malformed", "429"] as const) {
    const repair = backend.addFault({ kind });
    await finished(discord.interact({ kind: "command", name: "subscriptions", personId: person.id }).id);
    repair();
  }

  discord.setDms(person.id, "closed");
  const notification = { discordUserId: person.id, pair: "EUR/USD", signal: { signal: "buy" } };
  await backend.publish(JSON.stringify(notification));
  await bot.logged(({ message }) => message === "notification not delivered, kept as a dead letter");
  const droppedAt = new Date().toISOString();
  discord.dropGateway();
  await bot.logged(({ message, time }) => message === "connected to Discord" && String(time) >= droppedAt);

  const url = await bot.operationsUrl();
  const pages = await Promise.all(
    ["/metrics", "/health", "/readyz"].map(async (path) => (await fetch(`${url}${path}`)).text()),
  );
  await bot.stop();
  const everything = [...bot.output, ...pages].join("\n");
  expect(bot.output.length).toBeGreaterThan(50);
  expect(interactionTokens.size).toBeGreaterThan(15);
  const secrets = [
    discord.botToken,
    ...discord.botToken.split("."),
    backend.apiKey,
    backend.subscriptionsApiKey,
    redisPassword,
    ...interactionTokens,
    Buffer.from("interaction:").toString("base64").slice(0, 15),
  ];
  for (const secret of secrets)
    expect(everything.includes(secret), `a secret of ${secret.length} characters`).toBe(false);
});
