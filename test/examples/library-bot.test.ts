import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SandboxDiscord } from "../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";

const example = new URL("library-bot.ts", import.meta.url);

/** A dead process is noticed after several looks, seconds apart. */
const patientMs = 60_000;

describe("a bot that takes the safety layer as a library", () => {
  let discord: SandboxDiscord;
  let redis: OwnRedis;
  /** Sees every command that reaches Redis. */
  let watching: Redis;
  let bot: ChildProcess | undefined;

  beforeAll(async () => {
    discord = await startSandboxDiscord();
    redis = await startRedis({ ignoreEnvironment: true, appendOnly: false });
    watching = await new Redis(redis.url).monitor();
  });
  afterAll(async () => {
    bot?.kill("SIGKILL");
    watching.disconnect();
    await discord.close();
    await redis.stop();
  });

  /** Resolves when interactions reach the bot and it has shown in Redis that it lives. */
  const start = async (): Promise<ChildProcess> => {
    const living = new Promise<void>((resolve) => {
      watching.on("monitor", (_time: string, [command = "", key = ""]: readonly string[]) => {
        if (command.toLowerCase() === "set" && key.includes(":instance:")) resolve();
      });
    });
    const started = spawn(process.execPath, ["--import", "tsx", fileURLToPath(example)], {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      env: {
        PATH: process.env.PATH,
        DISCORD_API_URL: discord.apiUrl,
        DISCORD_BOT_TOKEN: discord.botToken,
        REDIS_URL: redis.url,
      },
      stdio: ["ignore", "inherit", "inherit"],
    });
    bot = started;
    const ended = once(started, "exit").then(([code]) => Promise.reject(new Error(`the example ended with ${code}`)));
    await Promise.race([Promise.all([discord.gatewayReady(), living]), ended]);
    return started;
  };

  const hello = { kind: "command", name: "hello" } as const;
  const newPerson = (displayName: string): string => discord.addPerson({ displayName }).id;

  it("needs about twenty lines", () => {
    const lines = readFileSync(example, "utf8")
      .split("\n")
      .filter((line) => line.trim() !== "" && !line.startsWith("//"));
    expect(lines.length).toBeLessThanOrEqual(22);
  });

  it(
    "answers although the response to its acknowledgement was lost, and after a crash what was left open",
    async () => {
      const crashing = await start();
      const lost = { outcome: { kind: "reset", processed: true } } as const;
      const answered = discord.interact({ ...hello, personId: newPerson("Reader") }, { callbacks: [lost] });
      expect((await answered.answered()).visible).toEqual([expect.objectContaining({ content: "Hello, Reader!" })]);

      const hanging = { outcome: { kind: "hang", processed: false } } as const;
      const left = discord.interact({ ...hello, personId: newPerson("Waiter") }, { edits: [hanging] });
      await left.until(({ attempts }) => attempts.some(({ request }) => request === "edit"));
      crashing.kill("SIGKILL");
      await once(crashing, "exit");
      const next = await start();
      expect((await left.answered()).visible).toEqual([expect.objectContaining({ content: "Hello, Waiter!" })]);

      // It ends by itself: nothing is held on to.
      next.kill("SIGTERM");
      expect((await once(next, "exit"))[0]).toBe(0);
    },
    patientMs,
  );
});
