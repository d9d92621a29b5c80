import type {
  AutocompleteInteraction,
  ChatInputCommandInteraction,
  CommandInteractionOption,
  Interaction,
  MessageComponentInteraction,
  ModalSubmitInteraction,
} from "discord.js";
import { type APIInteractionResponse, ApplicationCommandOptionType, InteractionType } from "discord-api-types/v10";
import type { InteractionKind } from "./events.ts";
import type { InteractionTarget } from "./lane.ts";
import type { CommandInput, ComponentInput, Given, ModalInput, OptionValue, Person } from "./request.ts";

/** What the layer reads of an interaction, whatever its kind. */
export interface Arrival {
  readonly interaction: Interaction;
  readonly target: InteractionTarget;
  readonly kind: InteractionKind;
  /** Name of the command, or what stands before the colon of a custom id: untrusted, and no label of a metric. */
  readonly name: string;
  /** Monotonic clock, ms. */
  readonly arrivedAtMs: number;
}

export function readArrival(interaction: Interaction, arrivedAtMs: number): Arrival {
  return {
    interaction,
    target: { id: interaction.id, applicationId: interaction.applicationId, token: interaction.token },
    kind: kindOf(interaction),
    name:
      interaction.isCommand() || interaction.isAutocomplete()
        ? interaction.commandName
        : splitCustomId(interaction.customId).name,
    arrivedAtMs,
  };
}

function kindOf(interaction: Interaction): InteractionKind {
  switch (interaction.type) {
    case InteractionType.ApplicationCommand:
      return "command";
    case InteractionType.ApplicationCommandAutocomplete:
      return "autocomplete";
    case InteractionType.MessageComponent:
      return "component";
    case InteractionType.ModalSubmit:
      return "modal";
  }
}

export function splitCustomId(customId: string): { readonly name: string; readonly argument: string } {
  const colon = customId.indexOf(":");
  return colon < 0
    ? { name: customId, argument: "" }
    : { name: customId.slice(0, colon), argument: customId.slice(colon + 1) };
}

export function readPerson({ user, locale }: Pick<Interaction, "user" | "locale">): Person {
  return { id: user.id, username: user.username, displayName: user.displayName, locale };
}

/** Undefined for an autocomplete: nobody waits for its choices longer than its own process can. */
export function readGiven(interaction: Interaction): Given | undefined {
  if (interaction.isChatInputCommand()) return { kind: "command", input: readInput(interaction) };
  if (interaction.isMessageComponent()) return { kind: "component", input: readComponentInput(interaction) };
  if (interaction.isModalSubmit()) return { kind: "modal", input: readModalInput(interaction) };
  // From the menu of a message or a person, which has no options.
  if (interaction.isCommand()) return { kind: "command", input: { options: {}, person: readPerson(interaction) } };
  return undefined;
}

export function readInput(interaction: ChatInputCommandInteraction | AutocompleteInteraction): CommandInput {
  const options: Record<string, OptionValue> = Object.create(null);
  const subcommands: string[] = [];
  const read = (list: readonly CommandInteractionOption[]): void => {
    for (const option of list) {
      if (
        option.type === ApplicationCommandOptionType.Subcommand ||
        option.type === ApplicationCommandOptionType.SubcommandGroup
      ) {
        subcommands.push(option.name);
        read(option.options ?? []);
      } else if (option.value !== undefined && option.value !== null) {
        options[option.name] = option.value;
      }
    }
  };
  read(interaction.options.data);
  return {
    ...(subcommands.length > 0 ? { subcommand: subcommands.join(" ") } : {}),
    options,
    person: readPerson(interaction),
  };
}

export const readComponentInput = (interaction: MessageComponentInteraction): ComponentInput => ({
  person: readPerson(interaction),
  argument: splitCustomId(interaction.customId).argument,
  values: interaction.isAnySelectMenu() ? interaction.values : [],
});

export function readModalInput(interaction: ModalSubmitInteraction): ModalInput {
  const fields: Record<string, string> = Object.create(null);
  for (const [id, field] of interaction.fields.fields) {
    if ("value" in field) fields[id] = String(field.value);
  }
  return { person: readPerson(interaction), argument: splitCustomId(interaction.customId).argument, fields };
}

/**
 * Makes discord.js's own object agree with what Discord holds, so that its `editReply` and `followUp` work after an
 * acknowledgement it did not send itself (`discord-facts.md` 2.1).
 */
export function markAcknowledged(interaction: Interaction, body: APIInteractionResponse): void {
  if (interaction.isAutocomplete()) {
    interaction.responded = true;
    return;
  }
  const flags = "data" in body && body.data !== undefined && "flags" in body.data ? (body.data.flags ?? 0) : 0;
  if (body.type === 5 || body.type === 6) interaction.deferred = true;
  else interaction.replied = true;
  if (body.type === 4 || body.type === 5) interaction.ephemeral = (flags & 64) !== 0;
}

/** Whether discord.js believes that the interaction was acknowledged, by us or by whoever used its methods. */
export const isMarkedAcknowledged = (interaction: Interaction): boolean =>
  interaction.isAutocomplete() ? interaction.responded : interaction.deferred || interaction.replied;
