import type { MessageComponentInteraction, ModalSubmitInteraction } from "discord.js";
import type { Answer, Modal } from "./answer.ts";
import type { Recoverable } from "./effect.ts";
import type { ComponentInput, ModalInput, Progress, Running } from "./request.ts";

/** A custom id is `name` or `name:argument`; it comes back from clients, so the argument cannot be trusted. */
interface Named {
  /** What stands before the first colon of the custom id. */
  readonly name: string;
}

/** What a button or a select is asked, whether its own process still runs or another answers for it. */
export type ComponentRequest = ComponentInput & Running;

/** What a submitted modal is asked, likewise. */
export type ModalSubmitRequest = ModalInput & Running;

/** A request together with discord.js's own object. */
export interface ComponentContext extends ComponentRequest {
  /** Absent when it is run for a process that died. */
  readonly interaction: MessageComponentInteraction | undefined;
}

/** A request together with discord.js's own object. */
export interface ModalSubmitContext extends ModalSubmitRequest {
  /** Absent when it is run for a process that died. */
  readonly interaction: ModalSubmitInteraction | undefined;
}

/** Answers with a message of its own. */
type Replying<Context, Input> = Recoverable<Input> & { readonly visibility: "public" | "private" } & (
    | { readonly acknowledge?: "atOnce"; execute(context: Context & Progress): Promise<Answer> }
    | Waiting<"within", Context>
  );

/** Answers by changing the message it is part of: acknowledged silently at once, or by the change itself when fast. */
type Updating<Context, Input> = Recoverable<Input> &
  (
    | { readonly acknowledge: "update"; execute(context: Context & Progress): Promise<Answer> }
    | Waiting<"updateWithin", Context>
  );

/** Runs before it is acknowledged, so it may only read; see `WithinCommand`. */
interface Waiting<Acknowledge extends string, Context> {
  readonly acknowledge: Acknowledge;
  readonly withinMs: number;
  readonly effect: "reads";
  execute(context: Context): Promise<Answer>;
}

/** Opens a modal; a modal cannot open another (`discord-facts.md` 1.2). */
interface Opening<Context> {
  readonly acknowledge: "modal";
  execute(context: Context): Promise<Modal>;
}

/** A button or a select. The same guarantees as for commands. */
export type Component = Named &
  (Replying<ComponentContext, ComponentInput> | Updating<ComponentContext, ComponentInput> | Opening<ComponentContext>);

/** What was entered in a modal. `update` only for one that a component opened. */
export type ModalSubmit = Named & (Replying<ModalSubmitContext, ModalInput> | Updating<ModalSubmitContext, ModalInput>);
