import type { Aged } from "./age-check.ts";
import { Refusal } from "./answer.ts";
import type { Handler } from "./handler.ts";
import type { Arrival } from "./interaction.ts";
import type { Middleware } from "./middleware.ts";
import { unknownMode } from "./modes.ts";
import type { Layer } from "./options.ts";

export interface Routed extends Aged {
  readonly handler: Handler;
}

/** Finds what answers the interaction. What nobody knows is answered too: with a private sentence. */
export function route(layer: Layer): Middleware<Aged, Routed> {
  return (arrival, next) => next({ ...arrival, handler: handlerOf(layer, arrival) });
}

export function handlerOf({ handlers, texts }: Layer, { kind, name }: Arrival): Handler {
  const known = { command: handlers.commands, component: handlers.components, modal: handlers.modals } as const;
  return (kind === "autocomplete" ? undefined : known[kind].get(name)) ?? unknownHandler(texts.unknownCommand);
}

const unknownHandler = (sentence: string): Handler => ({
  mode: unknownMode,
  run: () => Promise.reject(new Refusal(sentence)),
});
