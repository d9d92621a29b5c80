import { answerWithinMs } from "../interactions/deadlines.ts";
import { snowflakeTimeMs } from "../interactions/discord-clock.ts";

/** An interaction's token dies this long after its snowflake, and with it all that is kept. */
export const tokenLifeMs = answerWithinMs;

/**
 * What is kept is written within seconds of the snowflake. Where our clock says that hardly any life is left, it is our
 * clock that is wrong, and a claim must still outlast the race that it decides.
 */
const shortestLifeMs = 60_000;

/** How long something about this interaction is kept from now on, whole ms. */
export const lifeLeftMs = (interactionId: string, nowMs: number): number =>
  Math.round(Math.min(tokenLifeMs, Math.max(shortestLifeMs, tokenEndMs(interactionId) - nowMs)));

/** When the interaction's token dies, ms since the Unix epoch on Discord's clock. */
export const tokenEndMs = (interactionId: string): number => snowflakeTimeMs(interactionId) + tokenLifeMs;
