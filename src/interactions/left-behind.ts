import type { Aged } from "./age-check.ts";
import type { Layer } from "./options.ts";
import { handlerOf } from "./route.ts";
import type { GuardedAcknowledgement } from "./stall-guard.ts";

const lookTimeoutMs = 1500;

/**
 * Whether the guard of a process that died acknowledged this interaction, whose main thread never got to it: its event
 * comes again, the person sees "thinking…", and no record of it was left to answer by. Only from before this layer began;
 * where there is a record, whoever answers for the dead has it.
 */
export async function isLeftBehind(layer: Layer, arrival: Aged): Promise<boolean> {
  const { guard, store, lane, predecessors } = layer;
  const { target, kind } = arrival;
  const { id } = target;
  if (guard === undefined || store === undefined || kind === "autocomplete") return false;
  if (!predecessors.mayHaveHad(arrival)) return false;
  const { surface } = handlerOf(layer, arrival).mode;
  if (surface === "modal") return false;
  // In this order: what a search had found before the question has been handed over by the time that search has ended.
  if ((await predecessors.had(id)) !== false || (await predecessors.found(id))) return false;
  const look = await lane.probe(target, { timeoutMs: lookTimeoutMs });
  // The message a component stands in can be seen once it was acknowledged, and never loads.
  if (look.kind !== "there" || (surface === "reply" && !look.loading)) return false;
  return (await store.claim(id, "journal")) === "ours";
}

/** What is known of an acknowledgement whose own process is gone: that it stands. */
export const leftBehind = (ageMs: number): GuardedAcknowledgement => ({
  ...{ ownership: "owned", cause: "stallGuard", payload: "intended", evidence: "journal", mayHaveLanded: true },
  ...{ attempts: 0, hedges: 0, durationMs: 0, ageMs, troubles: [] },
});
