import { type RESTGetAPIApplicationCommandsQuery, Routes } from "discord-api-types/v10";
import { commandDefinitions } from "../../commands/index.ts";
import { compare, type Difference, parseRegistered, type RegisteredCommand } from "../../discord/registration.ts";
import { askDiscord, notKnown } from "../discord-inquiry.ts";
import { type Check, type Finding, fail, ok, warn } from "../finding.ts";

const deploy = "npm run commands:deploy";
const query = new URLSearchParams({ with_localizations: "true" } satisfies Record<
  keyof RESTGetAPIApplicationCommandsQuery,
  string
>);

/** What is registered, in the guild and globally, against this version of the code. */
export const commands: Check = {
  name: "commands",
  needs: ["discord"],
  async run({ discord }) {
    if (discord === undefined) return [];
    const { applicationId, guildId } = discord;
    const [everywhere, inGuild] = await Promise.all([
      askDiscord(discord, Routes.applicationCommands(applicationId), { query }),
      guildId === undefined
        ? undefined
        : askDiscord(discord, Routes.applicationGuildCommands(applicationId, guildId), { query }),
    ]);
    if (everywhere.kind !== "answered") return [notKnown(everywhere)];
    const globally = parseRegistered(everywhere.body);
    if (inGuild === undefined) return judge(globally, { applicationId, guildId: undefined });
    if (inGuild.kind !== "answered") return [notKnown(inGuild)];
    return [...judge(parseRegistered(inGuild.body), { applicationId, guildId }), ...doubled(globally)];
  },
};

function judge(
  registered: readonly RegisteredCommand[],
  scope: { readonly applicationId: string; readonly guildId: string | undefined },
): readonly Finding[] {
  const where = scope.guildId === undefined ? "globally" : `in guild ${scope.guildId}`;
  const differences = compare(commandDefinitions, registered, scope);
  if (differences.length > 0) return differences.map((difference) => findingOf(difference, where));
  return [
    ok(
      `${registered.length} registered ${where}, the same as in this version`,
      registered.map(({ name, id, version }) => `/${name}  id ${id}  version ${version}`),
    ),
  ];
}

function findingOf({ name, kind }: Difference, where: string): Finding {
  switch (kind) {
    case "missing":
      return fail(`/${name} is not registered ${where}`, deploy);
    case "changed":
      return fail(`/${name} as registered ${where} differs from this version`, deploy);
    case "unknown":
      return warn(`/${name} is registered ${where} and not part of this version: nobody answers it`, deploy);
  }
}

/** Of a guild's bot, everything registered globally is too much: what has the same name is shown twice. */
function doubled(globally: readonly RegisteredCommand[]): readonly Finding[] {
  if (globally.length === 0) return [];
  const known = (name: string) => commandDefinitions.some((definition) => definition.name === name);
  const twice = globally.filter(({ name }) => known(name)).map(({ name }) => `/${name}`);
  const rest = globally.filter(({ name }) => !known(name)).map(({ name }) => `/${name}`);
  const clear = "npm run commands:clear -- --global";
  return [
    ...(twice.length > 0
      ? [warn(`registered globally too, so people see them twice: ${twice.join(", ")}`, clear)]
      : []),
    ...(rest.length > 0 ? [warn(`left over globally, and nobody answers them: ${rest.join(", ")}`, clear)] : []),
  ];
}
