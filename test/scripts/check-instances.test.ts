import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { tokenFingerprint } from "../../src/instance/token-fingerprint.ts";
import { storeKeys } from "../../src/recovery/keys.ts";
import type { BotProcess } from "../../src/sandbox/bot-process.ts";
import { findFreePort } from "../support/free-port.ts";
import { runScript } from "../support/run-program.ts";
import { startTestSandbox, type TestSandbox } from "../support/sandbox.ts";

describe("npm run check:instances", { timeout: 180_000 }, () => {
  let sandbox: TestSandbox;
  let redis: Redis;
  const bots: BotProcess[] = [];

  beforeAll(async () => {
    sandbox = await startTestSandbox();
    redis = new Redis(sandbox.redis.url, { db: 2 });
  });

  afterEach(async () => {
    await Promise.all(bots.splice(0).map((bot) => bot.stop()));
  });

  afterAll(async () => {
    redis.disconnect();
    await sandbox.stop();
  });

  /** Resolves when it is ready and says in Redis that it lives. */
  const start = async (env: Readonly<Record<string, string>> = {}): Promise<BotProcess> => {
    const bot = sandbox.startBot({ env });
    bots.push(bot);
    await bot.ready();
    const pattern = `${storeKeys(tokenFingerprint(sandbox.discord.botToken)).instance("")}*`;
    await expect.poll(async () => (await redis.keys(pattern)).length).toBe(bots.length);
    return bot;
  };
  const check = async (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
    runScript("check-instances.ts", args, { env: { ...sandbox.environment, ...env } });

  it("finds none, one and two, with an exit code for each, and ends nobody", async () => {
    expect(await check()).toMatchObject({ code: 1, stdout: expect.stringMatching(/^No instances run\./) });

    const first = await start();
    const one = await check(["--json"]);
    expect(one.code).toBe(0);
    expect(JSON.parse(one.stdout)).toEqual({
      count: 1,
      host: { pid: first.pid, answers: true },
      redis: { kind: "asked", living: 1 },
    });

    await start({ INSTANCE_MODE: "off" });
    const two = await check();
    expect(two.code).toBe(2);
    expect(two.stdout).toContain("2 instances run.");
    expect(two.stdout).toContain(`on this machine: process ${first.pid}`);
    expect(two.stdout).toContain("Stop all but one");
    expect(sandbox.discord.sessions.filter(({ connected }) => connected)).toHaveLength(2);
  });

  it("does not count one that was just killed, whose last sign of life is still in Redis", async () => {
    const killed = await start();
    killed.kill("SIGKILL");
    await killed.exited;
    bots.splice(0);
    expect(await check()).toMatchObject({ code: 1 });
  });

  it("counts this machine's one when Redis is down, and says what it cannot see", async () => {
    await start();
    const blind = await check([], { REDIS_URL: `redis://:a-redis-password@127.0.0.1:${await findFreePort()}` });
    expect(blind.code).toBe(3);
    expect(blind.stdout).toContain("1 instance runs.");
    expect(blind.stdout).toContain("Redis cannot be asked (ECONNREFUSED)");
    expect(blind.stdout + blind.stderr).not.toContain("a-redis-password");
  });

  it("counts who can answer where one leads: any number may stand by, and a lock beside it is one too many", async () => {
    const lease = { INSTANCE_MODE: "lease" };
    expect(await check([], lease)).toMatchObject({ code: 1, stdout: expect.stringMatching(/^Nobody leads\./) });

    const leader = await start(lease);
    const standby = sandbox.startBot({ env: lease });
    bots.push(standby);
    await standby.ready();
    const well = await check(["--json"], lease);
    expect(well.code).toBe(0);
    expect(JSON.parse(well.stdout)).toEqual({
      lease: expect.objectContaining({
        ...{ kind: "asked", count: 1, epoch: 1, finishingEpochs: [], strangers: [] },
        leader: expect.objectContaining({ pid: leader.pid }),
        standbys: [expect.objectContaining({ pid: standby.pid })],
      }),
    });
    // By whoever asks with another mode, the one of this machine's lock is not counted twice either.
    const asked = await check(["--json"]);
    expect(JSON.parse(asked.stdout)).toMatchObject({ count: 1, host: { pid: leader.pid, answers: true } });

    // The first of this machine ends; the one that leads then runs without its lock, as if on another machine.
    await leader.stop();
    await standby.logged(({ message }) => message === "ready: interactions reach the bot");
    const locked = sandbox.startBot({ env: { INSTANCE_MODE: "lock" } });
    bots.push(locked);
    await locked.ready();
    const tooMany = await check([], lease);
    expect(tooMany.code).toBe(2);
    expect(tooMany.stdout).toContain(`Process ${standby.pid} on `);
    expect(tooMany.stdout).toContain(`asks for no lease: process ${locked.pid}`);
    await locked.stop();

    const off = sandbox.startBot({ env: { INSTANCE_MODE: "off" } });
    bots.push(off);
    await off.ready();
    expect(await check([], lease)).toMatchObject({
      code: 2,
      stdout: expect.stringContaining("lives without the lease: anywhere:"),
    });
    await off.stop();
    expect(standby.output.join("\n")).not.toContain("asked to stop");
  });

  it("cannot tell who leads when Redis is down", async () => {
    const REDIS_URL = `redis://:a-redis-password@127.0.0.1:${await findFreePort()}`;
    const blind = await check([], { INSTANCE_MODE: "lease", REDIS_URL });
    expect(blind).toMatchObject({ code: 3, stdout: expect.stringContaining("Who leads cannot be told") });
    expect(blind.stdout + blind.stderr).not.toContain("a-redis-password");
  });

  it("explains a bad configuration, and ends with 78", async () => {
    expect(await check([], { DISCORD_BOT_TOKEN: "" })).toMatchObject({
      code: 78,
      stderr: expect.stringContaining("DISCORD_BOT_TOKEN: is missing"),
    });
  });
});
