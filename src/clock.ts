/**
 * Time as the core sees it: passed in, so that tests run on a virtual clock and never sleep.
 */
export interface Clock {
  /** Wall-clock time, ms since the Unix epoch. Only for comparing with times that come from elsewhere. */
  now(): number;
  /** Monotonic time in ms, from an arbitrary start. For durations and deadlines. */
  monotonic(): number;
  /** Runs `task` once after `delayMs`; the returned function cancels it and may be called at any time. */
  schedule(delayMs: number, task: () => void): () => void;
}

/** The time of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs` on the given clock; resolves early, without error, when `signal` aborts. */
export const delay = (clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = () => {
      cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const cancel = clock.schedule(delayMs, finish);
    signal?.addEventListener("abort", finish, { once: true });
  });
