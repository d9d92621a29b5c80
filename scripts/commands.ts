import { Command } from "commander";
import dotenv from "dotenv";
import { commandDefinitions } from "../src/commands/index.ts";
import { ConfigError, readDiscordConfig } from "../src/config.ts";
import { createManagementRest } from "../src/discord/management-rest.ts";
import {
  clear,
  compare,
  type Difference,
  deploy,
  listRegistered,
  type RegistrationScope,
} from "../src/discord/registration.ts";
import { readRestFailure } from "../src/interactions/rest-errors.ts";

const done: Readonly<Record<Difference["kind"], string>> = { missing: "added", changed: "changed", unknown: "removed" };
const found: Readonly<Record<Difference["kind"], string>> = {
  missing: "is not registered; run npm run commands:deploy",
  changed: "differs from this version; run npm run commands:deploy",
  unknown: "is registered but not part of this version; run npm run commands:deploy",
};

dotenv.config({ quiet: true });

const program = new Command("commands").description("Slash commands at Discord: deploy, list, clear.");

program
  .command("deploy")
  .description("make Discord hold exactly the commands of this version; sends nothing when nothing changed")
  .option("--global", "everywhere, also when DISCORD_GUILD_ID is set")
  .action(({ global }: { global?: boolean }) =>
    run(async ({ rest, scope }) => {
      const at = global === true ? { ...scope, guildId: undefined } : scope;
      const differences = await deploy(rest, at, commandDefinitions);
      if (differences.length === 0)
        return print(`Nothing changed ${where(at)}: ${commandDefinitions.length} commands.`);
      for (const difference of differences) print(`  /${difference.name}: ${done[difference.kind]}`);
      print(`Deployed ${commandDefinitions.length} commands ${where(at)}.`);
      if (at.guildId === undefined) print("Clients that have the bot open may need a reload to see them.");
    }),
  );

program
  .command("list")
  .description("what is registered, with ids and versions, and how it differs from this version")
  .action(() =>
    run(async ({ rest, scope }) => {
      const scopes = scope.guildId === undefined ? [scope] : [scope, { ...scope, guildId: undefined }];
      for (const at of scopes) {
        const commands = await listRegistered(rest, at);
        print(`${commands.length} commands ${where(at)}`);
        for (const { name, id, version } of commands) print(`  /${name}  id ${id}  version ${version}`);
        if (at.guildId !== scope.guildId && commands.length === 0) continue;
        const differences = compare(commandDefinitions, commands, at);
        for (const { name, kind } of differences) print(`  /${name}: ${found[kind]}`);
        if (differences.length === 0) print("  the same as in this version");
        if (at.guildId !== scope.guildId) print("  registered globally as well: people see these commands twice");
      }
    }),
  );

program
  .command("clear")
  .description("remove every command of the bot, of the guild or (--global) everywhere")
  .option("--global", "the global ones, also when DISCORD_GUILD_ID is set")
  .action(({ global }: { global?: boolean }) =>
    run(async ({ rest, scope }) => {
      const at = global === true ? { ...scope, guildId: undefined } : scope;
      print(`Removed ${await clear(rest, at)} commands ${where(at)}.`);
    }),
  );

await program.parseAsync();

async function run(
  action: (connection: { rest: ReturnType<typeof createManagementRest>; scope: RegistrationScope }) => Promise<void>,
): Promise<void> {
  try {
    const { token, applicationId, guildId, apiUrl } = readDiscordConfig(process.env);
    const rest = createManagementRest({ apiUrl, sampleDate: () => {} }, token);
    await action({ rest, scope: { applicationId, guildId } });
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = error instanceof ConfigError ? 78 : 1;
  }
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const failure = readRestFailure(error);
  switch (failure.kind) {
    case "refused":
      if (failure.status === 401) return "Discord does not accept DISCORD_BOT_TOKEN.";
      if (failure.status === 403)
        return "The application is not allowed to: is it in the guild DISCORD_GUILD_ID names?";
      if (failure.status === 404) return "Discord does not know DISCORD_CLIENT_ID or DISCORD_GUILD_ID.";
      return `Discord refused (HTTP ${failure.status}, code ${failure.code}).`;
    case "limited":
      return `Discord asks to wait ${Math.ceil(failure.retryAfterMs / 1000)} s; try again then.`;
    case "unsent":
      return "Discord cannot be reached: check DISCORD_API_URL and the network.";
    case "unaccounted":
      return "Discord did not answer; see with npm run commands:list what took effect.";
  }
}

function where({ guildId }: RegistrationScope): string {
  return guildId === undefined ? "globally" : `in guild ${guildId}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
