import type { Aged } from "./age-check.ts";
import type { Layer } from "./options.ts";
import type { Ownership } from "./ownership.ts";
import { recordOf } from "./record.ts";
import { lookAt, placeOf, recover } from "./recovery.ts";

/** What became of an interaction that this process could not acknowledge. */
export type Left =
  /** A process before this one left it behind, and it was answered here. */
  | "answered"
  /** Somebody acknowledged it, and it is theirs: answered, being answered, or for whoever answers for the dead. */
  | "theirs"
  /** Nobody acknowledged it, as far as can be known; or nobody can have but a process that runs beside this one. */
  | "nobodys";

/**
 * Answers what a process before this one acknowledged and could not record, because it died in that very moment: its event
 * comes again, the person sees "thinking…", and nobody but Discord knows that they wait. It is answered as everything else
 * of the dead, since it may have been run: the record is made of the event.
 */
export async function answerLeftBehind(layer: Layer, arrival: Aged): Promise<Left> {
  const { predecessors } = layer;
  const record = predecessors.mayHaveHad(arrival) ? recordOf(layer, arrival) : undefined;
  if (record === undefined) return "nobodys";
  const look = await lookAt(layer, record);
  if (placeOf(look, record) === "nowhere") return look.kind === "notThere" ? "nobodys" : "theirs";
  // Nothing may be awaited in between: what is answered here in their place is known here before it is struck off, and so
  // the adoption, sent before that, still finds what they recorded.
  if (predecessors.answersFor(record.target.id)) return "theirs";
  if ((await predecessors.adopt(record)) !== "ours") return "theirs";
  await recover(layer, record);
  return "answered";
}

/** The end of an interaction that is not ours to acknowledge, and may be ours to answer all the same. */
export async function giveUp(layer: Layer, arrival: Aged, ownership: Exclude<Ownership, "owned">): Promise<void> {
  layer.finish(arrival, ownership);
  if ((await answerLeftBehind(layer, arrival)) !== "answered") layer.store?.release(arrival.target.id);
}
