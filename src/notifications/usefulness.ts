import type { Timed } from "./rules.ts";

const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;

/**
 * How long a signal that does not say so itself is worth acting on, by the length of its candles. The backend's own
 * signals say 3 h for 15min, 12 h for 1h, 24 h for 4h, 48 h for 1d and a week for 1w: twelve candles of the short kinds,
 * ever fewer of the long ones. What it was not seen to say is filled in by the same measure.
 */
const usefulForMs: ReadonlyMap<string, number> = new Map([
  ["1min", 12 * 60_000],
  ["5min", hourMs],
  ["15min", 3 * hourMs],
  ["30min", 6 * hourMs],
  ["1h", 12 * hourMs],
  ["4h", dayMs],
  ["1d", 2 * dayMs],
  ["1w", 7 * dayMs],
  ["1M", 31 * dayMs],
]);

/** What the backend gives a timeframe that it does not know. */
const usuallyUsefulForMs = dayMs;

/**
 * Until when the signal is worth a message, ms since the epoch: as it says itself, else counted from when it was computed,
 * or published, or, when it carries no time at all, received.
 */
export function usefulUntilMs({ signal, publishedAtMs, receivedAtMs }: Timed): number {
  const saidMs = signal.expiresAt?.getTime();
  if (saidMs !== undefined && Number.isFinite(saidMs)) return saidMs;
  const madeAtMs = signal.computedAt?.getTime() ?? publishedAtMs ?? receivedAtMs;
  return madeAtMs + (usefulForMs.get(signal.timeframe ?? "") ?? usuallyUsefulForMs);
}
