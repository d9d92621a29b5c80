import type { Acknowledged } from "./acknowledge.ts";
import type { Cause } from "./acknowledgement.ts";
import { type Arrival, isMarkedAcknowledged } from "./interaction.ts";
import type { Layer } from "./options.ts";

/**
 * The cause of what Discord did not simply accept, with what is known beyond the journal: what else this process did, and
 * what processes before it did.
 */
export async function causeBeyondJournal(
  { store }: Layer,
  { interaction, target }: Arrival,
  { ownership, cause }: Pick<Acknowledged, "ownership" | "cause">,
): Promise<Cause> {
  // The layer sends its callbacks itself, so discord.js says so only of somebody else's.
  if (isMarkedAcknowledged(interaction)) return "bugOfOurs";
  if (ownership !== "foreign") return cause;
  return (await store?.handledBefore?.(target.id)) === true ? "repeatedEvent" : cause;
}
