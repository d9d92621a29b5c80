import type {
  AutocompleteInteraction,
  ChatInputCommandInteraction,
  CommandInteractionOption,
  Interaction,
} from "discord.js";
import { type APIInteractionResponse, ApplicationCommandOptionType, InteractionType } from "discord-api-types/v10";
import type { CommandInput, OptionValue } from "./command.ts";
import type { InteractionKind } from "./events.ts";
import type { InteractionTarget } from "./lane.ts";

/** What the layer reads of an interaction, whatever its kind. */
export interface Arrival {
  readonly interaction: Interaction;
  readonly target: InteractionTarget;
  readonly kind: InteractionKind;
  /** The command's name; of components and modals, whose ids come back from clients, only the kind. */
  readonly command: string;
  /** Monotonic clock, ms. */
  readonly arrivedAtMs: number;
}

export function readArrival(interaction: Interaction, arrivedAtMs: number): Arrival {
  const kind = kindOf(interaction);
  return {
    interaction,
    target: { id: interaction.id, applicationId: interaction.applicationId, token: interaction.token },
    kind,
    command: interaction.isCommand() || interaction.isAutocomplete() ? interaction.commandName : kind,
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
    person: {
      id: interaction.user.id,
      username: interaction.user.username,
      displayName: interaction.user.displayName,
      locale: interaction.locale,
    },
  };
}

/**
 * Makes discord.js's own object agree with what Discord holds, so that its `editReply` and `followUp` work after an
 * acknowledgement it did not send itself (`discord-facts.md` 2.1).
 */
export function markAcknowledged(interaction: Interaction, body: APIInteractionResponse, ephemeral: boolean): void {
  if (interaction.isAutocomplete()) {
    interaction.responded = true;
    return;
  }
  const deferred = body.type === 5 || body.type === 6;
  if (deferred) interaction.deferred = true;
  else interaction.replied = true;
  interaction.ephemeral = ephemeral;
}
