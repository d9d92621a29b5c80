import type { REST } from "@discordjs/rest";
import {
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
  type RESTPutAPIApplicationCommandsJSONBody,
  Routes,
} from "discord-api-types/v10";
import { z } from "zod";

/** Where commands are registered: one guild, where they appear at once, or everywhere. */
export interface RegistrationScope {
  readonly applicationId: string;
  /** Absent: globally. */
  readonly guildId: string | undefined;
}

export type CommandDefinition = RESTPostAPIChatInputApplicationCommandsJSONBody;

/** A command as Discord has it. */
export interface RegisteredCommand {
  readonly id: string;
  readonly version: string;
  readonly name: string;
  readonly definition: Readonly<Record<string, unknown>>;
}

/** A command's difference between the code and Discord. */
export interface Difference {
  readonly name: string;
  readonly kind: "missing" | "changed" | "unknown";
}

const registered = z.array(z.looseObject({ id: z.string(), version: z.string(), name: z.string() }));

/** What Discord has now. @throws what @discordjs/rest throws */
export async function listRegistered(rest: REST, scope: RegistrationScope): Promise<readonly RegisteredCommand[]> {
  const query = new URLSearchParams({ with_localizations: "true" });
  return parseRegistered(await rest.get(routeOf(scope), { query }));
}

/** @param body what Discord answers when asked for all commands of a scope, with their localizations */
export const parseRegistered = (body: unknown): readonly RegisteredCommand[] =>
  registered.parse(body).map((command) => ({
    id: command.id,
    version: command.version,
    name: command.name,
    definition: command,
  }));

/** What differs: commands missing at Discord, changed in the code, or unknown to the code. Empty: nothing does. */
export function compare(
  definitions: readonly CommandDefinition[],
  commands: readonly RegisteredCommand[],
  scope: RegistrationScope,
): readonly Difference[] {
  const wanted = definitions.map((definition) => forScope(definition, scope));
  const differences = wanted.flatMap((definition): Difference[] => {
    const found = commands.find(({ name }) => name === definition.name);
    if (found === undefined) return [{ name: definition.name, kind: "missing" }];
    return sameManifest(definition, found.definition) ? [] : [{ name: definition.name, kind: "changed" }];
  });
  const unknown = commands.filter(({ name }) => !wanted.some((definition) => definition.name === name));
  return [...differences, ...unknown.map(({ name }): Difference => ({ name, kind: "unknown" }))];
}

/**
 * Makes Discord hold exactly these commands. Nothing is sent when nothing differs: repeated creations count towards 200
 * a day (`discord-facts.md` 5).
 *
 * @returns what differed before
 */
export async function deploy(
  rest: REST,
  scope: RegistrationScope,
  definitions: readonly CommandDefinition[],
): Promise<readonly Difference[]> {
  const differences = compare(definitions, await listRegistered(rest, scope), scope);
  if (differences.length > 0) {
    const body: RESTPutAPIApplicationCommandsJSONBody = definitions.map((definition) => forScope(definition, scope));
    await rest.put(routeOf(scope), { body });
  }
  return differences;
}

/** Removes every command of the scope. @returns how many there were */
export async function clear(rest: REST, scope: RegistrationScope): Promise<number> {
  const commands = await listRegistered(rest, scope);
  if (commands.length > 0) await rest.put(routeOf(scope), { body: [] });
  return commands.length;
}

const routeOf = ({ applicationId, guildId }: RegistrationScope): `/${string}` =>
  guildId === undefined
    ? Routes.applicationCommands(applicationId)
    : Routes.applicationGuildCommands(applicationId, guildId);

/** Contexts and integration types exist for global commands only (`discord-facts.md` 5). */
function forScope(definition: CommandDefinition, { guildId }: RegistrationScope): CommandDefinition {
  if (guildId === undefined) return definition;
  const { contexts: _contexts, integration_types: _types, ...rest } = definition;
  return rest;
}

/** Added by Discord to what it was given, or deprecated. */
const addedByDiscord = [
  "id",
  "application_id",
  "version",
  "guild_id",
  "dm_permission",
  "default_permission",
  "handler",
];
/** When the code leaves these out, Discord fills in the application's own, which the code does not know. */
const filledInByDiscord = ["contexts", "integration_types"];

/** Whether Discord holds what the code says, whatever the order of keys and the defaults left out. */
function sameManifest(wanted: CommandDefinition, found: Readonly<Record<string, unknown>>): boolean {
  const ignored = [...addedByDiscord, ...filledInByDiscord.filter((key) => !(key in wanted))];
  const manifest = (definition: object): string =>
    JSON.stringify(normalise(Object.fromEntries(Object.entries(definition).filter(([key]) => !ignored.includes(key)))));
  return manifest({ type: 1, ...wanted }) === manifest(found);
}

function normalise(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalise);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([, item]) => !isDefault(item))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, normalise(item)]));
}

const isDefault = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === "object" && Object.keys(value).length === 0);
