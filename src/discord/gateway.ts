import { DiscordAPIError } from "@discordjs/rest";
import { type IIdentifyThrottler, SimpleIdentifyThrottler, type WebSocketManager } from "@discordjs/ws";
import { Client, type Interaction, Options } from "discord.js";
import { type RestSettings, restOptions } from "../interactions/rest.ts";
import { ClosingStrategy } from "./closing-strategy.ts";
import { gatewayIntents } from "./gateway-intents.ts";
import { ResumingStrategy } from "./resuming-strategy.ts";
import type { SessionStore } from "./session-store.ts";
import { type GuardThread, ThreadedStrategy } from "./threaded-strategy.ts";

/** The gateway will not be connected again by itself: the process has to end. */
export class GatewayClosedError extends Error {
  override readonly name = "GatewayClosedError";
  readonly code = "GATEWAY_CLOSED";
  readonly closeCode: number;
  /** The token or the intents are wrong: starting again does not help. */
  readonly badConfiguration: boolean;

  constructor(closeCode: number) {
    super(
      `Discord closed the gateway for good (code ${closeCode}): ${advice[closeCode] ?? "it will not accept a new connection"}`,
    );
    this.closeCode = closeCode;
    this.badConfiguration = badConfigurationCodes.includes(closeCode);
  }
}

/** By the close codes after which discord.js does not connect again and stays alive but deaf (`discord-facts.md` 3.2). */
const advice: Readonly<Record<number, string>> = {
  4004: "DISCORD_BOT_TOKEN is not valid (any more); reset it in the Developer Portal",
  4010: "the shard is not valid",
  4011: "the bot is in more guilds than its shards may carry; starting again asks Discord for their number",
  4012: "the gateway version is not valid",
  4013: "the intents are not valid",
  4014: "the intents are not allowed for this application; allow them in the Developer Portal",
};

const badConfigurationCodes = [4004, 4013, 4014];

/** Discord does not accept the token. */
export class TokenRefusedError extends Error {
  override readonly name = "TokenRefusedError";
  readonly code = "TOKEN_REFUSED";

  constructor() {
    super("Discord does not accept DISCORD_BOT_TOKEN: reset it in the Developer Portal and set the new one");
  }
}

/** The token belongs to another application than the one configured. */
export class WrongApplicationError extends Error {
  override readonly name = "WrongApplicationError";
  readonly code = "WRONG_APPLICATION";

  constructor(configured: string, actual: string | undefined) {
    super(
      `DISCORD_CLIENT_ID is ${configured}, but DISCORD_BOT_TOKEN belongs to the application ${actual ?? "of another id"}: ` +
        "set the one or the other, or commands will be registered where nobody answers them",
    );
  }
}

export interface GatewayOptions extends RestSettings {
  readonly token: string;
  /** The application that the token has to belong to. */
  readonly applicationId: string;
  /** Where sessions outlive the process; absent: each process has its own, which ends with it. */
  readonly sessions?: SessionStore;
  /** Called before each IDENTIFY, which is sent when it resolves; rejects when `signal` is aborted. */
  readonly beforeIdentify?: (shardId: number, signal: AbortSignal) => Promise<void>;
  /** Holds the connections, and acknowledges when this thread stalls; absent: this thread has them itself. */
  readonly guard?: GuardThread | undefined;
  readonly onInteraction: (interaction: Interaction) => void;
  /** Called whenever interactions begin or cease to reach this process, or the reason is another one. */
  readonly onState: (state: "up" | "down", reason: string | undefined) => void;
  /** Called once when the gateway is closed for good. */
  readonly onClosedForGood: (error: GatewayClosedError) => void;
  /** Called whenever a session goes on over another connection, be it this process's own or that of the one before. */
  readonly onResumed?: () => void;
  /** For a log; may hold what must be redacted. */
  readonly onWarning: (message: string, error: unknown) => void;
}

export interface Gateway {
  /**
   * Resolves when interactions reach this process.
   *
   * @throws TokenRefusedError, WrongApplicationError
   */
  connect(): Promise<void>;
  /** Round trip of the last heartbeat, ms; absent before the first one. */
  readonly latencyMs: number | undefined;
  /** Ends the connection, or the attempt to connect: nothing is received after it. A session that is not kept ends too. */
  close(): Promise<void>;
}

export function createGateway(options: GatewayOptions): Gateway {
  const { sessions, beforeIdentify, guard, apiUrl } = options;
  const client = new Client({
    intents: gatewayIntents,
    shards: "auto",
    allowedMentions: { parse: [], repliedUser: false },
    makeCache: Options.cacheWithLimits({
      ...Options.DefaultMakeCacheSettings,
      DMMessageManager: 0,
      GuildMemberManager: { maxSize: 200, keepOverLimit: (member) => member.id === member.client.user.id },
      MessageManager: 0,
      PresenceManager: 0,
      ReactionManager: 0,
      ThreadManager: 0,
      UserManager: { maxSize: 200, keepOverLimit: (user) => user.id === user.client.user.id },
    }),
    rest: restOptions(options),
    ws: {
      buildStrategy(manager) {
        const shards =
          guard === undefined ? new ClosingStrategy(manager) : new ThreadedStrategy(manager, { ...guard, apiUrl });
        return sessions === undefined ? shards : new ResumingStrategy(manager, sessions, shards);
      },
      buildIdentifyThrottler: (manager) => buildThrottler(manager, beforeIdentify),
    },
  });
  const shardsDown = new Set<number>();
  let closing = false;
  let told: string | undefined;
  // Every attempt to connect again, two a second, ends in an event of its own.
  const tell = (state: "up" | "down", reason: string | undefined) => {
    const news = `${state} ${reason}`;
    if (closing || news === told) return;
    told = news;
    options.onState(state, reason);
  };
  const shardUp = (shardId: number) => {
    shardsDown.delete(shardId);
    if (shardsDown.size === 0) tell("up", undefined);
  };
  const shardDown = (shardId: number, reason: string) => {
    shardsDown.add(shardId);
    tell("down", reason);
  };

  client.once("clientReady", () => handOverHeldBack(client));
  client.on("interactionCreate", options.onInteraction);
  client.on("shardReady", shardUp);
  client.on("shardResume", (shardId) => {
    shardUp(shardId);
    options.onResumed?.();
  });
  client.on("shardReconnecting", (shardId) => shardDown(shardId, "reconnecting"));
  client.on("shardDisconnect", ({ code }, shardId) => {
    shardDown(shardId, `closed with code ${code}`);
    options.onClosedForGood(new GatewayClosedError(code));
  });
  client.on("shardError", (error) => options.onWarning("gateway connection error", error));
  client.on("error", (error) => options.onWarning("discord.js error", error));
  client.on("warn", (message) => options.onWarning(message, undefined));

  return {
    async connect() {
      const ready = new Promise<void>((resolve) => client.once("clientReady", () => resolve()));
      try {
        await client.login(options.token);
      } catch (error) {
        throw isTokenRefusal(error) ? new TokenRefusedError() : error;
      }
      await ready;
      const { applicationId } = options;
      const actual = client.application?.id;
      if (actual !== applicationId) throw new WrongApplicationError(applicationId, actual);
    },
    get latencyMs() {
      return client.ws.ping >= 0 ? client.ws.ping : undefined;
    },
    close() {
      closing = true;
      return client.destroy();
    },
  };
}

/**
 * What arrived before all shards were ready, discord.js hands over one by one, each in a turn of the event loop that it
 * does not ask for: a process with nothing else to do would sleep over them.
 */
function handOverHeldBack(client: Client): void {
  const held: unknown = Reflect.get(client.ws, "packetQueue");
  if (Array.isArray(held) && held.length > 0) setImmediate(() => handOverHeldBack(client));
}

async function buildThrottler(
  manager: WebSocketManager,
  beforeIdentify: GatewayOptions["beforeIdentify"],
): Promise<IIdentifyThrottler> {
  const { session_start_limit: limit } = await manager.fetchGatewayInformation();
  const throttler = new SimpleIdentifyThrottler(limit.max_concurrency);
  return {
    async waitForIdentify(shardId, signal) {
      await beforeIdentify?.(shardId, signal);
      await throttler.waitForIdentify(shardId, signal);
    },
  };
}

export const isTokenRefusal = (error: unknown): boolean =>
  (error instanceof DiscordAPIError && error.status === 401) ||
  (error instanceof Error && "code" in error && error.code === "TokenInvalid");
