import { describe, expect, it } from "vitest";
import { validateBody } from "../../../src/sandbox/discord/validation.ts";

const command = (overrides: object = {}) => ({ name: "signal", description: "Shows the signal", ...overrides });
const option = (overrides: object = {}) => ({ type: 3, name: "pair", description: "Which pair", ...overrides });
const check = (overrides: object) => validateBody("command", command(overrides));
const nameReason = "1 to 32 lower-case letters, digits, - _ or '";

describe("a slash command", () => {
  it("passes with everything a command can have", () => {
    expect(
      check({
        type: 1,
        name_localizations: { de: "kurs" },
        description_localizations: { de: "Zeigt den Kurs" },
        default_member_permissions: "2147483648",
        dm_permission: true,
        nsfw: false,
        contexts: [0, 1],
        integration_types: [0],
        options: [
          option({ required: true, autocomplete: true, min_length: 1, max_length: 7 }),
          option({
            name: "timeframe",
            choices: [{ name: "1 hour", name_localizations: { de: "1 Stunde" }, value: "1h" }],
          }),
          option({ type: 10, name: "size", min_value: 0.01, max_value: 100 }),
          option({ type: 7, name: "where", channel_types: [0] }),
        ],
      }),
    ).toEqual([]);
  });

  it.each(["Signal", "my signal", "signal!", "x".repeat(33), ""])(
    "has a name like those Discord takes: %s [discord-facts.md 5]",
    (name) => {
      expect(check({ name })).toContain(`name: ${nameReason}`);
    },
  );

  it.each(["signal", "сигнал", "signal-2", "o'clock", "信号"])("may be named %s", (name) => {
    expect(check({ name })).toEqual([]);
  });

  it("has translations of its name that follow the same rule, for locales that exist [discord-facts.md 5]", () => {
    expect(check({ name_localizations: { de: "Kurs" } })).toEqual([`name_localizations.de: ${nameReason}`]);
    expect(check({ name_localizations: { xx: "kurs" } })).toEqual(["name_localizations.xx: not a locale of Discord"]);
  });

  it("has translations for locales that exist in options and choices as well", () => {
    const localized = { name: "n", name_localizations: { xx: "n" }, value: "v" };
    expect(check({ options: [option({ description_localizations: { yy: "d" }, choices: [localized] })] })).toEqual([
      "options.0.description_localizations.yy: not a locale of Discord",
      "options.0.choices.0.name_localizations.xx: not a locale of Discord",
    ]);
  });

  it("has a description of 1 to 100 characters [discord-facts.md 5]", () => {
    expect(check({ description: "d".repeat(101) })).toEqual(["description: at most 100 characters"]);
    expect(check({ description: "" })).toEqual(["description: required for this type of command"]);
    expect(check({ description: undefined })).toEqual(["description: required for this type of command"]);
  });

  it("has at most 25 options [discord-facts.md 5]", () => {
    const options = Array.from({ length: 26 }, (_, n) => option({ name: `option-${n}` }));
    expect(check({ options: options.slice(1) })).toEqual([]);
    expect(check({ options })).toEqual(["options: at most 25 elements"]);
  });

  it("has at most 25 choices, of names and values up to 100 characters [discord-facts.md 5]", () => {
    const choices = Array.from({ length: 26 }, (_, n) => ({ name: `${n}`, value: `${n}` }));
    expect(check({ options: [option({ choices })] })).toEqual(["options.0.choices: at most 25 elements"]);
    expect(check({ options: [option({ choices: [{ name: "n", value: "v".repeat(101) }] })] })).toEqual([
      "options.0.choices.0.value: at most 100 characters",
    ]);
  });

  it("names required options before optional ones", () => {
    const required = option({ name: "size", required: true });
    expect(check({ options: [option(), required] })).toEqual([
      "options.1.required: required options come before optional ones",
    ]);
    expect(check({ options: [required, option()] })).toEqual([]);
  });

  it("uses an option's name once, and a name and description like those Discord takes", () => {
    expect(check({ options: [option(), option()] })).toEqual(["options.1.name: used by another option"]);
    expect(check({ options: [option({ name: "Pair" })] })).toEqual([`options.0.name: ${nameReason}`]);
    expect(check({ options: [option({ description: "" })] })).toEqual(["options.0.description: at least 1 characters"]);
  });

  it("has choices or autocomplete, not both", () => {
    const both = option({ autocomplete: true, choices: [{ name: "n", value: "v" }] });
    expect(check({ options: [both] })).toEqual(["options.0.autocomplete: not together with choices"]);
  });

  it("has subcommands or options, not both", () => {
    const subcommand = { type: 1, name: "open", description: "Opens" };
    expect(check({ options: [subcommand, option()] })).toEqual(["options: subcommands stand beside subcommands only"]);
  });

  it("holds the options of a subcommand to the same rules", () => {
    const subcommand = { type: 1, name: "open", description: "Opens", options: [option(), option({ required: true })] };
    expect(check({ options: [subcommand] })).toEqual([
      "options.0.options.1.name: used by another option",
      "options.0.options.1.required: required options come before optional ones",
    ]);
  });

  it("has at most 8000 characters in all, each text counted in its longest translation [discord-facts.md 5]", () => {
    const choices = Array.from({ length: 20 }, (_, n) => ({
      name: `${n}`.padEnd(95, "n"),
      value: `${n}`.padEnd(99, "v"),
    }));
    // Name 1, description 100 and choices of 194 characters: 3981.
    const options = ["a", "b"].map((name) => option({ name, description: "d".repeat(100), choices }));
    const withTranslation = (characters: number) =>
      check({ name: "n", description: "d", description_localizations: { de: "d".repeat(characters) }, options });
    expect(withTranslation(8000 - 1 - 2 * 3981)).toEqual([]);
    expect(withTranslation(8000 - 2 * 3981)).toEqual([
      "command: at most 8000 characters in all names, descriptions and values",
    ]);
  });

  it("has no keys that Discord does not know, at any level [discord-facts.md 7]", () => {
    expect(check({ defaultMemberPermissions: "0", options: [option({ choises: [] })] })).toEqual([
      "defaultMemberPermissions: unknown key",
      "options.0.choises: unknown key",
    ]);
  });

  it("says whether it is nsfw with true or false", () => {
    expect(check({ nsfw: "no" })).toEqual(["nsfw: must be boolean"]);
  });

  it("is refused when it is not an object, without an exception", () => {
    for (const body of [undefined, null, "text", []]) expect(validateBody("command", body).length).toBeGreaterThan(0);
  });
});

describe("a command in a menu", () => {
  it.each([2, 3])("has any name, no description and no options: type %i [discord-facts.md 5]", (type) => {
    const menu = { type, name: "Show Signals" };
    expect(validateBody("command", menu)).toEqual([]);
    expect(validateBody("command", { ...menu, description: "" })).toEqual([]);
    expect(validateBody("command", { ...menu, description: "d" })).toEqual([
      "description: not for this type of command",
    ]);
    expect(validateBody("command", { ...menu, options: [option()] })).toEqual([
      "options: only slash commands have options",
    ]);
  });
});

describe("a change to a command", () => {
  it("may name any part alone", () => {
    expect(validateBody("commandPatch", {})).toEqual([]);
    expect(validateBody("commandPatch", { description: "d" })).toEqual([]);
  });

  it("keeps to the rules of options [discord-facts.md 5]", () => {
    expect(validateBody("commandPatch", { options: [option(), option()] })).toEqual([
      "options.1.name: used by another option",
    ]);
  });

  it("does not change the type", () => {
    expect(validateBody("commandPatch", { type: 2 })).toEqual(["type: unknown key"]);
  });
});

describe("a whole set of commands", () => {
  const many = (count: number, overrides: object = {}) =>
    Array.from({ length: count }, (_, n) => command({ name: `signal-${n}`, ...overrides }));

  it("has at most 100 slash commands and 15 of each menu [discord-facts.md 5]", () => {
    const menus = (count: number, type: number) => many(count, { type, description: "" });
    expect(validateBody("commandBulk", [...many(100), ...menus(15, 2), ...menus(15, 3)])).toEqual([]);
    expect(validateBody("commandBulk", many(101))).toEqual(["commands: at most 100 of type 1"]);
    expect(validateBody("commandBulk", menus(16, 2))).toEqual(["commands: at most 15 of type 2"]);
  });

  it("uses a name once for each type", () => {
    expect(validateBody("commandBulk", [command(), command()])).toEqual(["1.name: used by another command"]);
    expect(validateBody("commandBulk", [command(), { type: 2, name: "signal" }])).toEqual([]);
  });

  it("holds each command to the rules of one, and says which", () => {
    expect(validateBody("commandBulk", [command(), command({ name: "Other", colour: 1 })])).toEqual([
      "1.colour: unknown key",
      `1.name: ${nameReason}`,
    ]);
  });

  it("takes back what was read from Discord", () => {
    const stored = command({ id: "1", application_id: "2", version: "3", guild_id: "4", type: 1, nsfw: false });
    expect(validateBody("commandBulk", [stored])).toEqual([]);
  });

  it("is an array", () => {
    expect(validateBody("commandBulk", command())).toEqual(["commands: must be an array"]);
    expect(validateBody("commandBulk", ["signal"])).toHaveLength(1);
  });
});
