import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { delay, systemClock } from "../../src/clock.ts";
import type { BotProcess } from "../../src/sandbox/bot-process.ts";
import type { InteractionFaults, InteractionReport, SandboxInteraction } from "../../src/sandbox/discord/api.ts";
import { startTestSandbox, type TestSandbox } from "../support/sandbox.ts";
import { LeaseTest, leads } from "./support/lease.ts";
import { fetchMetrics } from "./support/metrics.ts";
import { stall, stallable } from "./support/stall.ts";

describe("with its main thread blocked for ten seconds, a bot with STALL_GUARD=on", { timeout: 90_000 }, () => {
  let sandbox: TestSandbox;
  const running: BotProcess[] = [];

  beforeEach(async () => {
    sandbox = await startTestSandbox();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((bot) => bot.stop()));
    await sandbox.stop();
  });

  const startReady = async (env: Readonly<Record<string, string>> = {}): Promise<BotProcess> => {
    const guarded = { STALL_GUARD: "on", LOG_LEVEL: "debug", ...stallable };
    const bot = sandbox.startBot({ env: { ...guarded, PRECOMPUTE_SIGNALS: "off", ...env } });
    running.push(bot);
    await bot.ready();
    return bot;
  };
  const says = (bot: BotProcess, text: string) => bot.logged(({ message }) => message === text);
  const use = (name: string, faults: InteractionFaults = {}): SandboxInteraction => {
    const options = name === "signal" ? { options: { pair: "EUR/USD" } } : {};
    return sandbox.discord.interact(
      { kind: "command", name, personId: sandbox.discord.addPerson().id, ...options },
      faults,
    );
  };
  const acknowledged = (interaction: SandboxInteraction) =>
    interaction.until(({ acknowledgedAtMs }) => acknowledgedAtMs !== undefined);
  const identifies = () => 1000 - sandbox.discord.identifiesRemaining;
  /** Callbacks that took effect. */
  const landed = ({ attempts }: InteractionReport) =>
    attempts.filter(({ request, processed }) => request === "callback" && processed);
  const causes = async (bot: BotProcess, cause: string) =>
    (await fetchMetrics(await bot.operationsUrl())).total("signalguard_acknowledgements_total", { cause });
  const recovered = async (bot: BotProcess) =>
    (await fetchMetrics(await bot.operationsUrl())).total("signalguard_interactions_recovered_total", {
      outcome: "answered",
    });

  it("acknowledges every interaction in time and once, for whom it is, and answers when it goes on", async () => {
    const bot = await startReady();
    await stall(bot);
    const used: SandboxInteraction[] = [];
    for (let nth = 0; nth < 36; nth += 1) {
      used.push(use(nth % 2 === 0 ? "ping" : "signal"));
      await delay(systemClock, 200);
    }
    await Promise.all(used.map(acknowledged));
    const meanwhile = used.map((interaction) => interaction.report());
    expect(bot.output.join("\n")).not.toContain("goes on");
    expect(meanwhile.filter(({ acknowledgedAtMs = 9999 }) => acknowledgedAtMs >= 3000)).toEqual([]);
    expect(new Set(meanwhile.map(({ saw }) => saw))).toEqual(new Set(["thinking"]));
    await says(bot, "goes on");
    for (const interaction of used) {
      const report = await interaction.answered();
      expect(landed(report)).toMatchObject([{ callbackType: 5, status: 204 }]);
      expect(report.answersShown).toBe(1);
      expect(report.visible.map(({ ephemeral }) => ephemeral)).toEqual([report.name === "ping"]);
    }
    await says(bot, "the bot stalled: its guard acknowledged this interaction in time");
    expect(await causes(bot, "stallGuard")).toBe(used.length);
  });

  it("handles an event that comes twice once, and a callback whose response was lost", async () => {
    const bot = await startReady();
    await stall(bot);
    const twice = use("ping", { duplicateAfterMs: 300 });
    const lost = use("ping", { callbacks: [{ outcome: { kind: "reset", processed: true } }] });
    await Promise.all([twice, lost].map(acknowledged));
    await says(bot, "goes on");
    for (const interaction of [twice, lost]) {
      const report = await interaction.answered();
      expect(landed(report)).toHaveLength(1);
      expect([report.answersShown, report.visible.length]).toEqual([1, 1]);
    }
    expect(twice.report().deliveries).toHaveLength(2);
    await bot.logged(({ outcome, interactionId }) => outcome === "duplicate" && interactionId === twice.id);
  });

  it.each([
    ["at once", 0],
    ["when it is too late to acknowledge", 3000],
  ])(
    "leaves nobody at thinking when it is killed then: the next process, started %s, answers once",
    async (_when, afterMs) => {
      const bot = await startReady();
      await use("ping").answered();
      await stall(bot);
      const used = ["ping", "signal", "subscriptions"].map((name) => use(name));
      await Promise.all(used.map(acknowledged));
      bot.kill("SIGKILL");
      await bot.exited;
      await delay(systemClock, afterMs);
      const next = await startReady();
      for (const interaction of used) {
        const report = await interaction.answered();
        expect(landed(report)).toHaveLength(1);
        expect([report.answersShown, report.visible.length]).toEqual([1, 1]);
        expect(report.deliveries.map(({ replayed }) => replayed)).toEqual([false, true]);
      }
      expect(identifies()).toBe(1);
      await expect.poll(() => recovered(next), { timeout: 20_000 }).toBe(used.length);
    },
  );

  it("connects again, and acknowledges what comes again and what comes after it", async () => {
    const bot = await startReady();
    await stall(bot);
    sandbox.discord.dropGateway();
    const used = [use("ping"), use("signal")];
    await Promise.all(used.map(acknowledged));
    expect(bot.output.join("\n")).not.toContain("goes on");
    for (const interaction of used) {
      const report = await interaction.answered();
      expect([landed(report).length, report.answersShown]).toEqual([1, 1]);
    }
    await says(bot, "session at Discord resumed");
    expect(identifies()).toBe(1);
  });
});

describe("a bot with STALL_GUARD=on", { timeout: 60_000 }, () => {
  it("leaves its session to the next process, which is handed what came in between", async () => {
    const sandbox = await startTestSandbox();
    const start = async () => {
      const bot = sandbox.startBot({ env: { STALL_GUARD: "on", LOG_LEVEL: "debug" } });
      await bot.ready();
      return bot;
    };
    const use = () =>
      sandbox.discord.interact({ kind: "command", name: "ping", personId: sandbox.discord.addPerson().id });
    try {
      const first = await start();
      expect((await use().answered()).attempts.filter(({ request }) => request === "callback")).toHaveLength(1);
      expect(await first.stop()).toEqual({ code: 0, signal: null });
      const missed = use();
      const second = await start();
      await second.logged(
        ({ message, interactionId }) => message === "interaction arrived" && interactionId === missed.id,
      );
      expect(missed.report().deliveries).toMatchObject([{ replayed: true }]);
      expect((await use().answered()).answersShown).toBe(1);
      expect(sandbox.discord.identifiesRemaining).toBe(999);
      const metrics = await fetchMetrics(await second.operationsUrl());
      expect(metrics.total("signalguard_acknowledgements_total", { cause: "stallGuard" })).toBe(0);
    } finally {
      await sandbox.stop();
    }
  });
});

describe("a leader with STALL_GUARD=on whose main thread is blocked for longer than its lease", {
  timeout: 60_000,
}, () => {
  it("acknowledges as long as it leads, and its successor answers that and goes on", async () => {
    const sandbox = await startTestSandbox();
    const test = new LeaseTest(sandbox);
    const guarded = { STALL_GUARD: "on", ...stallable };
    try {
      const leader = await test.startLeader(guarded);
      const standby = await test.startStandby(guarded);
      await stall(leader);
      const used = [test.use("ping"), test.use("signal", { pair: "EUR/USD" })];
      await Promise.all(used.map((one) => one.until(({ acknowledgedAtMs }) => acknowledgedAtMs !== undefined)));
      await leads(standby);
      used.push(test.use("ping"));
      for (const interaction of used) {
        const { attempts, answersShown } = await interaction.answered();
        expect(attempts.filter(({ request, processed }) => request === "callback" && processed)).toHaveLength(1);
        expect(answersShown).toBe(1);
      }
      expect(leader.output.join("\n")).not.toContain("goes on");
      expect((await leader.exited).code).toBe(1);
      expect((await test.use("ping").answered()).answersShown).toBe(1);
      expect(sandbox.discord.sessions).toHaveLength(1);
      expect(sandbox.discord.identifiesRemaining).toBe(999);
    } finally {
      await test.end();
      await sandbox.stop();
    }
  });
});
