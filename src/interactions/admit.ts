import type { Aged } from "./age-check.ts";
import { OverAllowance } from "./allowance.ts";
import { snowflakeTimeMs } from "./discord-clock.ts";
import { readPerson } from "./interaction.ts";
import type { Layer } from "./options.ts";

/**
 * Counts the use against the person's allowance. Asked once in the life of an interaction, by the process it reached:
 * whoever answers for a process that died does not ask again.
 *
 * @throws OverAllowance when it is used up
 */
export async function admit(layer: Layer, arrival: Aged): Promise<void> {
  const { allowance, clock, tell, texts } = layer;
  const { target, kind, name, createdAtMs } = arrival;
  const { id: personId } = readPerson(arrival.interaction);
  const excess = await allowance?.take(personId, { kind, name });
  if (excess === undefined) return;
  tell(arrival, { kind: "allowanceRefused", personId, ...excess });
  // On Discord's clock, which the person's client shows it by; rounded up, so that nobody comes back too early.
  const goOnAtMs = snowflakeTimeMs(target.id) + clock.monotonic() - createdAtMs + excess.waitMs;
  throw new OverAllowance(texts.overAllowance(excess, `<t:${Math.ceil(goOnAtMs / 1000)}:R>`));
}
