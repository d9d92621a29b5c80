import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestSandbox, type TestSandbox } from "../support/sandbox.ts";
import { noKeptSignals } from "./support/use-bot.ts";

describe("a gateway that Discord closes for good", { timeout: 60_000 }, () => {
  let sandbox: TestSandbox;

  beforeAll(async () => {
    sandbox = await startTestSandbox();
  });

  afterAll(() => sandbox.stop());

  it.each([
    { code: 4004, exitCode: 78, advice: "DISCORD_BOT_TOKEN is not valid" },
    { code: 4011, exitCode: 1, advice: "starting again asks Discord" },
  ])(
    "ends the process with $exitCode after code $code, says why, and leaves nobody without an answer",
    async ({ code, exitCode, advice }) => {
      const { discord, backend } = sandbox;
      const bot = sandbox.startBot({ env: noKeptSignals });
      await bot.ready();
      backend.addFault({ kind: "latency", ms: 500, route: "/trading/signal", times: 1 });
      const input = { kind: "command", name: "signal", options: { pair: "EUR/USD" } } as const;
      const used = discord.interact({ ...input, personId: discord.addPerson().id });
      await used.until(({ saw }) => saw === "thinking");
      discord.dropGateway({ code, resumable: false });
      expect(await bot.exited).toEqual({ code: exitCode, signal: null });
      expect(used.report().saw).toBe("answered");
      const line = await bot.logged(({ message }) => message === "the bot cannot go on");
      expect(line).toMatchObject({ level: "error", error: { name: "GatewayClosedError" } });
      expect(JSON.stringify(line.error)).toContain(advice);
    },
  );
});
