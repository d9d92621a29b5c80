import { type Clock, delay } from "../clock.ts";

/**
 * For what a command can do without: what the promise resolves with, or nothing when it fails or takes longer than
 * `limitMs`. Never rejects.
 */
export async function withinPatience<T>(clock: Clock, limitMs: number, asked: Promise<T>): Promise<T | undefined> {
  const done = new AbortController();
  const outcome = await Promise.race([
    asked.catch(() => undefined),
    delay(clock, limitMs, done.signal).then(() => undefined),
  ]);
  done.abort();
  return outcome;
}
