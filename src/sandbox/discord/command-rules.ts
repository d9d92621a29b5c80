import { AvailableLocalesEnumSchema } from "discord-api-spec/zod";
import { core } from "zod";
import { isObject, type JsonObject, objectOr, objectsIn } from "./json.ts";
import { at } from "./schema-check.ts";

type Path = readonly PropertyKey[];

export const commandTypes = { chatInput: 1, user: 2, message: 3, entryPoint: 4 } as const;

/** Per scope and type (`discord-facts.md` 5). */
export const maxCommandsByType: ReadonlyMap<number, number> = new Map([
  [commandTypes.chatInput, 100],
  [commandTypes.user, 15],
  [commandTypes.message, 15],
]);

const optionTypes = { subcommand: 1, subcommandGroup: 2, string: 3 } as const;
const maxCommandCharacters = 8000;
const maxChoiceValue = 100;

/** What Discord refuses in a command and the published schema lets pass (`discord-facts.md` 5). */
export const commandReasons = (body: unknown, path: Path = []): readonly string[] => {
  const command = objectOr(body);
  const type = typeOf(command);
  // User and message commands stand in menus: any name, no description, no options.
  const isMenu = type === commandTypes.user || type === commandTypes.message;
  const description = lengthOf(command.description);
  return [
    ...(isMenu ? [] : nameReasons(command, path)),
    ...(!isMenu && description === 0 ? [at([...path, "description"], "required for this type of command")] : []),
    ...(isMenu && description > 0 ? [at([...path, "description"], "not for this type of command")] : []),
    ...(type !== commandTypes.chatInput && objectsIn(command.options).length > 0
      ? [at([...path, "options"], "only slash commands have options")]
      : []),
    ...patchReasons(command, path),
  ];
};

/** Those of the rules that hold for a PATCH on its own, whatever the command it changes. */
export const patchReasons = (body: unknown, path: Path = []): readonly string[] => {
  const command = objectOr(body);
  return [
    ...(command.nsfw == null || typeof command.nsfw === "boolean" ? [] : [at([...path, "nsfw"], "must be boolean")]),
    ...localeReasons(command, path),
    ...optionsReasons(command.options, [...path, "options"]),
    ...(commandCharacters(command) > maxCommandCharacters
      ? [at(path, `command: at most ${maxCommandCharacters} characters in all names, descriptions and values`)]
      : []),
  ];
};

/** Rules for the whole set of a PUT. */
export const commandSetReasons = (body: unknown): readonly string[] => {
  const commands = objectsIn(body);
  const seen = new Set<string>();
  return [
    ...[...maxCommandsByType].flatMap(([type, limit]) =>
      commands.filter(([, command]) => typeOf(command) === type).length > limit
        ? [`commands: at most ${limit} of type ${type}`]
        : [],
    ),
    ...commands.flatMap(([index, command]) => {
      const key = `${typeOf(command)} ${String(command.name)}`;
      if (seen.has(key)) return [at([index, "name"], "used by another command")];
      seen.add(key);
      return [];
    }),
    ...commands.flatMap(([index, command]) => commandReasons(command, [index])),
  ];
};

const typeOf = (command: JsonObject): number =>
  typeof command.type === "number" ? command.type : commandTypes.chatInput;

const namePattern = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;

/** Names of slash commands and options: no spaces, and lower case where a letter has one; their translations too. */
const nameReasons = ({ name, name_localizations }: JsonObject, path: Path): readonly string[] =>
  [
    ...(typeof name === "string" ? [[[...path, "name"], name] as const] : []),
    ...Object.entries(objectOr(name_localizations)).flatMap(([locale, localized]) =>
      typeof localized === "string" ? [[[...path, "name_localizations", locale], localized] as const] : [],
    ),
  ].flatMap(([namePath, text]) =>
    namePattern.test(text) && text === text.toLowerCase()
      ? []
      : [at(namePath, "1 to 32 lower-case letters, digits, - _ or '")],
  );

const localeReasons = (object: JsonObject, path: Path): readonly string[] =>
  (["name_localizations", "description_localizations"] as const).flatMap((key) =>
    Object.keys(objectOr(object[key]))
      .filter((locale) => !core.safeParse(AvailableLocalesEnumSchema, locale).success)
      .map((locale) => at([...path, key, locale], "not a locale of Discord")),
  );

const optionsReasons = (options: unknown, path: Path): readonly string[] => {
  const list = objectsIn(options);
  const seen = new Set<unknown>();
  let optionalSeen = false;
  const subcommands = list.filter(([, option]) => isSubcommand(option)).length;
  const mixed =
    subcommands > 0 && subcommands < list.length ? [at(path, "subcommands stand beside subcommands only")] : [];
  return [
    ...mixed,
    ...list.flatMap(([index, option]) => {
      const reasons = optionReasons(option, [...path, index]);
      if (seen.has(option.name)) reasons.push(at([...path, index, "name"], "used by another option"));
      seen.add(option.name);
      if (option.required === true && optionalSeen) {
        reasons.push(at([...path, index, "required"], "required options come before optional ones"));
      }
      optionalSeen ||= option.required !== true && !isSubcommand(option);
      return reasons;
    }),
  ];
};

const isSubcommand = ({ type }: JsonObject): boolean =>
  type === optionTypes.subcommand || type === optionTypes.subcommandGroup;

const optionReasons = (option: JsonObject, path: Path): string[] => [
  ...nameReasons(option, path),
  ...localeReasons(option, path),
  ...(option.autocomplete === true && objectsIn(option.choices).length > 0
    ? [at([...path, "autocomplete"], "not together with choices")]
    : []),
  ...objectsIn(option.choices).flatMap(([index, choice]) => choiceReasons(choice, [...path, "choices", index])),
  ...optionsReasons(option.options, [...path, "options"]),
];

/** The schema lets a string value be 6000 long. Used for autocomplete choices as well. */
export const choiceReasons = (choice: JsonObject, path: Path): readonly string[] => [
  ...localeReasons(choice, path),
  ...(lengthOf(choice.value) > maxChoiceValue ? [at([...path, "value"], `at most ${maxChoiceValue} characters`)] : []),
];

/** Names, descriptions and values of a command and everything below it, each counted in its longest translation. */
const commandCharacters = (node: unknown): number => {
  if (!isObject(node)) return 0;
  const below = [...objectsIn(node.options), ...objectsIn(node.choices)];
  return (
    longest(node.name, node.name_localizations) +
    longest(node.description, node.description_localizations) +
    lengthOf(node.value) +
    below.reduce((sum, [, child]) => sum + commandCharacters(child), 0)
  );
};

const longest = (text: unknown, localizations: unknown): number =>
  Math.max(lengthOf(text), ...Object.values(objectOr(localizations)).map(lengthOf));

const lengthOf = (value: unknown): number => (typeof value === "string" ? value.length : 0);
