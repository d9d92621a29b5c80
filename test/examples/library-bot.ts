import { Client } from "discord.js";
import { protect } from "signalguard/interactions";

// A bot of its own that uses nothing of signalguard but the safety layer. Run it with
//   DISCORD_BOT_TOKEN=… npx tsx test/examples/library-bot.ts
const client = new Client({ intents: [], rest: { api: process.env.DISCORD_API_URL ?? "https://discord.com/api" } });

const layer = protect(client, {
  commands: [
    {
      definition: { name: "hello", description: "Says hello" },
      visibility: "public",
      execute: async ({ person }) => ({ content: `Hello, ${person.displayName}!` }),
    },
  ],
});

process.once("SIGTERM", async () => {
  await client.destroy();
  await layer.drain(5000);
});
await client.login(process.env.DISCORD_BOT_TOKEN);
