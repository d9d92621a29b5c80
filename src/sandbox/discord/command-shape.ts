import { commandTypes } from "./command-rules.ts";
import { isObject, type JsonObject } from "./json.ts";

/** What a stored command has besides its id, application and version. */
export type CommandFields = JsonObject & { readonly name: string; readonly type: number };

/** A command's body with every field that Discord returns, defaults filled in. */
export const storedFields = (
  body: JsonObject & { readonly name: string; readonly type?: number | null | undefined },
  guildId: string | undefined,
): CommandFields => {
  const permissions = body.default_member_permissions;
  return {
    type: body.type ?? commandTypes.chatInput,
    name: body.name,
    name_localizations: body.name_localizations ?? null,
    description: body.description ?? "",
    description_localizations: body.description_localizations ?? null,
    default_member_permissions: permissions == null ? null : String(permissions),
    nsfw: body.nsfw ?? false,
    ...(Array.isArray(body.options) && body.options.length > 0 ? { options: withoutNulls(body.options) } : {}),
    ...(body.handler == null ? {} : { handler: body.handler }),
    ...(guildId === undefined ? globalFields(body) : { guild_id: guildId }),
  };
};

/** Those of a stored command that a PATCH can be laid over and that can be sent again. */
export const editableFields = (command: CommandFields): JsonObject => {
  const { id: _id, application_id: _application, version: _version, guild_id: _guild, ...fields } = command;
  return fields;
};

/** As lists show commands: without the dictionaries of translations, at every level (`discord-facts.md` 5). */
export const withoutLocalizations = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutLocalizations);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, element]) =>
      key === "name_localizations" || key === "description_localizations" ? [] : [[key, withoutLocalizations(element)]],
    ),
  );
};

/** Where a command can be used is a matter of global ones only (`discord-facts.md` 5). */
const globalFields = (body: JsonObject): JsonObject => ({
  contexts: body.contexts ?? null,
  integration_types: body.integration_types ?? [guildInstall],
  dm_permission: body.dm_permission ?? true,
});

const guildInstall = 0;

const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, element]) => (element === null ? [] : [[key, withoutNulls(element)]])),
  );
};
