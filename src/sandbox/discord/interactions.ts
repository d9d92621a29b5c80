import { InteractionContextType } from "discord-api-types/v10";
import type { InteractionFaults, InteractionInput, SandboxPerson } from "./api.ts";
import type { ApplicationCommands, StoredCommand } from "./application-commands.ts";
import { commandPayload } from "./command-payload.ts";
import { componentPayload } from "./component-payload.ts";
import type { DirectMessages } from "./direct-messages.ts";
import { type InteractionPlaceParts, interactionEnvelope } from "./interaction-envelope.ts";
import { type InteractionOrigin, InteractionRecord } from "./interaction-record.ts";
import type { MessageBook } from "./message-book.ts";
import { type JsonObject, messageFlags } from "./messages.ts";
import { modalPayload } from "./modal-payload.ts";
import type { SandboxClock } from "./sandbox-clock.ts";
import { type SnowflakeSource, snowflakeTime } from "./snowflake.ts";
import type { World } from "./world.ts";

export interface InteractionsParts {
  readonly clock: SandboxClock;
  readonly world: World;
  readonly snowflakes: SnowflakeSource;
  readonly directMessages: DirectMessages;
  readonly commands: ApplicationCommands;
  readonly book: MessageBook;
}

/** Every interaction of the sandbox: made here as Discord would make it, and found again by id or token. */
export class Interactions {
  readonly #parts: InteractionsParts;
  readonly #byId = new Map<string, InteractionRecord>();
  readonly #byToken = new Map<string, InteractionRecord>();

  constructor(parts: InteractionsParts) {
    this.#parts = parts;
  }

  get all(): readonly InteractionRecord[] {
    return [...this.#byId.values()];
  }

  byId(id: string): InteractionRecord | undefined {
    return this.#byId.get(id);
  }

  byToken(token: string): InteractionRecord | undefined {
    return this.#byToken.get(token);
  }

  /**
   * The interaction of a person who does what `input` says, and the event that tells the bot.
   * @throws RangeError for what a person could not do: use an unregistered command, a component that is not there, …
   */
  create(
    input: InteractionInput,
    faults: InteractionFaults,
  ): { readonly interaction: InteractionRecord; readonly event: JsonObject; readonly guildId: string | undefined } {
    const { world, clock, snowflakes, directMessages } = this.#parts;
    const person = directMessages.person(input.personId);
    if (person === undefined) throw new RangeError(`Nobody in the sandbox has the id ${input.personId}.`);
    const place = this.#placeOf(input);
    const { data, name, message } = this.#payload(input, place.guildId);
    const id = snowflakes.next();
    const origin: InteractionOrigin = {
      id,
      kind: input.kind,
      name,
      user: world.user(person),
      channelId: place.channelId,
      ...("messageId" in input && input.messageId !== undefined ? { sourceMessageId: input.messageId } : {}),
      createdAt: snowflakeTime(id),
      faults,
    };
    const interaction = new InteractionRecord(origin, clock);
    this.#byId.set(id, interaction);
    this.#byToken.set(interaction.token, interaction);
    return {
      interaction,
      event: interactionEnvelope({ interaction, person, place, data, message, world }),
      guildId: place.guildId,
    };
  }

  /** A component is used where its message is; everything else where the input says. */
  #placeOf(input: InteractionInput): InteractionPlaceParts {
    const { world, directMessages, book } = this.#parts;
    const inDm = { guildId: undefined, channelId: directMessages.channelIdOf(input.personId) };
    const inGuild = { guildId: world.guildId, channelId: world.channelId };
    if (!("messageId" in input) || input.messageId === undefined) return input.place === "dm" ? inDm : inGuild;
    const channelId = book.api(input.messageId)?.channel_id;
    const place = [inGuild, inDm].find((candidate) => candidate.channelId === channelId);
    if (place === undefined || !this.#isShownTo(input.personId, input.messageId)) {
      throw new RangeError(`There is no message ${input.messageId} that this person sees.`);
    }
    return place;
  }

  /** A private answer is seen by the person it answers only. */
  #isShownTo(personId: string, messageId: string): boolean {
    if ((this.#parts.book.flags(messageId) & messageFlags.ephemeral) === 0) return true;
    const answered = this.all.find((interaction) => interaction.messageIds.includes(messageId));
    return answered?.origin.user.id === personId;
  }

  #payload(
    input: InteractionInput,
    guildId: string | undefined,
  ): { readonly data: JsonObject; readonly name: string; readonly message: JsonObject | undefined } {
    const { world, snowflakes, directMessages, book } = this.#parts;
    const person = (id: string): SandboxPerson | undefined => directMessages.person(id);
    const message = "messageId" in input && input.messageId !== undefined ? book.api(input.messageId) : undefined;
    switch (input.kind) {
      case "command":
      case "autocomplete": {
        const command = this.#commandFor(input.name, guildId);
        const data = commandPayload(input, { world, person, command, fallbackId: snowflakes.next() });
        return { data, name: input.name, message: undefined };
      }
      case "button":
      case "select":
        return { data: componentPayload(input, message ?? {}, { world, person }), name: input.customId, message };
      case "modal":
        return { data: modalPayload(input, this.#modalShownTo(input)), name: input.customId, message };
    }
  }

  /** Nothing registered at all means a test of a library, where any command goes. */
  #commandFor(name: string, guildId: string | undefined): StoredCommand | undefined {
    const { commands, world } = this.#parts;
    const found = commands.find(name, guildId);
    if (found === undefined && commands.all().length + commands.all(world.guildId).length > 0) {
      throw new RangeError(`/${name} is not registered here.`);
    }
    const place = guildId === undefined ? InteractionContextType.BotDM : InteractionContextType.Guild;
    const contexts = found?.contexts;
    if (Array.isArray(contexts) && !contexts.includes(place)) {
      throw new RangeError(`/${name} is not offered ${guildId === undefined ? "in direct messages" : "in guilds"}.`);
    }
    return found;
  }

  /** The modal as the person sees it; undefined when no modal was ever shown to anybody, as for commands. */
  #modalShownTo({ customId, personId }: Extract<InteractionInput, { kind: "modal" }>): JsonObject | undefined {
    const shown = this.all.filter((interaction) => interaction.modal !== undefined);
    const seen = shown.findLast(
      (interaction) => interaction.origin.user.id === personId && interaction.modal?.custom_id === customId,
    );
    if (seen === undefined && shown.length > 0)
      throw new RangeError(`No modal "${customId}" was shown to this person.`);
    return seen?.modal;
  }
}
