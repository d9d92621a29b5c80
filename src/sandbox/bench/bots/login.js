// The least a bot can be: unmodified discord.js, logged in with the intents that signalguard asks for. It is JavaScript, so
// that its start is not that of a TypeScript loader.
import { Client } from "discord.js";

const client = new Client({ intents: [], rest: { api: process.env.DISCORD_API_URL } });
client.once("clientReady", () => process.send?.("ready"));
await client.login(process.env.DISCORD_BOT_TOKEN);
