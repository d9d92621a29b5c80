import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readLease } from "../../src/instance/read-lease.ts";
import { tokenFingerprint } from "../../src/instance/token-fingerprint.ts";
import type { BotProcess } from "../../src/sandbox/bot-process.ts";
import { type CuttableProxy, startCuttableProxy } from "../support/cuttable-proxy.ts";
import { startTestSandbox } from "../support/sandbox.ts";
import { isLeftOpen } from "./support/kept.ts";
import { ask, LeaseTest, leads } from "./support/lease.ts";

describe("a leader", { timeout: 120_000 }, () => {
  let test: LeaseTest;
  let proxy: CuttableProxy;

  beforeAll(async () => {
    const sandbox = await startTestSandbox();
    test = new LeaseTest(sandbox);
    proxy = await startCuttableProxy(sandbox.redis.port);
  });
  afterEach(async () => {
    proxy.mend();
    await test.sandbox.redis.start();
    await test.end();
  });
  afterAll(async () => {
    await proxy.close();
    await test.sandbox.stop();
  });

  const behindProxy = () => ({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
  const publish = async (personId: string, pair: string): Promise<void> => {
    const client = new Redis(test.sandbox.redis.url, { db: 2 });
    const message = { discordUserId: personId, pair, signal: { signal: "buy" }, timestamp: new Date().toISOString() };
    await client.xadd("trading-signals:stream", "*", "payload", JSON.stringify(message));
    client.disconnect();
  };
  const lost = (bot: BotProcess) => bot.logged(({ message }) => message.startsWith("lost the lead"));
  const silentSince = (bot: BotProcess, lines: number): readonly string[] =>
    bot.output
      .slice(lines)
      .filter((line) => /"(interaction acknowledged|interaction finished|notification delivered)"/.test(line));

  it("that was frozen for longer than its lease does nothing more, and nobody gets anything twice", async () => {
    const { discord, backend } = test.sandbox;
    const [frozen, standby] = await test.startPair();
    backend.addFault({ kind: "latency", ms: 3000, route: "/trading/signal", times: 1 });
    const open = test.use("signal", { pair: "EUR/USD" });
    await open.until(({ saw }) => saw === "thinking");
    await isLeftOpen(test.sandbox, open);
    const subscriber = discord.addPerson();
    discord.addRouteFault({
      method: "POST",
      route: "/channels/:id/messages",
      times: 1,
      fault: { outcome: { kind: "hang", processed: true } },
    });
    await publish(subscriber.id, "GBP/USD");
    await expect.poll(() => discord.directMessages(subscriber.id).length, { timeout: 20_000 }).toBe(1);
    frozen.kill("SIGSTOP");
    const lines = frozen.output.length;

    await leads(standby);
    const meanwhile = test.use("ping");
    expect((await meanwhile.answered()).visible).toHaveLength(1);
    const answered = await open.answered();
    await standby.logged(({ message }) => message.startsWith("notification delivered"));

    frozen.kill("SIGCONT");
    expect(await frozen.exited).toEqual({ code: 1, signal: null });
    await lost(frozen);
    expect(silentSince(frozen, lines)).toEqual([]);
    expect(answered.visible).toHaveLength(1);
    expect(open.report()).toMatchObject({ answersShown: 1 });
    expect(open.report().attempts.filter(({ request }) => request === "edit")).toHaveLength(1);
    expect(meanwhile.report()).toMatchObject({ answersShown: 1 });
    expect(discord.directMessages(subscriber.id)).toHaveLength(1);
    expect((await test.use("ping").answered()).visible).toHaveLength(1);
  });

  it("that is cut off from Redis ends before the standby leads, and nobody gets anything twice", async () => {
    const cutOff = await test.startLeader(behindProxy());
    const standby = await test.startStandby();
    proxy.cut();
    const { epoch } = await lost(cutOff);
    expect(await cutOff.exited).toEqual({ code: 1, signal: null });
    await leads(standby);
    expect((await ask(standby, "health")).body).toMatchObject({ role: "leader", epoch: Number(epoch) + 1 });
    expect((await test.use("ping").answered()).deliveries).toHaveLength(1);
  });

  it("goes on when a standby is cut off, which stands by again afterwards", async () => {
    const leader = await test.startLeader();
    const standby = await test.startStandby(behindProxy());
    proxy.cut();
    const line = await standby.logged(({ message }) => message.startsWith("standing by: Redis cannot say"));
    expect(line.level).toBe("warn");
    expect(await ask(standby, "readyz")).toMatchObject({
      status: 200,
      body: { status: "standby", reasons: [expect.stringContaining("redis cannot say who leads")] },
    });
    proxy.mend();
    await standby.logged(
      ({ message, time }) => message === "standing by: another process leads" && String(time) > String(line.time),
    );
    expect((await test.use("ping").answered()).deliveries).toHaveLength(1);
    await leader.stop();
    await leads(standby);
  });

  it("stays the leader when Redis is restarted, also without what it knew", async () => {
    const { redis } = test.sandbox;
    const [leader, standby] = await test.startPair();
    const before = (await ask(leader, "health")).body;
    await redis.halt("kill");
    await redis.start();
    await expect
      .poll(() => reportOf(redis.url, test.discord.botToken), { timeout: 30_000 })
      .toMatchObject({ leader: { pid: leader.pid }, standbys: [{ pid: standby.pid }] });
    expect((await ask(leader, "health")).body).toMatchObject({ role: "leader", epoch: before.epoch });
    expect((await test.use("ping").answered()).deliveries).toHaveLength(1);
    expect(standby.output.join("\n")).not.toContain('"leading"');
  });

  it("ends when Redis is away for longer than it may go on, and leads again when it is started and Redis is back", async () => {
    const { redis } = test.sandbox;
    const leader = await test.startLeader();
    await redis.halt();
    const { reason } = await lost(leader);
    expect(reason).toContain("could not be renewed in time (ECONNREFUSED)");
    expect(await leader.exited).toEqual({ code: 1, signal: null });

    const next = test.start();
    const waiting = await next.logged(({ message }) => message.startsWith("standing by: Redis cannot say"));
    expect(waiting).toMatchObject({ reason: "ECONNREFUSED" });
    await next.logged(({ message }) => message.startsWith("ready: stands by"));
    expect((await ask(next, "readyz")).status).toBe(200);
    await redis.start();
    await leads(next);
    expect((await test.use("ping").answered()).deliveries).toHaveLength(1);
  });

  it("is not asked for by a bot that was stopped while it stood by", async () => {
    const [leader, standby] = await test.startPair();
    expect(await reportOf(test.sandbox.redis.url, test.discord.botToken)).toMatchObject({
      leader: { pid: leader.pid },
      standbys: [{ pid: standby.pid }],
    });
    expect(await standby.stop()).toEqual({ code: 0, signal: null });
    expect(await reportOf(test.sandbox.redis.url, test.discord.botToken)).toMatchObject({ standbys: [] });
    expect(await leader.stop()).toEqual({ code: 0, signal: null });
    expect(await reportOf(test.sandbox.redis.url, test.discord.botToken)).toMatchObject({ leader: undefined });
  });
});

async function reportOf(url: string, botToken: string): Promise<unknown> {
  const client = new Redis(url, { db: 2 });
  const lease = await readLease(client, tokenFingerprint(botToken));
  client.disconnect();
  return lease;
}
