import type { Answer } from "./answer.ts";

/** Who used the bot, as Discord says it; names are untrusted text. */
export interface Person {
  /** Snowflake. */
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  /** The locale of the person's client, for example `zh-TW`. */
  readonly locale: string;
}

/** The value of a slash command's option; of users, channels and roles the snowflake. */
export type OptionValue = string | number | boolean;

/** What was typed: checked by Discord's client only, so nothing here can be trusted (`discord-facts.md` 5). */
export interface CommandInput {
  /** The subcommand's name; absent when the command has none. */
  readonly subcommand?: string | undefined;
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly person: Person;
}

/** How a button was pressed, or what was chosen in a select; it comes from clients, so nothing here can be trusted. */
export interface ComponentInput {
  readonly person: Person;
  /** What stands after the first colon of the custom id; empty when there is none. */
  readonly argument: string;
  /** What was chosen in a select; empty for a button. */
  readonly values: readonly string[];
}

/** What was entered in a modal; it comes from clients, so nothing here can be trusted. */
export interface ModalInput {
  readonly person: Person;
  /** What stands after the first colon of the custom id; empty when there is none. */
  readonly argument: string;
  /** What was entered, by the custom ids of the fields. */
  readonly fields: Readonly<Record<string, string>>;
}

/** What a person gave, whatever the kind: everything needed to run what answers it without discord.js's object. */
export type Given =
  | { readonly kind: "command"; readonly input: CommandInput }
  | { readonly kind: "component"; readonly input: ComponentInput }
  | { readonly kind: "modal"; readonly input: ModalInput };

/** What everything that answers an interaction is given besides its input. */
export interface Running {
  /** Aborted when no answer can reach the person any more, or when the process is stopping and has run out of time. */
  readonly signal: AbortSignal;
  /** Until no answer can reach the person in Discord any more, ms; negative after that. */
  readonly remainingMs: () => number;
  /** When the person used the bot, on Discord's clock. */
  readonly usedAt: Date;
  /** A short reference shown with failures and written in the log. */
  readonly reference: string;
  readonly timing: {
    /** Age of the interaction when it reached the process, ms, on Discord's clock as far as it is known. */
    readonly ageAtArrivalMs: number;
    /** From arrival until the acknowledgement was known to be ours, ms; absent when there was none before the run. */
    readonly timeToAckMs: number | undefined;
  };
}

/** Only where "thinking…" stands already. */
export interface Progress {
  /** Shows this until the answer replaces it, for instance how far a long command is. Never rejects. */
  show(answer: Answer): Promise<void>;
}
