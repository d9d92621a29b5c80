import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SandboxDiscord } from "../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";

const example = new URL("library-bot.ts", import.meta.url);

describe("a bot that takes the safety layer as a library", () => {
  let discord: SandboxDiscord;

  beforeAll(async () => {
    discord = await startSandboxDiscord();
  });
  afterAll(() => discord.close());

  it("needs about twenty lines, and answers although the response to its acknowledgement was lost", async () => {
    const lines = readFileSync(example, "utf8")
      .split("\n")
      .filter((line) => line.trim() !== "");
    expect(lines.length).toBeLessThanOrEqual(22);

    const bot = spawn(process.execPath, ["--import", "tsx", fileURLToPath(example)], {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      env: { PATH: process.env.PATH, DISCORD_API_URL: discord.apiUrl, DISCORD_BOT_TOKEN: discord.botToken },
      stdio: ["ignore", "inherit", "inherit"],
    });
    const ended = once(bot, "exit");
    await Promise.race([
      discord.gatewayReady(),
      ended.then(([code]) => Promise.reject(new Error(`the example ended with ${code}`))),
    ]);
    const personId = discord.addPerson({ displayName: "Reader" }).id;
    const lost = { outcome: { kind: "reset", processed: true } } as const;
    const interaction = discord.interact({ kind: "command", name: "hello", personId }, { callbacks: [lost] });
    expect((await interaction.answered()).visible).toEqual([expect.objectContaining({ content: "Hello, Reader!" })]);
    bot.kill("SIGTERM");
    expect((await ended)[0]).toBe(0);
  });
});
