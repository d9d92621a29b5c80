import { ApplicationIntegrationType, InteractionContextType } from "discord-api-types/v10";
import type { Account, Asker } from "../backend/backend.ts";
import type {
  Answer,
  AtOnceCommand,
  AutocompleteRequest,
  CommandRequest,
  Person,
  Progress,
  WithinCommand,
} from "../interactions/index.ts";

/** A command that needs only what was typed and by whom, and nothing of discord.js. */
export type PlainCommand =
  | (Omit<AtOnceCommand, "execute"> & { execute(request: CommandRequest & Progress): Promise<Answer> })
  | (Omit<WithinCommand, "execute"> & { execute(request: CommandRequest): Promise<Answer> });

/**
 * Where the commands may be used: in servers and in the direct messages with the bot, so that who gets a signal there can
 * act on it there. Not in other private channels, and not installed by a person alone: signals reach only people who
 * share a server with the bot (`discord-facts.md` 4.1). Both members are for global commands only (5); registration for
 * one guild leaves them out.
 */
export const whereUsable = {
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
  integration_types: [ApplicationIntegrationType.GuildInstall],
};

/** The backend shows names nowhere but to its operator: the account's true name, not the one shown in a server. */
export const accountOf = (person: Person): Account => ({ discordId: person.id, discordUsername: person.username });

/** For somebody who waits for a command, unless another priority is given. */
export const askerOf = (
  { person, signal }: { readonly person: Person; readonly signal: AbortSignal },
  priority: Asker["priority"] = "person",
): Asker => ({ signal, priority, personId: person.id });

/** For suggestions: whoever types can do without. */
export const suggestionAsker = (request: AutocompleteRequest): Asker => askerOf(request, "button");
