import { ApplicationCommandOptionType as OptionType } from "discord-api-types/v10";
import * as z from "zod";
import type { InteractionInput, OptionInput, SandboxPerson } from "./api.ts";
import type { StoredCommand } from "./application-commands.ts";
import type { JsonObject } from "./messages.ts";
import { resolveValues } from "./resolved.ts";
import type { World } from "./world.ts";

export type CommandInput = Extract<InteractionInput, { readonly kind: "command" | "autocomplete" }>;

export interface CommandPayloadParts {
  readonly world: World;
  readonly person: (id: string) => SandboxPerson | undefined;
  /** The registered command of the input's name; undefined when nothing at all is registered. */
  readonly command: StoredCommand | undefined;
  /** The id of a command that is not registered. */
  readonly fallbackId: string;
}

/**
 * The `data` of a slash command or of typing in one of its options. A registered command decides the types and refuses what
 * Discord's client would not let a person send; without any registered command, types follow the values.
 * @throws RangeError naming what the person could not have typed.
 */
export const commandPayload = (input: CommandInput, parts: CommandPayloadParts): JsonObject => {
  const { command } = parts;
  const options = command === undefined ? undefined : optionsOf(command, input);
  const focused = input.kind === "autocomplete" ? input.focused : undefined;
  const leaf = options === undefined ? guessedOptions(input) : typedOptions(input, options);
  const nested = nestOptions(input, focused === undefined ? leaf : [...leaf, focusedOption(focused, options)]);
  const resolved = resolveValues(leaf, parts);
  return {
    id: command?.id ?? parts.fallbackId,
    name: input.name,
    type: command?.type ?? 1,
    ...(command?.guild_id === undefined ? {} : { guild_id: command.guild_id }),
    ...(nested.length === 0 ? {} : { options: nested }),
    ...(resolved === undefined ? {} : { resolved }),
  };
};

interface SentOption {
  readonly name: string;
  readonly type: number;
  readonly value: OptionInput;
}

type OptionDefinition = z.infer<typeof optionDefinition>;

const optionDefinition = z.looseObject({
  name: z.string(),
  type: z.number(),
  required: z.boolean().default(false),
  autocomplete: z.boolean().default(false),
  choices: z.array(z.looseObject({ value: z.union([z.string(), z.number()]) })).optional(),
  min_value: z.number().optional(),
  max_value: z.number().optional(),
  min_length: z.number().optional(),
  max_length: z.number().optional(),
  get options() {
    return z.array(optionDefinition).optional();
  },
});

/** The options a person can fill in: those of the subcommand, if the command has any. */
const optionsOf = (command: StoredCommand, input: CommandInput): readonly OptionDefinition[] => {
  let options = z.array(optionDefinition).default([]).parse(command.options);
  for (const [name, type] of [
    [input.subcommandGroup, OptionType.SubcommandGroup],
    [input.subcommand, OptionType.Subcommand],
  ] as const) {
    if (name === undefined) continue;
    const inner = options.find((option) => option.name === name && option.type === type);
    if (inner === undefined) throw new RangeError(`/${input.name} has no subcommand "${name}".`);
    options = inner.options ?? [];
  }
  if (options.some((option) => option.type <= OptionType.SubcommandGroup)) {
    throw new RangeError(`/${input.name} can only be used with one of its subcommands.`);
  }
  return options;
};

const typedOptions = (input: CommandInput, options: readonly OptionDefinition[]): readonly SentOption[] => {
  const given = Object.entries(input.options ?? {});
  for (const [name] of given) {
    if (!options.some((option) => option.name === name))
      throw new RangeError(`/${input.name} has no option "${name}".`);
  }
  const missing = options.find((option) => option.required && input.options?.[option.name] === undefined);
  if (input.kind === "command" && missing !== undefined) {
    throw new RangeError(`/${input.name} needs the option "${missing.name}".`);
  }
  return given.flatMap(([name, value]) => {
    const option = options.find((candidate) => candidate.name === name);
    if (option === undefined) return [];
    const problem = input.kind === "command" ? problemWith(value, option) : undefined;
    if (problem !== undefined) throw new RangeError(`/${input.name} does not take ${name}: ${value} (${problem}).`);
    return [{ name, type: option.type, value }];
  });
};

/** Why Discord's client would not send this value. */
const problemWith = (value: OptionInput, option: OptionDefinition): string | undefined => {
  const { choices, min_value: min, max_value: max, min_length: shortest, max_length: longest } = option;
  switch (option.type) {
    case OptionType.Integer:
      if (typeof value !== "number" || !Number.isInteger(value)) return "an integer is needed";
      break;
    case OptionType.Number:
      if (typeof value !== "number") return "a number is needed";
      break;
    case OptionType.Boolean:
      if (typeof value !== "boolean") return "true or false is needed";
      break;
    default:
      if (typeof value !== "string") return "a text is needed";
  }
  if (choices !== undefined && choices.length > 0 && !choices.some((choice) => choice.value === value)) {
    return "it is not one of the choices";
  }
  if (typeof value === "number" && ((min !== undefined && value < min) || (max !== undefined && value > max))) {
    return `it is not within ${min ?? "any"} to ${max ?? "any"}`;
  }
  if (typeof value === "string" && value.length < (shortest ?? 0)) return `it is shorter than ${shortest}`;
  if (typeof value === "string" && value.length > (longest ?? 6000)) return `it is longer than ${longest ?? 6000}`;
  return undefined;
};

const guessedOptions = (input: CommandInput): readonly SentOption[] =>
  Object.entries(input.options ?? {}).map(([name, value]) => ({ name, value, type: typeOfValue(value) }));

const typeOfValue = (value: OptionInput): number => {
  if (typeof value === "boolean") return OptionType.Boolean;
  if (typeof value === "string") return OptionType.String;
  return Number.isInteger(value) ? OptionType.Integer : OptionType.Number;
};

/** The option being typed in arrives as text, whatever its type. */
const focusedOption = (
  focused: { readonly name: string; readonly value: string },
  options: readonly OptionDefinition[] | undefined,
): JsonObject => {
  const option = options?.find((candidate) => candidate.name === focused.name);
  if (options !== undefined && option?.autocomplete !== true) {
    throw new RangeError(`The option "${focused.name}" does not suggest anything while typing.`);
  }
  return { name: focused.name, type: option?.type ?? OptionType.String, value: focused.value, focused: true };
};

const nestOptions = (input: CommandInput, leaf: readonly (SentOption | JsonObject)[]): readonly JsonObject[] => {
  const own = leaf.map((option) => ({ ...option }));
  if (input.subcommand === undefined) return own;
  const subcommand = { name: input.subcommand, type: OptionType.Subcommand, options: own };
  if (input.subcommandGroup === undefined) return [subcommand];
  return [{ name: input.subcommandGroup, type: OptionType.SubcommandGroup, options: [subcommand] }];
};
