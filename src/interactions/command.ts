import type { ChatInputCommandInteraction } from "discord.js";
import type {
  APIEmbed,
  APIMessageTopLevelComponent,
  RESTPostAPIChatInputApplicationCommandsJSONBody,
} from "discord-api-types/v10";

/** What the person finally sees. Texts never ping anybody: the responder sends it with mentions suppressed. */
export interface Answer {
  /** At most 2000 characters (`discord-facts.md` 5). */
  readonly content?: string;
  readonly embeds?: readonly APIEmbed[];
  readonly components?: readonly APIMessageTopLevelComponent[];
}

/** Who used the command, as Discord says it; display names are untrusted text. */
export interface Person {
  /** Snowflake. */
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  /** The locale of the person's client, for example `zh-TW`. */
  readonly locale: string;
}

export type OptionValue = string | number | boolean;

/** What was typed: checked by Discord's client only, so nothing here can be trusted (`discord-facts.md` 5). */
export interface CommandInput {
  /** The subcommand's name; absent when the command has none. */
  readonly subcommand?: string | undefined;
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly person: Person;
}

export interface CommandRequest extends CommandInput {
  /** Aborted when no answer can reach the person any more, or when the process is stopping and has run out of time. */
  readonly signal: AbortSignal;
  /** A short reference shown with failures and written in the log. */
  readonly reference: string;
  readonly timing: {
    /** Age of the interaction when it reached the process, ms, on Discord's clock as far as it is known. */
    readonly ageAtArrivalMs: number;
    /** From arrival until the acknowledgement was known to be ours, ms. */
    readonly timeToAckMs: number;
  };
}

/** A request together with discord.js's own object, which is acknowledged already. */
export interface CommandContext extends CommandRequest {
  readonly interaction: ChatInputCommandInteraction;
}

export interface AutocompleteRequest extends CommandInput {
  readonly focused: { readonly name: string; readonly value: string };
  readonly signal: AbortSignal;
}

/** One suggestion: name and value of at most 100 characters each; at most 25 are shown. */
export interface Choice {
  readonly name: string;
  readonly value: string;
}

/**
 * A slash command. The layer acknowledges before `execute` runs, sends what it returns as the one answer, and turns what
 * it throws into a sentence: {@link Refusal} for what the person can mend, anything else through the layer's `explain`.
 */
export interface Command {
  readonly definition: RESTPostAPIChatInputApplicationCommandsJSONBody;
  /** Decided at the acknowledgement and never after it (`discord-facts.md` 1.3). */
  readonly visibility: "public" | "private";
  execute(context: CommandContext): Promise<Answer>;
  complete?(request: AutocompleteRequest): Promise<readonly Choice[]>;
}

/** The person's input or situation does not allow the command; the message is the private sentence they get. */
export class Refusal extends Error {
  readonly code = "REFUSED";
  override readonly name = "Refusal";
}
