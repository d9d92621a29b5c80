import axios from "axios";
import { Client, EmbedBuilder, GatewayIntentBits } from "discord.js";
import { z } from "zod";

/**
 * What the comparison bots have in common: unmodified discord.js 14 with its defaults, and the backend asked with axios.
 * Only the handling of an interaction differs. They are treated kindly: an error nobody caught does not end them, as it
 * would without these listeners, so that one failure is counted as one.
 */
export const client = new Client({
  intents: [GatewayIntentBits.Guilds],
  rest: { api: setting("DISCORD_API_URL") },
});
client.on("error", () => {});
process.on("unhandledRejection", () => {});

/** The habit of most examples, and the default of signalguard too, ms. */
const usualTimeoutMs = 30_000;
const timeoutMs = (): number => Number(process.env.BACKEND_TIMEOUT_MS ?? usualTimeoutMs);

const signalAnswer = z.object({
  data: z.object({ signal: z.object({ signal: z.string(), confidence: z.number(), entryPrice: z.number() }) }),
});

/** Asks the backend for a signal and puts it into an embed. */
export async function signalEmbed(pair: string, timeframe: string): Promise<EmbedBuilder> {
  const response = await axios.get(`${setting("BACKEND_API_URL")}/api/v1/trading/signal`, {
    params: { pair, timeframe },
    headers: { "x-api-key": setting("BACKEND_API_KEY") },
    timeout: timeoutMs(),
  });
  const { signal, confidence, entryPrice } = signalAnswer.parse(response.data).data.signal;
  return new EmbedBuilder()
    .setTitle(`${pair} ${timeframe}`)
    .setDescription(signal)
    .addFields(
      { name: "Confidence", value: `${Math.round(confidence * 100)} %`, inline: true },
      { name: "Entry", value: String(entryPrice), inline: true },
    );
}

const subscriptionsAnswer = z.object({ data: z.object({ subscriptions: z.array(z.object({ pair: z.string() })) }) });

/** Asks the backend what somebody subscribed to, and puts it into an embed. */
export async function subscriptionsEmbed(personId: string): Promise<EmbedBuilder> {
  const response = await axios.get(`${setting("BACKEND_API_URL")}/api/v1/notifications/subscriptions/${personId}`, {
    timeout: timeoutMs(),
  });
  const { subscriptions } = subscriptionsAnswer.parse(response.data).data;
  const pairs = subscriptions.map(({ pair }) => pair);
  return new EmbedBuilder().setTitle("Your subscriptions").setDescription(pairs.join(", ") || "None yet.");
}

/** Tells the benchmark when interactions reach the bot, and sends direct messages when the benchmark asks for them. */
export async function run(): Promise<void> {
  client.once("clientReady", () => process.send?.("ready"));
  process.on("message", (message) => {
    for (const id of stormRequest.parse(message).directMessagesTo) {
      client.users.send(id, "EUR/USD 1h: buy").catch(() => {});
    }
  });
  // Whoever started the benchmark may end it at any time; nothing is left behind.
  process.on("disconnect", () => process.exit());
  await client.login(setting("DISCORD_BOT_TOKEN"));
}

const stormRequest = z.object({ directMessagesTo: z.array(z.string()) });

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}
