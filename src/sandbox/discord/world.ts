import { randomBytes } from "node:crypto";
import { ApplicationFlags, GatewayIntentBits, PermissionFlagsBits } from "discord-api-types/v10";
import type { SandboxPerson } from "./api.ts";
import type { ApiUser, JsonObject } from "./messages.ts";
import type { SnowflakeSource } from "./snowflake.ts";

export interface WorldOptions {
  readonly botToken?: string | undefined;
  /** Bits of those the application was granted. Default none. */
  readonly privilegedIntents?: number | undefined;
  /** How many the bot is in. Default 1. */
  readonly guilds?: number | undefined;
}

/** The place the sandbox simulates: one application with its bot, in one guild with one text channel. */
export class World {
  readonly applicationId: string;
  readonly guildId: string;
  readonly channelId: string;
  readonly ownerId: string;
  readonly bot: ApiUser;
  readonly #createdAt: number;
  #botToken: string;
  #port = 0;

  readonly #privilegedIntents: number;
  /** Where the bot is besides, and nothing happens: guild to its one channel. */
  readonly #otherGuilds: ReadonlyMap<string, string>;

  constructor(snowflakes: SnowflakeSource, now: () => number, options: WorldOptions = {}) {
    const { botToken, privilegedIntents = 0, guilds = 1 } = options;
    this.#privilegedIntents = privilegedIntents;
    this.#createdAt = now();
    // The application is older than anything that happens in the sandbox.
    this.applicationId = applicationOf(botToken) ?? snowflakes.next();
    this.ownerId = snowflakes.next();
    this.guildId = snowflakes.next();
    this.channelId = snowflakes.next();
    this.#otherGuilds = new Map(Array.from({ length: guilds - 1 }, () => [snowflakes.next(), snowflakes.next()]));
    this.#botToken = botToken ?? randomToken(this.applicationId);
    this.bot = {
      id: this.applicationId,
      username: "signalguard",
      discriminator: "0",
      global_name: null,
      avatar: null,
      bot: true,
    };
  }

  /** Every guild the bot is in, the one where things happen first. */
  get guildIds(): readonly string[] {
    return [this.guildId, ...this.#otherGuilds.keys()];
  }

  get botToken(): string {
    return this.#botToken;
  }

  listenOn(port: number): void {
    this.#port = port;
  }

  get port(): number {
    return this.#port;
  }

  gatewayUrl(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  /** What Discord does at the identify limit: nothing that knew the old token works any more. */
  resetToken(): void {
    this.#botToken = randomToken(this.applicationId);
  }

  botSelf(): JsonObject {
    return { ...this.bot, verified: true, mfa_enabled: true, email: null, flags: 0 };
  }

  user(person: SandboxPerson): ApiUser {
    return {
      id: person.id,
      username: person.username,
      discriminator: "0",
      global_name: person.displayName,
      avatar: null,
    };
  }

  /** A guild member without its `user`, as in resolved data. */
  member(): JsonObject {
    return {
      nick: null,
      avatar: null,
      roles: [],
      joined_at: new Date(this.#createdAt).toISOString(),
      premium_since: null,
      deaf: false,
      mute: false,
      flags: 0,
      pending: false,
      communication_disabled_until: null,
      permissions: String(memberPermissions),
    };
  }

  application(): JsonObject {
    return {
      id: this.applicationId,
      name: "signalguard",
      icon: null,
      description: "",
      bot_public: true,
      bot_require_code_grant: false,
      verify_key: "0".repeat(64),
      flags: applicationFlags(this.#privilegedIntents),
      owner: { ...this.bot, id: this.ownerId, username: "owner", bot: false },
      team: null,
      bot: this.bot,
      interactions_endpoint_url: null,
      approximate_guild_count: this.guildIds.length,
    };
  }

  channel(): JsonObject {
    return {
      id: this.channelId,
      type: 0,
      name: "signals",
      guild_id: this.guildId,
      position: 0,
      topic: null,
      nsfw: false,
      parent_id: null,
      permission_overwrites: [],
      rate_limit_per_user: 0,
      last_message_id: null,
      permissions: String(memberPermissions),
      flags: 0,
    };
  }

  everyoneRole(): JsonObject {
    return {
      id: this.guildId,
      name: "@everyone",
      color: 0,
      colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
      hoist: false,
      icon: null,
      unicode_emoji: null,
      position: 0,
      permissions: String(memberPermissions),
      managed: false,
      mentionable: false,
      flags: 0,
    };
  }

  guild(): JsonObject {
    return {
      id: this.guildId,
      name: "Sandbox",
      icon: null,
      splash: null,
      discovery_splash: null,
      owner_id: this.ownerId,
      afk_channel_id: null,
      afk_timeout: 300,
      verification_level: 0,
      default_message_notifications: 0,
      explicit_content_filter: 0,
      roles: [this.everyoneRole()],
      emojis: [],
      stickers: [],
      features: [],
      mfa_level: 0,
      application_id: null,
      system_channel_id: null,
      system_channel_flags: 0,
      rules_channel_id: null,
      public_updates_channel_id: null,
      vanity_url_code: null,
      description: null,
      banner: null,
      premium_tier: 0,
      premium_progress_bar_enabled: false,
      preferred_locale: guildLocale,
      nsfw_level: 0,
      safety_alerts_channel_id: null,
    };
  }

  /** A guild as GUILD_CREATE shows it. */
  guildCreated(id = this.guildId): JsonObject {
    const channelId = this.#otherGuilds.get(id) ?? this.channelId;
    return {
      ...this.guild(),
      id,
      roles: [{ ...this.everyoneRole(), id }],
      joined_at: new Date(this.#createdAt).toISOString(),
      large: false,
      unavailable: false,
      member_count: 2,
      voice_states: [],
      members: [{ ...this.member(), user: this.bot }],
      channels: [{ ...this.channel(), id: channelId, guild_id: id }],
      threads: [],
      presences: [],
      stage_instances: [],
      guild_scheduled_events: [],
      soundboard_sounds: [],
    };
  }
}

export const guildLocale = "en-US";

/** What an ordinary member, and the bot, may do in the guild's channel. */
export const memberPermissions =
  PermissionFlagsBits.ViewChannel |
  PermissionFlagsBits.SendMessages |
  PermissionFlagsBits.EmbedLinks |
  PermissionFlagsBits.AttachFiles |
  PermissionFlagsBits.ReadMessageHistory |
  PermissionFlagsBits.UseExternalEmojis |
  PermissionFlagsBits.UseApplicationCommands;

/** As for an application in few guilds, which is granted its intents without having been verified. */
const applicationFlags = (privilegedIntents: number): number =>
  (privilegedIntents & GatewayIntentBits.GuildPresences ? ApplicationFlags.GatewayPresenceLimited : 0) |
  (privilegedIntents & GatewayIntentBits.GuildMembers ? ApplicationFlags.GatewayGuildMembersLimited : 0) |
  (privilegedIntents & GatewayIntentBits.MessageContent ? ApplicationFlags.GatewayMessageContentLimited : 0);

/** Three parts like a real one: the application's id, a time, a secret. */
const randomToken = (applicationId: string): string =>
  [
    Buffer.from(applicationId).toString("base64url"),
    randomBytes(5).toString("base64url").slice(0, 6),
    randomBytes(29).toString("base64url").slice(0, 38),
  ].join(".");

/** A token given belongs to an application already. */
function applicationOf(botToken = ""): string | undefined {
  const id = Buffer.from(botToken.split(".", 1)[0] ?? "", "base64url").toString();
  return /^\d{17,20}$/.test(id) ? id : undefined;
}
