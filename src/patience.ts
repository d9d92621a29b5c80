import { type Clock, delay } from "./clock.ts";

export type Outcome<T> =
  | { readonly kind: "settled"; readonly value: T }
  | { readonly kind: "failed"; readonly error: unknown }
  /** It may still settle, and nobody listens any more. */
  | { readonly kind: "late" };

/** Waits for `task`, and no longer than `limitMs`. Never throws, neither now nor when a late task fails. */
export async function awaitWithin<T>(clock: Clock, limitMs: number, task: Promise<T>): Promise<Outcome<T>> {
  const done = new AbortController();
  const outcome = await Promise.race([
    task.then(
      (value): Outcome<T> => ({ kind: "settled", value }),
      (error: unknown): Outcome<T> => ({ kind: "failed", error }),
    ),
    late(clock, limitMs, done.signal).then((): Outcome<T> => ({ kind: "late" })),
  ]);
  done.abort();
  return outcome;
}

/** For what somebody can do without: what `task` resolves with, or nothing when it fails or is late. Never rejects. */
export async function withinPatience<T>(clock: Clock, limitMs: number, task: Promise<T>): Promise<T | undefined> {
  const outcome = await awaitWithin(clock, limitMs, task);
  return outcome.kind === "settled" ? outcome.value : undefined;
}

const lastLookMs = 1;

/** A loop that was blocked runs due timers before it reads what has arrived meanwhile: one more turn lets it be read. */
async function late(clock: Clock, limitMs: number, done: AbortSignal): Promise<void> {
  await delay(clock, limitMs - lastLookMs, done);
  await delay(clock, lastLookMs, done);
}
