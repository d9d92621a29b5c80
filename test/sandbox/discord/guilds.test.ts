import { Client, GatewayIntentBits } from "discord.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SandboxDiscord } from "../../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../../src/sandbox/discord/index.ts";

describe("a sandbox Discord with 2,000 guilds", () => {
  let discord: SandboxDiscord;

  beforeAll(async () => {
    discord = await startSandboxDiscord({ guilds: 2000 });
  });

  afterAll(() => discord.close());

  it.each([
    ["sends each whole to who asks for the Guilds intent", [GatewayIntentBits.Guilds], 2000],
    ["names them all to who asks for none", [], 0],
  ] as const)("%s", async (_name, intents, available) => {
    const client = new Client({ intents: [...intents], rest: { api: discord.apiUrl } });
    const ready = new Promise((resolve) => client.once("clientReady", resolve));
    await client.login(discord.botToken);
    await ready;
    const guilds = [...client.guilds.cache.values()];
    expect(guilds).toHaveLength(2000);
    expect(guilds.filter((guild) => guild.available)).toHaveLength(available);
    expect(client.channels.cache.size).toBe(available);
    await client.destroy();
  });
});
