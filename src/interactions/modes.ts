import type { InteractionKind } from "./events.ts";
import type { Handlers, Mode } from "./handler.ts";

/** How each interaction is acknowledged, as it can be told to another thread. */
export interface Modes {
  readonly command: ReadonlyMap<string, Mode>;
  readonly component: ReadonlyMap<string, Mode>;
  readonly modal: ReadonlyMap<string, Mode>;
}

/** Of what nobody here knows, which is answered with a private sentence. */
export const unknownMode: Mode = { surface: "reply", visibility: "private", withinMs: 0 };

export const modesOf = ({ commands, components, modals }: Handlers): Modes => ({
  command: modesByName(commands),
  component: modesByName(components),
  modal: modesByName(modals),
});

const modesByName = (handlers: ReadonlyMap<string, { readonly mode: Mode }>): ReadonlyMap<string, Mode> =>
  new Map([...handlers].map(([name, { mode }]) => [name, mode]));

/** The mode to defer it with; undefined for choices and forms, which nothing can be sent before. */
export function deferrableMode(modes: Modes, kind: InteractionKind, name: string): Mode | undefined {
  if (kind === "autocomplete") return undefined;
  const mode = modes[kind].get(name) ?? unknownMode;
  return mode.surface === "modal" ? undefined : mode;
}
