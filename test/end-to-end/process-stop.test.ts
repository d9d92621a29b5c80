import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { texts } from "../../src/presentation/texts.ts";
import type { BotProcess } from "../../src/sandbox/bot-process.ts";
import type { SandboxInteraction } from "../../src/sandbox/discord/api.ts";
import { startTestSandbox, type TestSandbox } from "../support/sandbox.ts";
import { noKeptSignals } from "./support/use-bot.ts";

describe("stopping the bot", { timeout: 60_000 }, () => {
  let sandbox: TestSandbox;

  beforeAll(async () => {
    sandbox = await startTestSandbox();
  });

  afterEach(() => sandbox.backend.clearFaults());

  afterAll(() => sandbox.stop());

  /** Somebody asks for a signal, and the bot is in the middle of answering. */
  const askForSignal = async (): Promise<SandboxInteraction> => {
    const { discord } = sandbox;
    const input = { kind: "command", name: "signal", options: { pair: "EUR/USD" } } as const;
    const used = discord.interact({ ...input, personId: discord.addPerson().id });
    await used.until(({ saw }) => saw === "thinking");
    return used;
  };
  const startReady = async (env: Readonly<Record<string, string>> = {}): Promise<BotProcess> => {
    const bot = sandbox.startBot({ env: { ...noKeptSignals, ...env } });
    await bot.ready();
    return bot;
  };

  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "with %s answers what is in flight, and ends with 0",
    async (signal) => {
      const bot = await startReady();
      sandbox.backend.addFault({ kind: "latency", ms: 600, route: "/trading/signal" });
      const used = await askForSignal();
      bot.kill(signal);
      expect(await bot.exited).toEqual({ code: 0, signal: null });
      const { saw, answersShown, visible } = used.report();
      expect({ saw, answersShown }).toEqual({ saw: "answered", answersShown: 1 });
      expect(JSON.stringify(visible)).toContain("EUR/USD");
      expect(await bot.logged(({ message }) => message === "asked to stop")).toMatchObject({ signal });
      expect(await bot.logged(({ message }) => message === "stopped")).toMatchObject({ exitCode: 0 });
    },
  );

  it("leaves to the next one what would take too long, not ready but alive in the meantime, and ends with 0", async () => {
    const bot = await startReady({ DRAIN_TIMEOUT_MS: "1000" });
    const url = await bot.operationsUrl();
    const silence = sandbox.backend.addFault({ kind: "hang", route: "/trading/signal" });
    const used = await askForSignal();
    bot.kill("SIGTERM");
    await bot.logged(({ message }) => message === "stopping");
    const [ready, alive] = await Promise.all([fetch(`${url}/readyz`), fetch(`${url}/livez`)]);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ status: "notReady", reasons: ["stopping"] });
    expect(alive.status).toBe(200);
    expect(await bot.exited).toEqual({ code: 0, signal: null });
    expect(used.report().visible).toMatchObject([{ content: texts.interaction.goesOnElsewhere }]);
    const finished = await bot.logged(({ message }) => message === "interaction finished");
    expect(finished).toMatchObject({ outcome: "leftOpen" });
    // Left to the next process.
    expect(sandbox.discord.sessions).toMatchObject([{ connected: false }]);
    silence();
    const next = await startReady();
    const { visible, answersShown } = await used.until(({ visible: [message] }) => message?.embeds.length === 1);
    expect({ messages: visible.length, answersShown }).toEqual({ messages: 1, answersShown: 1 });
    expect(JSON.stringify(visible)).toContain("EUR/USD");
    await next.stop();
  });

  it("answers with a sentence what would take too long when no next one could know of it", async () => {
    const bot = await startReady({ DRAIN_TIMEOUT_MS: "1000" });
    sandbox.backend.addFault({ kind: "hang", route: "/trading/signal" });
    const used = await askForSignal();
    await sandbox.redis.halt();
    expect(await bot.stop()).toEqual({ code: 0, signal: null });
    expect(used.report()).toMatchObject({ saw: "answered", visible: [{ ephemeral: true }] });
    expect(JSON.stringify(used.report().visible)).toMatch(/look whether it was done.*Reference: `\w+`/);
    const finished = await bot.logged(({ message }) => message === "interaction finished");
    expect(finished).toMatchObject({ outcome: "failed" });
    await sandbox.redis.start();
  });

  it("ends at once when nothing is in flight, also when it is asked twice", async () => {
    const bot = await startReady({ DRAIN_TIMEOUT_MS: "6000" });
    bot.kill("SIGTERM");
    bot.kill("SIGINT");
    expect(await bot.exited).toEqual({ code: 0, signal: null });
    const stopped = bot.output.filter((line) => line.includes('"message":"stopped"'));
    expect(stopped).toHaveLength(1);
  });
});
