import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BotProcess } from "../../src/sandbox/bot-process.ts";
import type { InteractionFaults, SandboxInteraction } from "../../src/sandbox/discord/api.ts";
import { startTestSandbox, type TestSandbox } from "../support/sandbox.ts";
import { isLeftOpen, putBack, readKeptSession } from "./support/kept.ts";
import { fetchMetrics } from "./support/metrics.ts";

describe("a bot that is started again", { timeout: 60_000 }, () => {
  let sandbox: TestSandbox;
  const running: BotProcess[] = [];

  beforeEach(async () => {
    sandbox = await startTestSandbox();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((bot) => bot.stop()));
    await sandbox.stop();
  });

  const start = (env: Readonly<Record<string, string>> = {}): BotProcess => {
    const bot = sandbox.startBot({ env: { LOG_LEVEL: "debug", ...env } });
    running.push(bot);
    return bot;
  };
  const startReady = async (env: Readonly<Record<string, string>> = {}): Promise<BotProcess> => {
    const bot = start(env);
    await bot.ready();
    return bot;
  };
  const use = (pair: string, faults: InteractionFaults = {}): SandboxInteraction => {
    const { discord } = sandbox;
    const input = { kind: "command", name: "signal", options: { pair } } as const;
    return discord.interact({ ...input, personId: discord.addPerson().id }, faults);
  };
  const identifies = () => 1000 - sandbox.discord.identifiesRemaining;
  const arrived = (bot: BotProcess, { id }: SandboxInteraction) =>
    bot.logged(({ message, interactionId }) => message === "interaction arrived" && interactionId === id);
  const requestsFor = (pair: string) => sandbox.backend.requests.filter(({ query }) => query.pair === pair);

  it("spends no identify, and is handed what came while nobody was there", async () => {
    const first = await startReady();
    await use("EUR/USD").answered();
    expect(await first.stop()).toEqual({ code: 0, signal: null });
    const missed = use("USD/JPY");
    const second = await startReady();
    await arrived(second, missed);
    expect(missed.report().deliveries).toMatchObject([{ replayed: true }]);
    expect((await use("GBP/USD").answered()).answersShown).toBe(1);
    expect(identifies()).toBe(1);
    await second.logged(({ message }) => message === "session at Discord resumed");
    const metrics = await fetchMetrics(await second.operationsUrl());
    expect(metrics.total("signalguard_gateway_sessions_total", { how: "resume" })).toBe(1);
    expect(metrics.total("signalguard_gateway_sessions_total", { how: "identify" })).toBe(0);
  });

  it("after kill -9 is handed again what had been received: nothing is run or answered twice", async () => {
    const first = await startReady();
    await use("EUR/USD").answered();
    const before = await readKeptSession(sandbox);
    const answered = use("GBP/USD");
    await answered.answered();
    first.kill("SIGKILL");
    await first.exited;
    // As if it had died before the place in the session was written.
    await putBack(sandbox, before);
    const second = await startReady();
    await arrived(second, answered);
    await second.logged(({ interactionId, outcome }) => interactionId === answered.id && outcome !== undefined);
    const { deliveries, visible, answersShown } = answered.report();
    expect(deliveries.map(({ replayed }) => replayed)).toEqual([false, true]);
    expect(visible).toHaveLength(1);
    expect(answersShown).toBe(1);
    expect(requestsFor("GBP/USD")).toHaveLength(1);
    expect(identifies()).toBe(1);
  });

  it("after kill -9 between its claim and its acknowledgement answers once when the event comes again", async () => {
    const first = await startReady();
    sandbox.backend.addFault({ kind: "latency", ms: 500, route: "/trading/signal", times: 1 });
    const open = use("EUR/USD");
    await first.logged(({ message, interactionId }) => message === "right to run claimed" && interactionId === open.id);
    first.kill("SIGKILL");
    await first.exited;
    await startReady();
    // In place, or where a slow start makes it too late for that, by direct message.
    const shown = () => open.report().visible.length + sandbox.discord.directMessages(open.report().personId).length;
    await expect.poll(shown, { timeout: 20_000 }).toBe(1);
  });

  it.each(["off", "on"])(
    "after kill -9 in the middle answers once what had been acknowledged and comes again (STALL_GUARD=%s)",
    async (guard) => {
      const first = await startReady({ STALL_GUARD: guard });
      const silence = sandbox.backend.addFault({ kind: "hang", route: "/trading/signal" });
      const open = use("EUR/USD");
      await open.until(({ saw }) => saw === "thinking");
      await isLeftOpen(sandbox, open);
      first.kill("SIGKILL");
      await first.exited;
      silence();
      await startReady({ STALL_GUARD: guard });
      expect(await open.answered()).toMatchObject({ saw: "answered", answersShown: 1 });
      expect(open.report().visible).toHaveLength(1);
      expect(identifies()).toBe(1);
    },
  );

  it.each([
    ["SESSION_RESUME=off", { SESSION_RESUME: "off" }],
    ["INSTANCE_MODE=off, where another process could take the session away", { INSTANCE_MODE: "off" }],
  ])("starts a new session with %s, and ends the old one", async (_what, env) => {
    const first = await startReady(env);
    await first.stop();
    expect(sandbox.discord.sessions).toEqual([]);
    await startReady(env);
    expect(identifies()).toBe(2);
  });

  it("starts a new session at once when Discord has given up the old one", async () => {
    const first = await startReady();
    await first.stop();
    sandbox.discord.dropGateway({ resumable: false });
    const second = await startReady();
    expect(identifies()).toBe(2);
    expect((await use("EUR/USD").answered()).answersShown).toBe(1);
    expect(second.output.join("\n")).not.toContain("waiting for Discord");
  });

  it("starts a new session when Redis is not there, as it would without any of this", async () => {
    const first = await startReady();
    await first.stop();
    await sandbox.redis.halt();
    await startReady();
    expect(identifies()).toBe(2);
    expect((await use("EUR/USD").answered()).answersShown).toBe(1);
  });

  it("waits before it identifies when it has died again and again, says so on /readyz, and stops at once", async () => {
    for (let starts = 0; starts < 2; starts += 1) {
      const bot = await startReady({ SESSION_RESUME: "off" });
      bot.kill("SIGKILL");
      await bot.exited;
    }
    const bot = start({ SESSION_RESUME: "off" });
    await bot.logged(({ message }) => message === "waiting for Discord");
    const url = await bot.operationsUrl();
    const [ready, alive] = await Promise.all([fetch(`${url}/readyz`), fetch(`${url}/livez`)]);
    expect(alive.status).toBe(200);
    expect(ready.status).toBe(503);
    expect(JSON.stringify(await ready.json())).toContain("the bot was started 2 times in vain before: pausing");
    expect(identifies()).toBe(2);
    const askedAtMs = performance.now();
    expect(await bot.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - askedAtMs).toBeLessThan(10_000);
  });

  it("leaves the last identifies of a day alone, and says until when", async () => {
    const bot = start({ IDENTIFY_RESERVE: "1000" });
    const { reason } = await bot.logged(({ message }) => message === "waiting for Discord");
    expect(reason).toContain("1000 of 1000 session starts are left");
    expect(identifies()).toBe(0);
    expect(sandbox.discord.sessions).toEqual([]);
    expect(await bot.stop()).toEqual({ code: 0, signal: null });
  });
});
