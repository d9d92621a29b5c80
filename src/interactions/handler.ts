import type { Interaction } from "discord.js";
import type { Answer, Choice, Modal } from "./answer.ts";
import type { AutocompleteRequest, Command } from "./command.ts";
import type { Component, ModalSubmit } from "./component.ts";
import type { Recoverable } from "./effect.ts";
import { readComponentInput, readInput, readModalInput } from "./interaction.ts";
import type { CommandInput, ComponentInput, ModalInput, Progress, Running } from "./request.ts";

/** How and where an interaction is acknowledged and answered. */
export interface Mode {
  /** `reply`: a message of its own. `update`: the message the component is part of. `modal`: a form. */
  readonly surface: "reply" | "update" | "modal";
  readonly visibility: "public" | "private";
  /** The acknowledgement waits this long for the answer, ms; 0 goes out at once. */
  readonly withinMs: number;
}

/** What answers interactions, whatever its kind: commands, components and modals after their differences. */
export interface Handler {
  readonly mode: Mode;
  /** @throws what the command throws */
  run(interaction: Interaction, running: Running & Progress): Promise<Answer | Modal>;
}

/** One that may answer with nothing but what the person gave. */
export interface InputHandler<Input> extends Handler {
  /** It changes nothing, so that running it again, or late, does no harm. */
  reads(input: Input): boolean;
  /** The same as `run` without discord.js's object. Absent when that is not possible. */
  runAlone?(request: Input & Running & Progress): Promise<Answer>;
  /** {@inheritDoc Recoverable.recover} */
  recover?(request: Input & Running): Promise<Answer>;
}

export interface CommandHandler extends InputHandler<CommandInput> {
  complete?(request: AutocompleteRequest): Promise<readonly Choice[]>;
}

/** A modal has to be ready so soon that the callback still arrives, ms after arrival. */
const modalWithinMs = 2000;

export function commandHandler(command: Command): CommandHandler {
  const complete = command.complete?.bind(command);
  return {
    mode: modeOf(command),
    ...(command.acknowledge === "modal"
      ? neverAlone
      : alone(command, (request) => command.execute({ ...request, ...absent }))),
    ...(complete === undefined ? {} : { complete }),
    run: (interaction, running) =>
      interaction.isChatInputCommand()
        ? command.execute({ ...readInput(interaction), ...running, interaction })
        : mismatch(),
  };
}

export function componentHandler(component: Component): InputHandler<ComponentInput> {
  return {
    mode: modeOf(component),
    ...(component.acknowledge === "modal"
      ? neverAlone
      : alone(component, (request) => component.execute({ ...request, ...absent }))),
    run: (interaction, running) =>
      interaction.isMessageComponent()
        ? component.execute({ ...readComponentInput(interaction), ...running, interaction })
        : mismatch(),
  };
}

export function modalHandler(modal: ModalSubmit): InputHandler<ModalInput> {
  return {
    mode: modeOf(modal),
    ...alone(modal, (request) => modal.execute({ ...request, ...absent })),
    run: (interaction, running) =>
      interaction.isModalSubmit()
        ? modal.execute({ ...readModalInput(interaction), ...running, interaction })
        : mismatch(),
  };
}

/** What the context lacks where there is nothing but what the person gave. */
const absent = { interaction: undefined };

/** A form can only be the first answer, which is what it is too late for. */
const neverAlone = { reads: () => true };

function alone<Input>(
  definition: Recoverable<Input>,
  runAlone: (request: Input & Running & Progress) => Promise<Answer>,
): Pick<InputHandler<Input>, "reads" | "runAlone" | "recover"> {
  const { effect = "writes" } = definition;
  const recover = definition.recover?.bind(definition);
  return {
    reads: (input) => (typeof effect === "function" ? effect(input) : effect) === "reads",
    runAlone,
    ...(recover === undefined ? {} : { recover }),
  };
}

const mismatch = (): never => {
  throw new Error("the interaction is not of the kind its handler is for");
};

function modeOf(definition: Command | Component | ModalSubmit): Mode {
  switch (definition.acknowledge) {
    case "modal":
      return { surface: "modal", visibility: "private", withinMs: modalWithinMs };
    case "update":
      return { surface: "update", visibility: "private", withinMs: 0 };
    case "updateWithin":
      return { surface: "update", visibility: "private", withinMs: definition.withinMs };
    case "within":
      return { surface: "reply", visibility: definition.visibility, withinMs: definition.withinMs };
    default:
      return { surface: "reply", visibility: definition.visibility, withinMs: 0 };
  }
}

/** What there is to answer, by kind and name. */
export interface Handlers {
  readonly commands: ReadonlyMap<string, CommandHandler>;
  readonly components: ReadonlyMap<string, InputHandler<ComponentInput>>;
  readonly modals: ReadonlyMap<string, InputHandler<ModalInput>>;
}

/** @throws Error when two of a kind have the same name: one of them would never be reached */
export function createHandlers(given: {
  readonly commands: readonly Command[];
  readonly components?: readonly Component[] | undefined;
  readonly modals?: readonly ModalSubmit[] | undefined;
}): Handlers {
  return {
    commands: byName(given.commands.map((command) => [command.definition.name, commandHandler(command)])),
    components: byName((given.components ?? []).map((component) => [component.name, componentHandler(component)])),
    modals: byName((given.modals ?? []).map((modal) => [modal.name, modalHandler(modal)])),
  };
}

function byName<T>(entries: readonly (readonly [string, T])[]): ReadonlyMap<string, T> {
  const map = new Map(entries);
  if (map.size === entries.length) return map;
  const twice = entries.find(([name], index) => entries.findIndex(([other]) => other === name) !== index);
  throw new Error(`"${twice?.[0]}" is the name of two handlers of the same kind: rename one of them`);
}
