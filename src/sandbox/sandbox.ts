import { fileURLToPath } from "node:url";
import type { SandboxBackend, SandboxBackendOptions } from "./backend/api.ts";
import { startSandboxBackend } from "./backend/server.ts";
import { type BotProcess, startBotProcess } from "./bot-process.ts";
import type { SandboxDiscord, SandboxDiscordOptions } from "./discord/api.ts";
import { startSandboxDiscord } from "./discord/index.ts";
import { type RedisServer, startRedis } from "./redis.ts";

/** Everything the bot needs, on this machine: a Redis, a Discord, a backend, and the environment that joins them. */
export interface Sandbox<R extends RedisServer = RedisServer> {
  readonly redis: R;
  readonly discord: SandboxDiscord;
  readonly backend: SandboxBackend;
  /** What `.env` would say for a bot in this sandbox. */
  readonly environment: Readonly<Record<string, string>>;
  /** Starts the real bot, or another program that is to be compared with it; it is stopped with the sandbox. */
  startBot(options?: {
    readonly entry?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly onLine?: (line: string) => void;
  }): BotProcess;
  stop(): Promise<void>;
}

const entry = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

export interface SandboxOptions<R extends RedisServer> {
  readonly redis: R;
  readonly discord?: SandboxDiscordOptions;
  readonly backend?: Omit<SandboxBackendOptions, "redisUrl">;
}

/** Starts a Discord and a backend around a Redis, which from then on belongs to the sandbox. */
export async function startSandbox<R extends RedisServer>(options: SandboxOptions<R>): Promise<Sandbox<R>> {
  const { redis } = options;
  const discord = await startSandboxDiscord(options.discord);
  const backend = await startSandboxBackend({ ...options.backend, redisUrl: redis.url });
  const environment = {
    DISCORD_API_URL: discord.apiUrl,
    DISCORD_BOT_TOKEN: discord.botToken,
    DISCORD_CLIENT_ID: discord.applicationId,
    DISCORD_GUILD_ID: discord.guildId,
    BACKEND_API_URL: backend.url,
    BACKEND_API_KEY: backend.apiKey,
    BACKEND_SUBSCRIPTIONS_API_KEY: backend.subscriptionsApiKey,
    REDIS_URL: redis.url,
    // This Discord flags nobody for opening channels.
    DM_OPENS_PER_SECOND: "50",
    HTTP_PORT: "0",
    LOG_FORMAT: "json",
  };
  const bots: BotProcess[] = [];
  return {
    redis,
    discord,
    backend,
    environment,
    startBot(bot = {}) {
      const started = startBotProcess({
        entry: bot.entry ?? entry,
        env: { ...environment, ...bot.env },
        ...(bot.onLine === undefined ? {} : { onLine: bot.onLine }),
      });
      bots.push(started);
      return started;
    },
    async stop() {
      await Promise.all(bots.map((bot) => bot.stop()));
      await Promise.all([discord.close(), backend.close()]);
      await redis.stop();
    },
  };
}

/** A sandbox around the Redis of `REDIS_URL`, or around one of its own. */
export const startSandboxWithRedis = async (log: (line: string) => void): Promise<Sandbox> =>
  startSandbox({ redis: await startRedis({ log }) });
