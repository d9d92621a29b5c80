import type { Clock } from "../../clock.ts";

/**
 * What Discord would call now: the given clock, moved by an offset that a test may set to make the bot's clock wrong.
 * Everything the sandbox schedules goes through it, so that closing the sandbox leaves no timer behind.
 */
export class SandboxClock implements Clock {
  readonly #base: Clock;
  readonly #pending = new Set<() => void>();
  #offsetMs = 0;
  #stopped = false;

  constructor(base: Clock) {
    this.#base = base;
  }

  now(): number {
    return this.#base.now() + this.#offsetMs;
  }

  /** Not moved by the offset: deadlines keep their length when the wall clock jumps. */
  monotonic(): number {
    return this.#base.monotonic();
  }

  schedule(delayMs: number, task: () => void): () => void {
    if (this.#stopped) return () => {};
    const cancelTimer = this.#base.schedule(delayMs, () => {
      this.#pending.delete(cancel);
      task();
    });
    const cancel = () => {
      this.#pending.delete(cancel);
      cancelTimer();
    };
    this.#pending.add(cancel);
    return cancel;
  }

  setOffset(offsetMs: number): void {
    this.#offsetMs = offsetMs;
  }

  /** Cancels everything scheduled; nothing can be scheduled afterwards. */
  stop(): void {
    this.#stopped = true;
    for (const cancel of [...this.#pending]) cancel();
  }
}
