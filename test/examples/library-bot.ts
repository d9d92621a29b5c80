import { Client } from "discord.js";
import { protect } from "signalguard/interactions";
import { createRedisStore } from "signalguard/interactions/redis";

// A bot of its own that uses nothing of signalguard but the safety layer. Run it with
//   DISCORD_BOT_TOKEN=… REDIS_URL=redis://localhost:6379 npx tsx test/examples/library-bot.ts
const { DISCORD_BOT_TOKEN: token = "", REDIS_URL: url = "", DISCORD_API_URL: api } = process.env;
const client = new Client({ intents: [], rest: { api: api ?? "https://discord.com/api" } });
const layer = protect(client, {
  store: createRedisStore({ url, token }),
  commands: [
    {
      definition: { name: "hello", description: "Says hello" },
      visibility: "public",
      effect: "reads",
      execute: async ({ person }) => ({ content: `Hello, ${person.displayName}!` }),
    },
  ],
});
process.once("SIGTERM", async () => {
  await client.destroy();
  await layer.drain(5000);
});
await client.login(token);
