import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { ApiResult } from "../../../src/sandbox/discord/api-result.ts";
import { ApplicationCommands } from "../../../src/sandbox/discord/application-commands.ts";
import { SnowflakeSource } from "../../../src/sandbox/discord/snowflake.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const guild = "900";
const signal = { name: "signal", description: "Shows the signal" };
const ping = { name: "ping", description: "Answers" };

const stored = z.looseObject({ id: z.string(), version: z.string(), name: z.string() });
const one = ({ body }: ApiResult) => stored.parse(body);
const many = ({ body }: ApiResult) => z.array(stored).parse(body);
const codeOf = ({ status, body }: ApiResult) => [status, z.object({ code: z.number() }).parse(body).code];

const setUp = () => {
  const clock = new VirtualClock();
  const now = () => clock.now();
  const commands = new ApplicationCommands({ snowflakes: new SnowflakeSource(now), applicationId: "77", now });
  return { clock, commands };
};

describe("creating a command", () => {
  it("answers 201 for a new name and 200, with the same id, for one that exists [discord-facts.md 5]", () => {
    const { commands } = setUp();
    const created = commands.create(guild, signal);
    const again = commands.create(guild, { ...signal, description: "Other" });
    expect([created.status, again.status]).toEqual([201, 200]);
    expect(one(again).id).toBe(one(created).id);
    expect(many(commands.list(guild))).toHaveLength(1);
  });

  it("returns every field that Discord does", () => {
    const { commands } = setUp();
    expect(commands.create(undefined, { ...signal, default_member_permissions: 8, options: [] }).body).toEqual({
      id: expect.stringMatching(/^\d+$/),
      application_id: "77",
      version: expect.stringMatching(/^\d+$/),
      type: 1,
      name: "signal",
      name_localizations: null,
      description: "Shows the signal",
      description_localizations: null,
      default_member_permissions: "8",
      nsfw: false,
      contexts: null,
      integration_types: [0],
      dm_permission: true,
    });
    const inGuild = one(commands.create(guild, { ...signal, options: [{ ...ping, type: 3, required: null }] }));
    expect(inGuild).toMatchObject({ guild_id: guild, options: [{ ...ping, type: 3 }] });
    expect(inGuild).not.toHaveProperty("contexts");
    expect(inGuild.options).toEqual([{ ...ping, type: 3 }]);
  });

  it("is refused with the reasons when Discord would refuse the body [discord-facts.md 5]", () => {
    const { commands } = setUp();
    const result = commands.create(guild, { ...signal, name: "Not this" });
    expect(codeOf(result)).toEqual([400, 50035]);
    expect(result.violations).toHaveLength(1);
    expect(commands.all(guild)).toEqual([]);
  });

  it("keeps a menu command apart from a slash command of the same name", () => {
    const { commands } = setUp();
    commands.create(guild, signal);
    expect(commands.create(guild, { type: 2, name: "signal" }).status).toBe(201);
    expect(commands.find("signal", guild)?.type).toBe(1);
  });

  it("is refused beyond 100 slash commands, while replacing one still works [discord-facts.md 5]", () => {
    const { commands } = setUp();
    commands.bulkOverwrite(
      guild,
      Array.from({ length: 100 }, (_, n) => ({ ...signal, name: `signal-${n}` })),
    );
    expect(codeOf(commands.create(guild, ping))).toEqual([400, 30032]);
    expect(commands.create(guild, { ...signal, name: "signal-3" }).status).toBe(200);
    expect(commands.create(undefined, ping).status).toBe(201);
  });
});

describe("the daily limit", () => {
  const createAndRemove = (commands: ApplicationCommands, guildId: string | undefined) => {
    const result = commands.create(guildId, ping);
    if (result.status === 201) commands.remove(guildId, one(result).id);
    return result;
  };

  it("refuses the 201st create of a day in a guild, and counts guilds apart [discord-facts.md 5]", async () => {
    const { clock, commands } = setUp();
    for (let n = 0; n < 200; n += 1) expect(createAndRemove(commands, guild).status).toBe(201);
    expect(codeOf(createAndRemove(commands, guild))).toEqual([400, 30034]);
    expect(createAndRemove(commands, "901").status).toBe(201);
    await clock.advance(24 * 60 * 60_000);
    expect(createAndRemove(commands, guild).status).toBe(201);
  });

  it("does not count what exists already [discord-facts.md 5]", () => {
    const { commands } = setUp();
    commands.create(guild, signal);
    for (let n = 0; n < 300; n += 1) expect(commands.create(guild, signal).status).toBe(200);
    for (let n = 0; n < 300; n += 1) expect(commands.bulkOverwrite(guild, [signal]).status).toBe(200);
  });

  it("counts the new names of a whole set, and stores nothing of a set that is too much [discord-facts.md 5]", () => {
    const { commands } = setUp();
    const set = (prefix: string) => Array.from({ length: 80 }, (_, n) => ({ ...signal, name: `${prefix}-${n}` }));
    commands.bulkOverwrite(guild, set("a"));
    commands.bulkOverwrite(guild, set("b"));
    expect(codeOf(commands.bulkOverwrite(guild, set("c")))).toEqual([400, 30034]);
    expect(commands.find("b-0", guild)).toBeDefined();
  });
});

describe("replacing the whole set", () => {
  it("removes what is left out, of every type, and keeps the ids of what stays [discord-facts.md 5]", () => {
    const { commands } = setUp();
    const [before] = many(commands.bulkOverwrite(guild, [signal, { type: 2, name: "Profile" }]));
    const after = many(commands.bulkOverwrite(guild, [ping, { ...signal, description: "Other" }]));
    expect(after.map(({ name }) => name)).toEqual(["ping", "signal"]);
    expect(after[1]?.id).toBe(before?.id);
    expect(commands.all(guild)).toEqual(after);
  });

  it("leaves the versions of a repeated set alone and changes that of a changed command [discord-facts.md 5]", () => {
    const { commands } = setUp();
    const first = many(commands.bulkOverwrite(guild, [signal, ping]));
    expect(many(commands.bulkOverwrite(guild, [signal, ping]))).toEqual(first);
    const changed = many(commands.bulkOverwrite(guild, [{ ...signal, description: "Other" }, ping]));
    expect(changed[0]?.version).not.toBe(first[0]?.version);
    expect(changed[1]?.version).toBe(first[1]?.version);
  });

  it("touches one scope only", () => {
    const { commands } = setUp();
    commands.bulkOverwrite(undefined, [signal]);
    commands.bulkOverwrite(guild, [ping]);
    commands.bulkOverwrite(guild, []);
    expect(commands.all(undefined).map(({ name }) => name)).toEqual(["signal"]);
    expect(commands.all(guild)).toEqual([]);
  });

  it("is refused as a whole when one command is wrong", () => {
    const { commands } = setUp();
    commands.bulkOverwrite(guild, [signal]);
    const result = commands.bulkOverwrite(guild, [ping, ping]);
    expect(codeOf(result)).toEqual([400, 50035]);
    expect(result.violations).toEqual(["1.name: used by another command"]);
    expect(commands.all(guild).map(({ name }) => name)).toEqual(["signal"]);
  });
});

describe("reading", () => {
  it("shows translations in lists only when asked to, and always for a single command [discord-facts.md 5]", () => {
    const { commands } = setUp();
    const translated = {
      ...signal,
      name_localizations: { de: "kurs" },
      options: [{ ...ping, type: 3, description_localizations: { de: "Antwortet" } }],
    };
    const { id } = one(commands.create(guild, translated));
    expect(JSON.stringify(commands.list(guild).body)).not.toContain("localizations");
    expect(many(commands.list(guild, { withLocalizations: true }))[0]).toMatchObject(translated);
    expect(commands.get(guild, id).body).toMatchObject(translated);
  });

  it.each(["get", "remove"] as const)("answers 10063 when there is none to %s", (verb) => {
    const { commands } = setUp();
    const { id } = one(commands.create(guild, signal));
    expect(codeOf(commands[verb](undefined, id))).toEqual([404, 10063]);
    expect(codeOf(commands[verb](guild, "1"))).toEqual([404, 10063]);
  });

  it("finds what a person would use: the guild's command before the global one [discord-facts.md 5]", () => {
    const { commands } = setUp();
    const global = one(commands.create(undefined, signal));
    expect(commands.find("signal", guild)?.id).toBe(global.id);
    const own = one(commands.create(guild, signal));
    expect(commands.find("signal", guild)?.id).toBe(own.id);
    expect(commands.find("signal", undefined)?.id).toBe(global.id);
    expect(commands.find("nothing", guild)).toBeUndefined();
  });
});

describe("changing one", () => {
  it("keeps what the change does not name", () => {
    const { commands } = setUp();
    const before = one(commands.create(guild, { ...signal, options: [{ ...ping, type: 3 }] }));
    const result = commands.update(guild, before.id, { description: "Other" });
    expect(result.status).toBe(200);
    expect(one(result)).toEqual({ ...before, description: "Other", version: expect.any(String) });
    expect(one(result).version).not.toBe(before.version);
    expect(one(commands.update(guild, before.id, {}))).toEqual(one(result));
  });

  it("is refused when the outcome would not be a command [discord-facts.md 5]", () => {
    const { commands } = setUp();
    const { id } = one(commands.create(guild, signal));
    expect(codeOf(commands.update(guild, id, { description: "" }))).toEqual([400, 50035]);
    expect(codeOf(commands.update(guild, id, { descripton: "x" }))).toEqual([400, 50035]);
    commands.create(guild, ping);
    expect(commands.update(guild, id, { name: "ping" }).violations).toEqual(["name: used by another command"]);
    expect(commands.get(guild, id).body).toMatchObject(signal);
  });

  it("answers 10063 when there is none", () => {
    expect(codeOf(setUp().commands.update(guild, "1", {}))).toEqual([404, 10063]);
  });
});

it("removes a command with 204 and nothing else", () => {
  const { commands } = setUp();
  const { id } = one(commands.create(guild, signal));
  expect(commands.remove(guild, id)).toEqual({ status: 204 });
  expect(commands.all(guild)).toEqual([]);
});
