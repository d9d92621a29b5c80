import type { Aged } from "./age-check.ts";
import { readGiven } from "./interaction.ts";
import type { Layer } from "./options.ts";
import { handlerOf } from "./route.ts";
import type { InteractionRecord } from "./store.ts";

/** What another process needs to answer in our place. Undefined of what needs no answer: a modal is one by being shown. */
export function recordOf(layer: Layer, arrival: Aged): InteractionRecord | undefined {
  const { interaction, target, name } = arrival;
  const { surface, visibility } = handlerOf(layer, arrival).mode;
  const given = readGiven(interaction);
  if (surface === "modal" || given === undefined) return undefined;
  return { ...given, target, command: name, surface, visibility };
}

/** Keeps it for whoever comes after us, should we die now. */
export function record(layer: Layer, arrival: Aged): void {
  if (layer.store === undefined) return;
  const record = recordOf(layer, arrival);
  if (record !== undefined) layer.store.record(record);
}
