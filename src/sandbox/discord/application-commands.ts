import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { ApiResult } from "./api-result.ts";
import { commandTypes, maxCommandsByType } from "./command-rules.ts";
import { type CommandFields, editableFields, storedFields, withoutLocalizations } from "./command-shape.ts";
import { DailyCreates } from "./daily-creates.ts";
import { discordError, invalidFormBody } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import type { SnowflakeSource } from "./snowflake.ts";
import { validateBody } from "./validation.ts";

/** A registered command as Discord returns it from a single GET. */
export type StoredCommand = CommandFields & {
  readonly id: string;
  readonly application_id: string;
  readonly version: string;
};

export interface ApplicationCommandsOptions {
  readonly snowflakes: SnowflakeSource;
  readonly applicationId: string;
  /** The sandbox Discord's clock, ms since the Unix epoch. */
  readonly now: () => number;
}

type GuildId = string | undefined;

/** The application's registered commands: global ones (`guildId` undefined) and each guild's (`discord-facts.md` 5). */
export class ApplicationCommands {
  readonly #options: ApplicationCommandsOptions;
  readonly #scopes = new Map<GuildId, ReadonlyMap<string, StoredCommand>>();
  readonly #creates: DailyCreates;

  constructor(options: ApplicationCommandsOptions) {
    this.#options = options;
    this.#creates = new DailyCreates(options.now);
  }

  /** PUT: replaces the whole set, of all types. Only names that are new count as creates. */
  bulkOverwrite(guildId: GuildId, body: unknown): ApiResult {
    const violations = validateBody("commandBulk", body);
    if (violations.length > 0) return refused(violations);
    const wanted = z
      .array(commandBody)
      .parse(body)
      .map((command) => storedFields(command, guildId));
    const added = wanted.filter((command) => this.#namesake(command, guildId) === undefined).length;
    if (!this.#creates.take(guildId, added)) return discordError(30034);
    const stored = wanted.map((command) => this.#stored(command, this.#namesake(command, guildId)));
    this.#scopes.set(guildId, new Map(stored.map((command) => [command.id, command])));
    return { status: 200, body: stored };
  }

  /** GET of all; translations only when asked for. */
  list(guildId: GuildId, options: { readonly withLocalizations?: boolean } = {}): ApiResult {
    const commands = this.all(guildId);
    return { status: 200, body: options.withLocalizations ? commands : commands.map(withoutLocalizations) };
  }

  /** GET of one. */
  get(guildId: GuildId, commandId: string): ApiResult {
    const command = this.#scope(guildId).get(commandId);
    return command === undefined ? discordError(10063) : { status: 200, body: command };
  }

  /** POST: 201 for a new name; 200 for one that exists, which is replaced and is no create. */
  create(guildId: GuildId, body: unknown): ApiResult {
    const violations = validateBody("command", body);
    if (violations.length > 0) return refused(violations);
    const wanted = storedFields(commandBody.parse(body), guildId);
    const existing = this.#namesake(wanted, guildId);
    if (existing === undefined) {
      const sameType = this.all(guildId).filter(({ type }) => type === wanted.type).length;
      if (sameType >= (maxCommandsByType.get(wanted.type) ?? 1)) return discordError(30032);
      if (!this.#creates.take(guildId, 1)) return discordError(30034);
    }
    const command = this.#stored(wanted, existing);
    this.#keep(guildId, command);
    return { status: existing === undefined ? 201 : 200, body: command };
  }

  /** PATCH: what the body does not name stays. */
  update(guildId: GuildId, commandId: string, body: unknown): ApiResult {
    const existing = this.#scope(guildId).get(commandId);
    if (existing === undefined) return discordError(10063);
    const own = validateBody("commandPatch", body);
    if (own.length > 0) return refused(own);
    const merged = { ...editableFields(existing), ...z.record(z.string(), z.unknown()).parse(body) };
    const violations = validateBody("command", merged);
    if (violations.length > 0) return refused(violations);
    const wanted = storedFields(commandBody.parse(merged), guildId);
    const namesake = this.#namesake(wanted, guildId);
    if (namesake !== undefined && namesake.id !== commandId) return refused(["name: used by another command"]);
    const command = this.#stored(wanted, existing);
    this.#keep(guildId, command);
    return { status: 200, body: command };
  }

  /** DELETE. */
  remove(guildId: GuildId, commandId: string): ApiResult {
    if (!this.#scope(guildId).has(commandId)) return discordError(10063);
    this.#scopes.set(guildId, new Map([...this.#scope(guildId)].filter(([id]) => id !== commandId)));
    return { status: 204 };
  }

  /** Every command of the scope, as stored. */
  all(guildId?: GuildId): readonly StoredCommand[] {
    return [...this.#scope(guildId).values()];
  }

  /** The slash command a person would use by this name: the guild's own, or else the global one. */
  find(name: string, guildId: GuildId): StoredCommand | undefined {
    const scopes = guildId === undefined ? [undefined] : [guildId, undefined];
    return scopes
      .flatMap((scope) => this.all(scope))
      .find((command) => command.name === name && command.type === commandTypes.chatInput);
  }

  #scope(guildId: GuildId): ReadonlyMap<string, StoredCommand> {
    return this.#scopes.get(guildId) ?? new Map();
  }

  #keep(guildId: GuildId, command: StoredCommand): void {
    this.#scopes.set(guildId, new Map([...this.#scope(guildId), [command.id, command]]));
  }

  /** A command is the same one if its name and its type are. */
  #namesake({ name, type }: CommandFields, guildId: GuildId): StoredCommand | undefined {
    return this.all(guildId).find((command) => command.name === name && command.type === type);
  }

  /** The id stays with a command; the version changes when anything else of it does. */
  #stored(wanted: CommandFields, existing: StoredCommand | undefined): StoredCommand {
    const id = existing?.id ?? this.#options.snowflakes.next();
    const command = { id, application_id: this.#options.applicationId, version: existing?.version ?? "", ...wanted };
    if (existing !== undefined && isDeepStrictEqual(command, existing)) return existing;
    return { ...command, version: this.#options.snowflakes.next() };
  }
}

const refused = (violations: readonly string[]): ApiResult => ({ ...invalidFormBody(violations), violations });

const commandBody: z.ZodType<JsonObject & { readonly name: string; readonly type?: number | null | undefined }> =
  z.looseObject({ name: z.string(), type: z.number().nullish() });
