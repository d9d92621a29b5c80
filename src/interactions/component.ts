import type { MessageComponentInteraction, ModalSubmitInteraction } from "discord.js";
import type { Answer, Modal } from "./answer.ts";
import type { Person, Progress, Running } from "./request.ts";

/** A custom id is `name` or `name:argument`; it comes back from clients, so the argument cannot be trusted. */
interface Named {
  /** What stands before the first colon of the custom id. */
  readonly name: string;
}

/** What a button or a select is given. */
export interface ComponentContext extends Running {
  readonly person: Person;
  /** What stands after the first colon of the custom id; empty when there is none. */
  readonly argument: string;
  /** What was chosen in a select; empty for a button. */
  readonly values: readonly string[];
  readonly interaction: MessageComponentInteraction;
}

/** What a submitted modal is given. */
export interface ModalSubmitContext extends Running {
  readonly person: Person;
  /** What stands after the first colon of the custom id; empty when there is none. */
  readonly argument: string;
  /** What was entered, by the custom ids of the fields. */
  readonly fields: Readonly<Record<string, string>>;
  readonly interaction: ModalSubmitInteraction;
}

/** Answers with a message of its own. */
type Replying<Context> =
  | {
      readonly acknowledge?: "atOnce";
      readonly visibility: "public" | "private";
      execute(context: Context & Progress): Promise<Answer>;
    }
  | {
      readonly acknowledge: "within";
      readonly withinMs: number;
      readonly visibility: "public" | "private";
      execute(context: Context): Promise<Answer>;
    };

/** Answers by changing the message it is part of: acknowledged silently at once, or by the change itself when fast. */
type Updating<Context> =
  | { readonly acknowledge: "update"; execute(context: Context & Progress): Promise<Answer> }
  | { readonly acknowledge: "updateWithin"; readonly withinMs: number; execute(context: Context): Promise<Answer> };

/** Opens a modal; a modal cannot open another (`discord-facts.md` 1.2). */
interface Opening<Context> {
  readonly acknowledge: "modal";
  execute(context: Context): Promise<Modal>;
}

/** A button or a select. The same guarantees as for commands. */
export type Component = Named & (Replying<ComponentContext> | Updating<ComponentContext> | Opening<ComponentContext>);

/** What was entered in a modal. `update` only for one that a component opened. */
export type ModalSubmit = Named & (Replying<ModalSubmitContext> | Updating<ModalSubmitContext>);
