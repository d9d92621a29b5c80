import { z } from "zod";
import type { ApiResult } from "./api-result.ts";
import { discordError, invalidFormBody } from "./errors.ts";
import type { SnowflakeSource } from "./snowflake.ts";
import { validateBody } from "./validation.ts";

/** A registered command as Discord returns it from a single GET. */
export type StoredCommand = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly application_id: string;
  readonly version: string;
  readonly type: number;
  readonly name: string;
};

export interface ApplicationCommandsOptions {
  readonly snowflakes: SnowflakeSource;
  readonly applicationId: string;
  /** The sandbox Discord's clock, ms since the Unix epoch. */
  readonly now: () => number;
}

/** The application's registered commands: global ones (`guildId` undefined) and each guild's. */
export class ApplicationCommands {
  readonly #options: ApplicationCommandsOptions;
  readonly #scopes = new Map<string | undefined, Map<string, StoredCommand>>();

  constructor(options: ApplicationCommandsOptions) {
    this.#options = options;
  }

  /** PUT: replaces the whole set. */
  bulkOverwrite(guildId: string | undefined, body: unknown): ApiResult {
    const violations = validateBody("commandBulk", body);
    if (violations.length > 0) return { ...invalidFormBody(violations), violations };
    const stored = z
      .array(commandBody)
      .parse(body)
      .map((command) => this.#store(guildId, command));
    this.#scopes.set(guildId, new Map(stored.map((command) => [command.id, command])));
    return { status: 200, body: stored };
  }

  /** GET of all. */
  list(guildId: string | undefined, _options: { readonly withLocalizations?: boolean } = {}): ApiResult {
    return { status: 200, body: this.all(guildId) };
  }

  /** GET of one. */
  get(guildId: string | undefined, commandId: string): ApiResult {
    const command = this.#scope(guildId).get(commandId);
    return command === undefined ? discordError(10063) : { status: 200, body: command };
  }

  /** POST: 201 for a new name, 200 for one that is replaced. */
  create(guildId: string | undefined, body: unknown): ApiResult {
    const violations = validateBody("command", body);
    if (violations.length > 0) return { ...invalidFormBody(violations), violations };
    const existing = this.find(commandBody.parse(body).name, guildId);
    const command = this.#store(guildId, commandBody.parse(body));
    this.#scope(guildId).set(command.id, command);
    return { status: existing === undefined ? 201 : 200, body: command };
  }

  /** PATCH. */
  update(guildId: string | undefined, commandId: string, body: unknown): ApiResult {
    const violations = validateBody("commandPatch", body);
    if (violations.length > 0) return { ...invalidFormBody(violations), violations };
    const existing = this.#scope(guildId).get(commandId);
    if (existing === undefined) return discordError(10063);
    const command = { ...existing, ...z.record(z.string(), z.unknown()).parse(body), id: existing.id };
    this.#scope(guildId).set(commandId, command);
    return { status: 200, body: command };
  }

  /** DELETE. */
  remove(guildId: string | undefined, commandId: string): ApiResult {
    return this.#scope(guildId).delete(commandId) ? { status: 204 } : discordError(10063);
  }

  /** Every command of the scope, as stored. */
  all(guildId?: string): readonly StoredCommand[] {
    return [...this.#scope(guildId).values()];
  }

  /** The command of this name that a person in the guild (or, without one, in a DM) would use: the guild's comes first. */
  find(name: string, guildId: string | undefined): StoredCommand | undefined {
    return this.all(guildId).find((command) => command.name === name);
  }

  #scope(guildId: string | undefined): Map<string, StoredCommand> {
    const scope = this.#scopes.get(guildId) ?? new Map<string, StoredCommand>();
    this.#scopes.set(guildId, scope);
    return scope;
  }

  #store(guildId: string | undefined, body: z.infer<typeof commandBody>): StoredCommand {
    const type = body.type ?? 1;
    const existing = this.all(guildId).find((command) => command.name === body.name && command.type === type);
    return {
      ...body,
      type,
      id: existing?.id ?? this.#options.snowflakes.next(),
      application_id: this.#options.applicationId,
      version: this.#options.snowflakes.next(),
    };
  }
}

const commandBody = z.looseObject({ name: z.string(), type: z.number().nullish() });
