import type { Interaction } from "discord.js";
import type { Answer, Choice, Modal } from "./answer.ts";
import type { AutocompleteRequest, Command, CommandRequest } from "./command.ts";
import type { Component, ModalSubmit } from "./component.ts";
import { readComponentInput, readInput, readModalInput } from "./interaction.ts";
import type { CommandInput, Progress, Running } from "./request.ts";

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
  /** It changes nothing, so that running it again, or late, does no harm. */
  reads(input: CommandInput): boolean;
  /** @throws what the command throws */
  run(interaction: Interaction, running: Running & Progress): Promise<Answer | Modal>;
  /** The same with nothing but the input. Absent when that is not possible. */
  runAlone?(request: CommandRequest): Promise<Answer>;
  recover?(request: CommandRequest): Promise<Answer>;
  complete?(request: AutocompleteRequest): Promise<readonly Choice[]>;
}

/** A modal has to be ready so soon that the callback still arrives, ms after arrival. */
const modalWithinMs = 2000;

const mismatch = (): never => {
  throw new Error("the interaction is not of the kind its handler is for");
};

export function commandHandler(command: Command): Handler {
  const complete = command.complete?.bind(command);
  const suggestions = complete === undefined ? {} : { complete };
  if (command.acknowledge === "modal") {
    return {
      mode: { surface: "modal", visibility: "private", withinMs: modalWithinMs },
      reads: () => true,
      ...suggestions,
      run: (interaction, running) =>
        interaction.isChatInputCommand()
          ? command.execute({ ...readInput(interaction), ...running, interaction })
          : mismatch(),
    };
  }
  const recover = command.recover?.bind(command);
  const { effect = "writes" } = command;
  const show = async (): Promise<void> => {};
  return {
    mode: {
      surface: "reply",
      visibility: command.visibility,
      withinMs: command.acknowledge === "within" ? command.withinMs : 0,
    },
    reads: (input) => (typeof effect === "function" ? effect(input) : effect) === "reads",
    ...suggestions,
    ...(recover === undefined ? {} : { recover }),
    runAlone: (request) => command.execute({ ...request, interaction: undefined, show }),
    run: (interaction, running) =>
      interaction.isChatInputCommand()
        ? command.execute({ ...readInput(interaction), ...running, interaction })
        : mismatch(),
  };
}

export function componentHandler(component: Component): Handler {
  return {
    mode: modeOf(component),
    reads: () => false,
    run: (interaction, running) =>
      interaction.isMessageComponent()
        ? component.execute({ ...readComponentInput(interaction), ...running, interaction })
        : mismatch(),
  };
}

export function modalHandler(modal: ModalSubmit): Handler {
  return {
    mode: modeOf(modal),
    reads: () => false,
    run: (interaction, running) =>
      interaction.isModalSubmit()
        ? modal.execute({ ...readModalInput(interaction), ...running, interaction })
        : mismatch(),
  };
}

function modeOf(handler: Component | ModalSubmit): Mode {
  switch (handler.acknowledge) {
    case "modal":
      return { surface: "modal", visibility: "private", withinMs: modalWithinMs };
    case "update":
      return { surface: "update", visibility: "private", withinMs: 0 };
    case "updateWithin":
      return { surface: "update", visibility: "private", withinMs: handler.withinMs };
    case "within":
      return { surface: "reply", visibility: handler.visibility, withinMs: handler.withinMs };
    default:
      return { surface: "reply", visibility: handler.visibility, withinMs: 0 };
  }
}

/** What there is to answer, by kind and name. */
export interface Handlers {
  readonly commands: ReadonlyMap<string, Handler>;
  readonly components: ReadonlyMap<string, Handler>;
  readonly modals: ReadonlyMap<string, Handler>;
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

function byName(entries: readonly (readonly [string, Handler])[]): ReadonlyMap<string, Handler> {
  const map = new Map(entries);
  if (map.size === entries.length) return map;
  const twice = entries.find(([name], index) => entries.findIndex(([other]) => other === name) !== index);
  throw new Error(`"${twice?.[0]}" is the name of two handlers of the same kind: rename one of them`);
}
