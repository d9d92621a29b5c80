import { delay, systemClock } from "../../clock.ts";
import type { InteractionReport } from "../discord/api.ts";
import type { Stage } from "./stage.ts";

/** Where the time of one interaction went, on the sandbox's clock, ms; infinite for what never came. */
export interface Timings {
  /** From the event on the bot's socket to the arrival of the callback request. */
  readonly requestMs: number;
  /** From the event on the bot's socket to the acknowledgement's effect. */
  readonly acknowledgeMs: number;
  /** From the acknowledgement to the answer that the edit brings. */
  readonly editMs: number;
  /** From the event on the bot's socket to the answer. */
  readonly answerMs: number;
}

/** Longer than any of the bots takes for an answer that comes at all, ms. */
const patienceMs = 30_000;

/** One person after the other asks, `everyMs` apart; resolves when all have seen what they will see. */
export async function measure(stage: Stage, count: number, everyMs: number): Promise<readonly Timings[]> {
  const before = stage.asked.length;
  await stage.ask(count, everyMs);
  const asked = stage.asked.slice(before);
  const enough = new AbortController();
  const settled = Promise.all(asked.map((interaction) => interaction.settled()));
  await Promise.race([settled, delay(systemClock, patienceMs, enough.signal)]);
  enough.abort();
  return asked.map((interaction) => timingsOf(interaction.report()));
}

export function timingsOf({ deliveries, attempts, acknowledgedAtMs, answeredAtMs }: InteractionReport): Timings {
  const since = (startMs = Number.NaN, endMs = Number.POSITIVE_INFINITY) => endMs - startMs;
  const deliveredAtMs = deliveries[0]?.atMs;
  return {
    requestMs: since(deliveredAtMs, attempts.find(({ request }) => request === "callback")?.atMs),
    acknowledgeMs: since(deliveredAtMs, acknowledgedAtMs),
    editMs: answeredAtMs === undefined ? Number.POSITIVE_INFINITY : since(acknowledgedAtMs, answeredAtMs),
    answerMs: since(deliveredAtMs, answeredAtMs),
  };
}
