import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { commandDefinitions } from "../../src/commands/index.ts";
import { createManagementRest } from "../../src/discord/management-rest.ts";
import { clear, deploy } from "../../src/discord/registration.ts";
import { checks, examine } from "../../src/doctor/doctor.ts";
import { startSandboxBackend } from "../../src/sandbox/backend/server.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";
import { findFreePort } from "../support/free-port.ts";
import { runScript } from "../support/run-program.ts";
import { startTestSandbox, type TestSandbox } from "../support/sandbox.ts";

type Env = Readonly<Record<string, string>>;

describe("npm run doctor", { timeout: 120_000 }, () => {
  let sandbox: TestSandbox;
  let redis: Redis;

  beforeAll(async () => {
    sandbox = await startTestSandbox();
    redis = new Redis(sandbox.redis.url);
    await redis.config("SET", "appendonly", "yes");
  });

  afterEach(() => {
    sandbox.discord.clearFaults();
    sandbox.backend.clearFaults();
    sandbox.discord.setClockOffset(0);
  });

  afterAll(async () => {
    redis.disconnect();
    await sandbox.stop();
  });

  /** What is not well, as `verdict check: says`. */
  const troubles = async (env: Env = {}) => {
    const { exitCode, findings } = await examine({ ...sandbox.environment, ...env }, systemClock);
    const wrong = findings.filter(({ check, verdict }) => check !== "node" && verdict !== "ok");
    for (const { todo } of wrong) expect(todo).toBeTruthy();
    return { code: exitCode, lines: wrong.map(({ check, verdict, says }) => `${verdict} ${check}: ${says}`) };
  };
  /** Where the commands of another sandbox Discord are. */
  const deployTo = async (discord: TestSandbox["discord"], definitions = commandDefinitions, guild = true) => {
    const rest = createManagementRest({ apiUrl: discord.apiUrl, sampleDate: () => {} }, discord.botToken);
    const scope = { applicationId: discord.applicationId, guildId: guild ? discord.guildId : undefined };
    return { rest, scope, deployed: await deploy(rest, scope, definitions) };
  };
  const environmentOf = (discord: TestSandbox["discord"]): Env => ({
    DISCORD_API_URL: discord.apiUrl,
    DISCORD_BOT_TOKEN: discord.botToken,
    DISCORD_CLIENT_ID: discord.applicationId,
    DISCORD_GUILD_ID: discord.guildId,
  });

  it("finds everything well, in a line for each check, and writes nothing anywhere", async () => {
    await redis.config("RESETSTAT");
    const before = { discord: sandbox.discord.requests.length, backend: sandbox.backend.requests.length };
    const { code, stdout } = await runScript("doctor.ts", [], { env: sandbox.environment });
    expect({ code, failures: stdout.match(/^FAIL.*/gm) }).toEqual({ code: 0, failures: null });
    for (const { name } of checks) expect(stdout).toMatch(new RegExp(`^(ok|warn) +${name} `, "m"));
    expect(stdout).toMatch(/\/signal {2}id \d+ {2}version \d+/);

    const methods = sandbox.discord.requests.slice(before.discord).map(({ method }) => method);
    expect(new Set(methods)).toEqual(new Set(["GET"]));
    const asked = sandbox.backend.requests.slice(before.backend);
    expect(asked).toHaveLength(3);
    expect(new Set(asked.map(({ method }) => method))).toEqual(new Set(["GET"]));
    const stats = await redis.info("commandstats");
    const used = [...stats.matchAll(/^cmdstat_([\w|]+):/gm)].map(([, name = ""]) => name.split("|")[0]);
    expect(
      used.filter((name) => !["client", "config", "info", "scan", "select", "hello"].includes(name ?? "")),
    ).toEqual([]);
  });

  it("names every problem of the configuration, looks at what can be looked at, and ends with 78", async () => {
    const { code, lines } = await troubles({ BACKEND_API_KEY: "", HTTP_PORT: "70000" });
    expect(code).toBe(78);
    expect(lines).toEqual([
      expect.stringContaining("fail configuration: BACKEND_API_KEY: is missing"),
      expect.stringContaining("fail configuration: HTTP_PORT: expected a port"),
      "warn redis: not looked at",
      "warn backend: not looked at",
      "warn instances: not looked at",
    ]);
  });

  it("warns of a mode in which nothing keeps a second process out", async () => {
    expect(await troubles({ INSTANCE_MODE: "off" })).toEqual({
      code: 0,
      lines: ["warn configuration: INSTANCE_MODE=off: nothing keeps a second process out"],
    });
  });

  it("names a token that Discord does not accept, and does not print it", async () => {
    const env = { ...sandbox.environment, DISCORD_BOT_TOKEN: "a-token-that-is-wrong" };
    const { code, stdout, stderr } = await runScript("doctor.ts", [], { env });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAIL +token +Discord does not accept DISCORD_BOT_TOKEN\n +→ reset it/m);
    expect(stdout.match(/^FAIL/gm)).toHaveLength(1);
    expect(stdout + stderr).not.toContain("a-token-that-is-wrong");
    for (const secret of [sandbox.backend.apiKey, sandbox.discord.botToken]) expect(stdout).not.toContain(secret);
  });

  it("names an application and a guild that are others", async () => {
    const { code, lines } = await troubles({ DISCORD_CLIENT_ID: "123456789012345678" });
    expect(code).toBe(1);
    const { applicationId } = sandbox.discord;
    expect(lines).toContain(
      `fail application: DISCORD_CLIENT_ID is 123456789012345678, and DISCORD_BOT_TOKEN belongs to the application ${applicationId}`,
    );
    expect((await troubles({ DISCORD_GUILD_ID: "123456789012345678" })).lines).toContain(
      "fail guild: the bot is not in the guild 123456789012345678 of DISCORD_GUILD_ID",
    );
  });

  it("names commands that are missing, changed, left over, and registered twice", async () => {
    const discord = await startSandboxDiscord();
    const env = environmentOf(discord);
    const [first, ...others] = commandDefinitions;
    const missing = (await troubles(env)).lines;
    expect(missing).toHaveLength(commandDefinitions.length);
    expect(missing[0]).toBe(`fail commands: /${first?.name} is not registered in guild ${discord.guildId}`);

    const changed = { ...first, name: first?.name ?? "", description: "Another sentence" };
    await deployTo(discord, [changed, ...others, { name: "old", description: "Of an earlier version" }]);
    const { rest, scope } = await deployTo(discord, [...others, { name: "older", description: "Even earlier" }], false);
    const { code, lines } = await troubles(env);
    expect(code).toBe(1);
    expect(lines).toEqual([
      `fail commands: /${first?.name} as registered in guild ${discord.guildId} differs from this version`,
      expect.stringMatching(/^warn commands: \/old is registered in guild \d+ and not part of this version/),
      expect.stringMatching(/^warn commands: registered globally too, so people see them twice: \/\w+, /),
      "warn commands: left over globally, and nobody answers them: /older",
    ]);
    await clear(rest, scope);
    await deployTo(discord);
    expect(await troubles(env)).toEqual({ code: 0, lines: [] });
    await discord.close();
  });

  it("names privileged intents that are allowed and not needed, and few session starts that are left", async () => {
    const discord = await startSandboxDiscord({ privilegedIntents: 1 << 15, identifiesRemaining: 60 });
    await deployTo(discord);
    expect(await troubles(environmentOf(discord))).toEqual({
      code: 0,
      lines: [
        'warn intents: "Message Content" is allowed and not needed: whoever gets hold of the token could use it',
        "warn session starts: 60 of 1000 left, for 1440 minutes",
      ],
    });
    await discord.close();
    const spent = await startSandboxDiscord({ identifiesRemaining: 10 });
    await deployTo(spent);
    expect(await troubles(environmentOf(spent))).toEqual({
      code: 1,
      lines: [expect.stringMatching(/^fail session starts: 10 of 1000 left, .*IDENTIFY_RESERVE/)],
    });
    await spent.close();
  });

  it.each([
    [-5000, 0, /^warn clock: [4-6]\.\d s ahead of Discord's$/],
    [5000, 0, /^warn clock: [4-6]\.\d s behind Discord's$/],
    [300_000, 1, /^fail clock: (299|300|301)\.\d s behind Discord's$/],
  ])("names a clock that is wrong (Discord's is %d ms ahead)", async (offsetMs, code, line) => {
    sandbox.discord.setClockOffset(offsetMs);
    expect(await troubles()).toEqual({ code, lines: [expect.stringMatching(line)] });
  });

  it("names what in Redis would lose signals: eviction, no disk, no such database", async () => {
    await redis.config("SET", "maxmemory-policy", "allkeys-lru");
    await redis.config("SET", "appendonly", "no");
    expect(await troubles({ REDIS_DB: "99" })).toEqual({
      code: 1,
      lines: [
        "fail redis: REDIS_DB 99 cannot be used on this server (ERR)",
        "fail redis: it may throw accepted signals away when memory is short (maxmemory-policy allkeys-lru)",
        "warn redis: what was accepted since its last snapshot is lost when it crashes (appendonly no)",
        expect.stringMatching(/^warn instances: 0 on this machine; others cannot be seen/),
      ],
    });
    await redis.config("SET", "maxmemory-policy", "noeviction");
    await redis.config("SET", "appendonly", "yes");
  });

  it("names a Redis that does not let the bot in, and one that is not there, without its password", async () => {
    await redis.config("SET", "requirepass", "the-password-of-redis");
    const closed = await troubles();
    const wrong = await troubles({ REDIS_URL: sandbox.redis.url.replace("://", "://:another-password@") });
    await redis.auth("the-password-of-redis");
    await redis.config("SET", "requirepass", "");
    expect(closed).toMatchObject({
      code: 1,
      lines: expect.arrayContaining(["fail redis: it does not let the bot in (NOAUTH)"]),
    });
    expect(wrong.lines[0]).toBe("fail redis: it does not let the bot in (WRONGPASS)");
    expect(wrong.lines.join("\n")).not.toContain("another-password");
    const down = await troubles({ REDIS_URL: `redis://127.0.0.1:${await findFreePort()}` });
    expect(down.lines[0]).toBe("fail redis: it cannot be asked (ECONNREFUSED)");
  });

  it("names a backend that does not accept a key, has few requests left, has trouble, or is not there", async () => {
    const keys = { discordBot: "k".repeat(20), subscriptions: "s".repeat(20) };
    const backend = await startSandboxBackend({ apiKeys: keys, rateLimit: { max: 8, windowMs: 900_000 } });
    const env = { BACKEND_API_URL: backend.url, BACKEND_API_KEY: keys.discordBot };
    expect(await troubles({ ...env, BACKEND_SUBSCRIPTIONS_API_KEY: "" })).toEqual({
      code: 1,
      lines: ["fail backend: does not accept the key for subscriptions"],
    });
    expect(
      await troubles({ ...env, BACKEND_API_KEY: "wrong", BACKEND_SUBSCRIPTIONS_API_KEY: keys.subscriptions }),
    ).toEqual({
      code: 1,
      lines: [
        "fail backend: does not accept the key for people and positions",
        "fail backend: does not accept the key for signals",
      ],
    });
    const limited = await troubles({ ...env, BACKEND_SUBSCRIPTIONS_API_KEY: keys.subscriptions });
    expect(limited.lines).toContain("fail backend: refuses: too many requests");
    await backend.close();
    expect(await troubles(env)).toEqual({ code: 1, lines: ["fail backend: cannot be reached"] });
    const scarce = await startSandboxBackend({ apiKeys: keys, rateLimit: { max: 3, windowMs: 900_000 } });
    const both = { BACKEND_API_KEY: keys.discordBot, BACKEND_SUBSCRIPTIONS_API_KEY: keys.subscriptions };
    expect(await troubles({ BACKEND_API_URL: scarce.url, ...both })).toEqual({
      code: 0,
      lines: ["warn backend: 0 of 3 requests are left for all people together, for 15 minutes"],
    });
    await scarce.close();
    sandbox.backend.addFault({ kind: "500", route: "/discord" });
    expect((await troubles()).lines).toEqual([
      "fail backend: has trouble of its own with people and positions (HTTP 500)",
    ]);
  });

  it("names a second process, and one that hangs", async () => {
    const bots = [sandbox.startBot(), sandbox.startBot({ env: { INSTANCE_MODE: "off" } })];
    await Promise.all(bots.map((bot) => bot.ready()));
    expect(await troubles()).toEqual({
      code: 1,
      lines: ["fail instances: 2 processes run with this token, and race for every interaction"],
    });
    await bots[1]?.stop();
    bots[0]?.kill("SIGSTOP");
    const hanging = await troubles();
    bots[0]?.kill("SIGCONT");
    expect(hanging.lines).toContainEqual(expect.stringMatching(/^fail instances: .* of this machine hangs$/));
    await bots[0]?.stop();
  });

  it("names who leads and who stands by, and that nobody does, a lock beside it, and a Redis that forgets or is gone", async () => {
    const lease = { INSTANCE_MODE: "lease" };
    expect(await troubles(lease)).toEqual({ code: 0, lines: ["warn instances: nobody leads"] });

    const leader = sandbox.startBot({ env: lease });
    await leader.ready();
    const standby = sandbox.startBot({ env: lease });
    await standby.ready();
    const { findings } = await examine({ ...sandbox.environment, ...lease }, systemClock);
    expect(findings.filter(({ check }) => check === "instances")).toEqual([
      {
        ...{ check: "instances", verdict: "ok" },
        says: expect.stringMatching(new RegExp(`^process ${leader.pid} on \\S+ leads \\(epoch \\d+\\), 1 stands by$`)),
        details: [expect.stringContaining(`process ${standby.pid} on `)],
      },
    ]);
    await redis.config("SET", "maxmemory-policy", "allkeys-lru");
    const evicting = await troubles(lease);
    await redis.config("SET", "maxmemory-policy", "noeviction");
    expect(evicting).toMatchObject({ code: 1, lines: [expect.stringMatching(/^fail redis: it may throw/)] });

    // The first of this machine ends; the one that leads then runs without its lock, as if on another machine.
    await leader.stop();
    await standby.logged(({ message }) => message === "ready: interactions reach the bot");
    const locked = sandbox.startBot();
    await locked.ready();
    const both = await troubles(lease);
    expect(both.lines).toContainEqual(
      expect.stringMatching(
        new RegExp(
          `^fail instances: process ${standby.pid} on .* process ${locked.pid} of this machine holds the lock`,
        ),
      ),
    );
    await Promise.all([locked, standby].map((bot) => bot.stop()));
    const down = await troubles({ ...lease, REDIS_URL: `redis://127.0.0.1:${await findFreePort()}` });
    expect(down.code).toBe(1);
    expect(down.lines).toContainEqual(expect.stringMatching(/^fail instances: nobody can lead/));
  });

  it("ends in bounded time when everything hangs, and names it all", async () => {
    const outcome = { kind: "hang", processed: false } as const;
    for (const route of ["/users/@me", "/applications/@me", "/guilds/:id", "/gateway", "/gateway/bot"]) {
      sandbox.discord.addRouteFault({ method: "GET", route, fault: { outcome } });
    }
    sandbox.backend.addFault({ kind: "hang" });
    sandbox.redis.pause();
    const startMs = performance.now();
    const { code, lines } = await troubles();
    const tookMs = performance.now() - startMs;
    sandbox.redis.resume();
    expect(code).toBe(1);
    expect(lines).toEqual([
      "fail token: Discord does not answer",
      "warn application: could not be asked: Discord does not answer",
      "warn guild: could not be asked: Discord does not answer",
      "warn intents: could not be asked: Discord does not answer",
      "warn session starts: could not be asked: Discord does not answer",
      "warn clock: could not be asked: Discord does not answer",
      expect.stringMatching(/^fail redis: it cannot be asked/),
      "fail backend: does not answer within 8 s",
      expect.stringMatching(/^warn instances: 0 on this machine; others cannot be seen/),
    ]);
    expect(tookMs).toBeLessThan(30_000);
  });
});
