import type { InteractionReport } from "../discord/api.ts";
import type { Stage } from "./stage.ts";

/** Where the time of one answered interaction went, on the sandbox's clock, ms. */
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

/** One person after the other asks, `everyMs` apart; resolves when all have their answer. */
export async function measure(stage: Stage, count: number, everyMs: number): Promise<readonly Timings[]> {
  const before = stage.asked.length;
  await stage.ask(count, everyMs);
  const reports = await Promise.all(stage.asked.slice(before).map((interaction) => interaction.answered()));
  return reports.map(timingsOf);
}

/** @throws Error for an interaction that was not acknowledged and answered. */
export function timingsOf({ deliveries, attempts, acknowledgedAtMs, answeredAtMs, id }: InteractionReport): Timings {
  const deliveredAtMs = deliveries[0]?.atMs;
  const requestAtMs = attempts.find(({ request }) => request === "callback")?.atMs;
  if (
    deliveredAtMs === undefined ||
    requestAtMs === undefined ||
    acknowledgedAtMs === undefined ||
    answeredAtMs === undefined
  ) {
    throw new Error(`Interaction ${id} was not acknowledged and answered.`);
  }
  return {
    requestMs: requestAtMs - deliveredAtMs,
    acknowledgeMs: acknowledgedAtMs - deliveredAtMs,
    editMs: answeredAtMs - acknowledgedAtMs,
    answerMs: answeredAtMs - deliveredAtMs,
  };
}
