import type { ChatInputCommandInteraction } from "discord.js";
import type { RESTPostAPIChatInputApplicationCommandsJSONBody } from "discord-api-types/v10";
import type { Answer, Choice, Modal } from "./answer.ts";
import type { Recoverable } from "./effect.ts";
import type { CommandInput, Progress, Running } from "./request.ts";

/** What a command is asked, whether its own process still runs or another answers for it. */
export type CommandRequest = CommandInput & Running;

/** A request together with discord.js's own object. */
export interface CommandContext extends CommandRequest {
  /** Absent when the command is run for a process that died, or so late that the answer goes by direct message. */
  readonly interaction: ChatInputCommandInteraction | undefined;
}

/** What is typed so far, and where. `signal` is aborted when suggestions would come too late. */
export interface AutocompleteRequest extends CommandInput {
  readonly focused: { readonly name: string; readonly value: string };
  readonly signal: AbortSignal;
}

interface Common {
  /** As Discord registers it; its name is what interactions are routed by. */
  readonly definition: RESTPostAPIChatInputApplicationCommandsJSONBody;
  /** Suggestions while an option is typed; never deferred, and dropped quietly when late. */
  complete?(request: AutocompleteRequest): Promise<readonly Choice[]>;
}

interface Shown {
  /** Decided at the acknowledgement and never after it (`discord-facts.md` 1.3). */
  readonly visibility: "public" | "private";
}

/** Deferred in its first step, before anything of it runs: the right choice for everything that may take time. */
export interface AtOnceCommand extends Common, Recoverable<CommandInput>, Shown {
  readonly acknowledge?: "atOnce";
  execute(context: CommandContext & Progress): Promise<Answer>;
}

/**
 * A fast answer goes out as the one reply, without "thinking…"; a slow one is deferred `withinMs` after it arrived, or
 * sooner when the deadline asks for it. It runs before it is acknowledged, so it may only read. With a store, the right to
 * run it is claimed first; a store that does not answer shortens the time for a fast answer, and never delays the
 * acknowledgement.
 */
export interface WithinCommand extends Common, Recoverable<CommandInput>, Shown {
  readonly acknowledge: "within";
  /** From the arrival of the interaction, ms. */
  readonly withinMs: number;
  readonly effect: "reads";
  execute(context: CommandContext): Promise<Answer>;
}

/** Opens a modal, which must be the first answer and cannot follow a defer (`discord-facts.md` 1.2). */
export interface ModalCommand extends Common {
  readonly acknowledge: "modal";
  /** Has to be ready within the three seconds. */
  execute(context: CommandContext): Promise<Modal>;
}

/**
 * A slash command. How it is acknowledged is part of its type: what a mode forbids, its `execute` cannot return and its
 * context does not offer. What it throws becomes a sentence: a {@link Refusal} for what the person can mend, anything
 * else through the layer's `explain`.
 */
export type Command = AtOnceCommand | WithinCommand | ModalCommand;
