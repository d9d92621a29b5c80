import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandDefinitions } from "../../src/commands/index.ts";
import { createManagementRest } from "../../src/discord/management-rest.ts";
import { deploy } from "../../src/discord/registration.ts";
import type { BotProcess } from "../../src/sandbox/bot-process.ts";
import type { InteractionReport, SandboxDiscord } from "../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";
import { findFreePort } from "../support/free-port.ts";
import { startTestSandbox, type TestSandbox } from "../support/sandbox.ts";

describe("a bot with something missing", { timeout: 60_000 }, () => {
  let sandbox: TestSandbox;

  beforeAll(async () => {
    sandbox = await startTestSandbox();
  });

  afterAll(() => sandbox.stop());

  const ping = (discord: SandboxDiscord = sandbox.discord): Promise<InteractionReport> =>
    discord.interact({ kind: "command", name: "ping", personId: discord.addPerson().id }).answered();
  const logged = (bot: BotProcess, text: string, since = ""): Promise<unknown> =>
    bot.logged(({ message, time }) => message === text && String(time) >= since);
  const readyz = async (bot: BotProcess): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${await bot.operationsUrl()}/readyz`);
    return { status: response.status, body: await response.json() };
  };

  it("goes on when nobody reads its log any more", async () => {
    const bot = sandbox.startBot();
    await bot.operationsUrl();
    bot.closeOutput();
    await bot.ready();
    expect((await ping()).visible).toHaveLength(1);
    expect(await bot.stop()).toEqual({ code: 0, signal: null });
  });

  it("answers commands without Redis, says what is missing, and takes signals when Redis is there", async () => {
    const { redis, discord } = sandbox;
    const person = discord.addPerson();
    const listening = async (bot: BotProcess, pair: string, since?: string) => {
      const lines = ["connected to Redis", "listening on trading-signals", "reading trading-signals:stream"];
      await Promise.all(lines.map((text) => logged(bot, text, since)));
      expect(await readyz(bot)).toEqual({ status: 200, body: { status: "ready" } });
      const received = discord.nextDirectMessage(person.id);
      const client = new Redis(redis.url, { db: 2 });
      const message = { discordUserId: person.id, pair, signal: { signal: "buy" } };
      await client.publish("trading-signals", JSON.stringify(message));
      client.disconnect();
      expect(JSON.stringify(await received)).toContain(pair);
    };
    const doingWithout = async (bot: BotProcess) => {
      expect((await ping()).saw).toBe("answered");
      expect(await readyz(bot)).toMatchObject({
        status: 200,
        body: { status: "degraded", reasons: [expect.stringContaining("no signals are received")] },
      });
    };

    await redis.halt();
    const bot = sandbox.startBot({ env: { NOTIFICATION_INTERVAL_MS: "0" } });
    await bot.ready();
    await doingWithout(bot);
    await redis.start();
    await listening(bot, "EUR/USD");

    const lostAt = new Date().toISOString();
    await redis.halt("kill");
    await logged(bot, "disconnected from Redis", lostAt);
    await logged(bot, "not listening on trading-signals: what is published now is lost", lostAt);
    await doingWithout(bot);
    await redis.start();
    await listening(bot, "USD/JPY", lostAt);
    const losses = bot.output.filter((line) => line.includes("disconnected from Redis"));
    expect(losses).toHaveLength(2);
    expect(bot.output.filter((line) => line.includes("could not be kept") || line.includes("stack"))).toEqual([]);
    expect(await bot.stop()).toEqual({ code: 0, signal: null });
  });

  it("answers commands and takes signals when REDIS_DB is not there, and says so once", async () => {
    const bot = sandbox.startBot({ env: { REDIS_DB: "99" } });
    await bot.ready();
    const reason = "REDIS_DB 99 cannot be used on this server";
    expect(await logged(bot, "disconnected from Redis")).toMatchObject({ level: "warn", reason });
    await logged(bot, "listening on trading-signals");
    expect((await ping()).saw).toBe("answered");
    const degraded = { status: "degraded", reasons: [`redis is down, open interactions are not kept: ${reason}`] };
    expect(await readyz(bot)).toEqual({ status: 200, body: degraded });
    expect(await bot.stop()).toEqual({ code: 0, signal: null });
    expect(bot.output.filter((line) => line.includes(reason))).toHaveLength(1);
  });

  it("answers with a sentence without a backend", async () => {
    const { discord } = sandbox;
    const bot = sandbox.startBot({ env: { BACKEND_API_URL: `http://127.0.0.1:${await findFreePort()}` } });
    await bot.ready();
    const input = { kind: "command", name: "signal", options: { pair: "EUR/USD" } } as const;
    const used = discord.interact({ ...input, personId: discord.addPerson().id });
    const { visible } = await used.until(({ visible }) => visible.length === 1 && visible[0]?.ephemeral === true);
    expect(JSON.stringify(visible)).toContain("The trading backend cannot be reached at the moment.");
    const [, reference = "none"] = /Reference: `(\w+)`/.exec(JSON.stringify(visible)) ?? [];
    expect(await logged(bot, "command failed")).toMatchObject({ reference });
    expect((await ping()).saw).toBe("answered");
    expect(await readyz(bot)).toMatchObject({ status: 200 });
    expect(await bot.stop()).toEqual({ code: 0, signal: null });
  });

  describe("Discord cannot be reached at the start", () => {
    it("waits alive but not ready, and is ready by itself when Discord is there", async () => {
      const port = await findFreePort();
      const bot = sandbox.startBot({ env: { DISCORD_API_URL: `http://127.0.0.1:${port}/api` } });
      expect(await logged(bot, "waiting for Discord")).toMatchObject({ reason: "Discord cannot be reached" });
      const alive = await fetch(`${await bot.operationsUrl()}/livez`);
      expect(alive.status).toBe(200);
      expect(await readyz(bot)).toMatchObject({
        status: 503,
        body: { status: "notReady", reasons: [expect.stringMatching(/^starting: .*: Discord cannot be reached/)] },
      });
      const discord = await startSandboxDiscord({ port, botToken: sandbox.discord.botToken });
      const rest = createManagementRest({ apiUrl: discord.apiUrl, sampleDate: () => {} }, discord.botToken);
      await deploy(rest, { applicationId: discord.applicationId, guildId: discord.guildId }, commandDefinitions);
      await bot.ready();
      expect((await readyz(bot)).status).toBe(200);
      expect((await ping(discord)).saw).toBe("answered");
      expect(await bot.stop()).toEqual({ code: 0, signal: null });
      await discord.close();
    });

    it("ends with 0 when it is asked to stop while it waits", async () => {
      const bot = sandbox.startBot({ env: { DISCORD_API_URL: `http://127.0.0.1:${await findFreePort()}/api` } });
      await logged(bot, "waiting for Discord");
      expect(await bot.stop()).toEqual({ code: 0, signal: null });
      await logged(bot, "stopped");
    });
  });
});
