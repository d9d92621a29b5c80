import type { REST } from "@discordjs/rest";
import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandOptionChoice,
  ApplicationCommandOptionType,
  ApplicationIntegrationType,
  InteractionContextType,
} from "discord-api-types/v10";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commandDefinitions } from "../../src/commands/index.ts";
import { createManagementRest } from "../../src/discord/management-rest.ts";
import {
  type CommandDefinition,
  clear,
  compare,
  deploy,
  listRegistered,
  type RegistrationScope,
} from "../../src/discord/registration.ts";
import type { SandboxDiscord } from "../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";

type Option = APIApplicationCommandBasicOption;

const pair: Option = { type: ApplicationCommandOptionType.String, name: "pair", description: "Which", required: true };
const suggested: Option = {
  type: ApplicationCommandOptionType.String,
  name: "pair",
  description: "Which",
  required: true,
  autocomplete: true,
};
const period: Option & { choices: APIApplicationCommandOptionChoice<string>[] } = {
  type: ApplicationCommandOptionType.String,
  name: "period",
  description: "How long",
  choices: [
    { name: "Intraday", value: "intraday" },
    { name: "Swing", value: "swing" },
  ],
};
const signal: CommandDefinition = { name: "signal", description: "Shows a signal", options: [pair, period] };
const ping: CommandDefinition = { name: "ping", description: "Here?" };

describe("registration of commands", () => {
  let discord: SandboxDiscord;
  let rest: REST;
  let guild: RegistrationScope;
  let everywhere: RegistrationScope;

  beforeEach(async () => {
    discord = await startSandboxDiscord();
    rest = createManagementRest({ apiUrl: discord.apiUrl, sampleDate: () => {} }, discord.botToken);
    guild = { applicationId: discord.applicationId, guildId: discord.guildId };
    everywhere = { applicationId: discord.applicationId, guildId: undefined };
  });

  afterEach(() => discord.close());

  const writes = (): number => discord.requests.filter(({ method }) => method !== "GET").length;
  const differences = async (definitions: readonly CommandDefinition[], scope = guild) =>
    compare(definitions, await listRegistered(rest, scope), scope);

  it.each([
    { where: "in a guild", scopeOf: () => guild },
    { where: "globally", scopeOf: () => everywhere },
  ])("deploys the bot's commands $where, and a second time sends nothing", async ({ scopeOf }) => {
    const scope = scopeOf();
    const first = await deploy(rest, scope, commandDefinitions);
    expect(first).toEqual(commandDefinitions.map(({ name }) => ({ name, kind: "missing" })));
    expect((await listRegistered(rest, scope)).map(({ name }) => name)).toEqual(
      commandDefinitions.map(({ name }) => name),
    );
    expect(writes()).toBe(1);
    expect(await deploy(rest, scope, commandDefinitions)).toEqual([]);
    expect(writes()).toBe(1);
    expect(discord.violations).toEqual([]);
  });

  it("leaves the other scope alone", async () => {
    await deploy(rest, guild, [ping]);
    expect(await listRegistered(rest, everywhere)).toEqual([]);
    await deploy(rest, everywhere, [signal]);
    expect((await listRegistered(rest, guild)).map(({ name }) => name)).toEqual(["ping"]);
  });

  it("names what changed, what is missing and what the code does not know, and replaces it", async () => {
    await deploy(rest, guild, [ping, { name: "old", description: "Gone" }]);
    const next = [{ ...ping, description: "Still here?" }, signal];
    expect(await deploy(rest, guild, next)).toEqual([
      { name: "ping", kind: "changed" },
      { name: "signal", kind: "missing" },
      { name: "old", kind: "unknown" },
    ]);
    expect(await differences(next)).toEqual([]);
    expect((await listRegistered(rest, guild)).map(({ name }) => name)).toEqual(["ping", "signal"]);
  });

  it("keeps the id of a command and gives it a new version when it changed", async () => {
    await deploy(rest, guild, [ping, signal]);
    const before = await listRegistered(rest, guild);
    await deploy(rest, guild, [{ ...ping, description: "Still here?" }, signal]);
    const after = await listRegistered(rest, guild);
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(after[0]?.version).not.toBe(before[0]?.version);
    expect(after[1]?.version).toBe(before[1]?.version);
  });

  it.each<{ what: string; options: Option[]; changed: Option[] }>([
    {
      what: "the order of options",
      options: [{ ...pair, required: false }, period],
      changed: [period, { ...pair, required: false }],
    },
    { what: "a choice", options: [pair, period], changed: [pair, { ...period, choices: period.choices.slice(0, 1) }] },
    { what: "a choice's value", options: [period], changed: [{ ...period, choices: [{ name: "Swing", value: "s" }] }] },
    { what: "whether an option is required", options: [pair], changed: [{ ...pair, required: false }] },
    { what: "an option that is gone", options: [pair, period], changed: [pair] },
    { what: "a least value", options: [number({})], changed: [number({ min_value: 0 })] },
    { what: "autocompletion", options: [suggested], changed: [pair] },
  ])("sees a change of $what", async ({ options, changed }) => {
    await deploy(rest, guild, [{ ...signal, options }]);
    expect(await differences([{ ...signal, options }])).toEqual([]);
    expect(await differences([{ ...signal, options: changed }])).toEqual([{ name: "signal", kind: "changed" }]);
  });

  it("sees a change of a translation, which Discord lists only when asked", async () => {
    const translated = { ...ping, description_localizations: { de: "Da?" } };
    await deploy(rest, guild, [translated]);
    expect(await differences([translated])).toEqual([]);
    expect(await differences([{ ...ping, description_localizations: { de: "Noch da?" } }])).toHaveLength(1);
    expect(await differences([ping])).toHaveLength(1);
  });

  it("sees no change in what Discord adds, in defaults written out, or in the order of keys", async () => {
    await deploy(rest, guild, [signal]);
    const written: CommandDefinition = {
      options: [
        { ...pair, autocomplete: false },
        { ...period, required: false },
      ],
      description: "Shows a signal",
      nsfw: false,
      type: 1,
      name: "signal",
    };
    expect(await differences([written])).toEqual([]);
  });

  it("leaves contexts and installation types out for a guild, where they do not exist", async () => {
    const bound = { ...ping, contexts: [InteractionContextType.Guild], integration_types: [guildInstall] };
    await deploy(rest, guild, [bound]);
    expect(discord.violations).toEqual([]);
    expect(await differences([bound])).toEqual([]);
    expect(await differences([{ ...bound, contexts: [InteractionContextType.BotDM] }])).toEqual([]);
  });

  it("compares contexts and installation types globally", async () => {
    const bound = { ...ping, contexts: [InteractionContextType.Guild], integration_types: [guildInstall] };
    await deploy(rest, everywhere, [bound]);
    expect(await differences([bound], everywhere)).toEqual([]);
    const elsewhere = { ...bound, contexts: [InteractionContextType.Guild, InteractionContextType.BotDM] };
    expect(await differences([elsewhere], everywhere)).toEqual([{ name: "ping", kind: "changed" }]);
    const forUsers = { ...bound, integration_types: [guildInstall, ApplicationIntegrationType.UserInstall] };
    expect(await differences([forUsers], everywhere)).toEqual([{ name: "ping", kind: "changed" }]);
  });

  it("takes what Discord fills in for contexts and installation types, when the code says nothing", async () => {
    await deploy(rest, everywhere, [ping]);
    expect(await differences([ping], everywhere)).toEqual([]);
  });

  it("removes everything, and sends nothing when there is nothing", async () => {
    await deploy(rest, guild, [ping, signal]);
    await deploy(rest, everywhere, [ping]);
    expect(await clear(rest, guild)).toBe(2);
    expect(await listRegistered(rest, guild)).toEqual([]);
    expect(await listRegistered(rest, everywhere)).toHaveLength(1);
    const before = writes();
    expect(await clear(rest, guild)).toBe(0);
    expect(writes()).toBe(before);
  });

  it("sends nothing when the list cannot be read", async () => {
    const outcome = { kind: "error", status: 403, code: 50001, processed: false } as const;
    const route = "/applications/:app/guilds/:guild/commands";
    discord.addRouteFault({ method: "GET", route, fault: { outcome } });
    await expect(deploy(rest, guild, [ping])).rejects.toMatchObject({ code: 50001 });
    expect(writes()).toBe(0);
  });
});

const guildInstall = ApplicationIntegrationType.GuildInstall;

const number = (limits: { min_value?: number }): Option => ({
  type: ApplicationCommandOptionType.Number,
  name: "size",
  description: "How much",
  ...limits,
});
