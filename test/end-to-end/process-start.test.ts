import { once } from "node:events";
import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { BotProcess } from "../../src/sandbox/bot-process.ts";
import { inRepository, runProgram } from "../support/run-program.ts";
import { startTestSandbox, type TestSandbox } from "../support/sandbox.ts";

describe("starting the bot", { timeout: 60_000 }, () => {
  let sandbox: TestSandbox;
  const bots: BotProcess[] = [];

  beforeAll(async () => {
    sandbox = await startTestSandbox();
  });

  afterEach(async () => {
    await Promise.all(bots.splice(0).map((bot) => bot.stop()));
  });

  afterAll(() => sandbox.stop());

  const start = (env: Readonly<Record<string, string>> = {}): BotProcess => {
    const bot = sandbox.startBot({ env });
    bots.push(bot);
    return bot;
  };
  const startReady = async (env?: Readonly<Record<string, string>>): Promise<BotProcess> => {
    const bot = start(env);
    await bot.ready();
    return bot;
  };

  it("names every problem of the configuration at once, with no value and no stack, and ends with 78", async () => {
    const env = {
      DISCORD_CLIENT_ID: "my-application",
      REDIS_URL: "http://:a-redis-password@host",
      HTTP_PORT: "70000",
      LOG_LEVEL: "loud",
      INTERACTION_MAX_AGE_MS: "1e9",
    };
    const { code, stdout, stderr } = await runProgram(process.execPath, [inRepository("dist/main.js")], { env });
    expect(code).toBe(78);
    expect(stdout).toBe("");
    const [headline, ...lines] = stderr.trimEnd().split("\n");
    expect(headline).toBe("The configuration has 7 problems:");
    expect(
      lines
        .slice(0, -1)
        .map((line) => line.trim().split(":")[0])
        .sort(),
    ).toEqual([
      "BACKEND_API_KEY",
      "DISCORD_BOT_TOKEN",
      "DISCORD_CLIENT_ID",
      "HTTP_PORT",
      "INTERACTION_MAX_AGE_MS",
      "LOG_LEVEL",
      "REDIS_URL",
    ]);
    expect(lines.at(-1)).toContain(".env.example");
    for (const value of Object.values(env)) expect(stderr).not.toContain(value);
    expect(stderr).not.toContain("a-redis-password");
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("says what to do when Discord does not accept the token, and ends with 78", async () => {
    const token = "a-token-that-is-wrong";
    const bot = start({ DISCORD_BOT_TOKEN: token });
    expect(await bot.exited).toEqual({ code: 78, signal: null });
    const line = await loggedBeforeItsEnd(bot, "error");
    expect(line).toContain("DISCORD_BOT_TOKEN: reset it in the Developer Portal");
    expect(bot.output.join("\n")).not.toContain(token);
    expect(bot.output.join("\n")).not.toContain("    at ");
  });

  it("says what to do when the token belongs to another application, and ends with 78", async () => {
    const bot = start({ DISCORD_CLIENT_ID: "123456789012345678" });
    expect(await bot.exited).toEqual({ code: 78, signal: null });
    expect(await loggedBeforeItsEnd(bot, "error")).toContain("DISCORD_CLIENT_ID is 123456789012345678, but");
    expect(bot.output.join("\n")).not.toContain("    at ");
  });

  it("ends with 75 when the bot runs already, and names the process that does", async () => {
    const first = await startReady();
    const second = start();
    expect(await second.exited).toEqual({ code: 75, signal: null });
    const line = await loggedBeforeItsEnd(second, "error");
    expect(line).toMatch(new RegExp(`^Process ${first.pid} \\(version [\\d.]+, running for \\d+ (s|min)\\)`));
    expect(line).toContain(`kill ${first.pid}`);
    expect(line).toContain("INSTANCE_MODE=off");
    expect(sandbox.discord.sessions).toHaveLength(1);
  });

  it.each([2, 7])("leaves one of %d started at once running; the others end with 75", async (count) => {
    const started = Array.from({ length: count }, () => start());
    const outcomes = await Promise.all(
      started.map((bot) => Promise.race([bot.ready().then(() => "runs"), bot.exited.then(({ code }) => code)])),
    );
    expect(outcomes.toSorted()).toEqual([...Array.from({ length: count - 1 }, () => 75), "runs"]);
    expect(sandbox.discord.sessions).toHaveLength(1);
  });

  it("allows a second process with INSTANCE_MODE=off", async () => {
    await startReady();
    await startReady({ INSTANCE_MODE: "off" });
    expect(sandbox.discord.sessions.filter(({ connected }) => connected)).toHaveLength(2);
  });

  it("works at once after a kill -9: nothing stale is left behind", async () => {
    const killed = await startReady();
    killed.kill("SIGKILL");
    expect(await killed.exited).toEqual({ code: null, signal: "SIGKILL" });
    const next = await startReady();
    expect(next.output.join("\n")).not.toContain(`${killed.pid}`);
  });

  it("goes on without a pid file where none can be written, and says so", async () => {
    const bot = await startReady({ XDG_RUNTIME_DIR: "/proc" });
    const line = await bot.logged(({ message }) => message.startsWith("no pid file could be written"));
    expect(line).toMatchObject({
      level: "warn",
      path: expect.stringMatching(/^\/proc\/signalguard-[0-9a-f]{16}\.pid$/),
    });
    expect(await start().exited).toEqual({ code: 75, signal: null });
  });

  it("says so when the operations port is in use, and ends with 1", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" ? `${address?.port}` : "";
    const bot = start({ HTTP_PORT: port });
    expect(await bot.exited).toEqual({ code: 1, signal: null });
    expect(await loggedBeforeItsEnd(bot, "error")).toContain(`port ${port} of 127.0.0.1 is in use`);
    expect(bot.output.join("\n")).not.toContain("    at ");
    other.close();
  });
});

/** The message of the first line of this level. */
async function loggedBeforeItsEnd(bot: BotProcess, level: string): Promise<string> {
  const { message } = await bot.logged((line) => line.level === level);
  return message;
}
