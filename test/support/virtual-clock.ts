import type { Clock } from "../../src/clock.ts";

interface Timer {
  readonly dueMs: number;
  readonly task: () => void;
}

/** A clock that stands still until a test moves it; due tasks run in order, with promises settled between them. */
export class VirtualClock implements Clock {
  #elapsedMs = 0;
  readonly #timers = new Set<Timer>();
  readonly #startMs: number;

  constructor(startMs = Date.UTC(2026, 0, 5, 12, 0, 0)) {
    this.#startMs = startMs;
  }

  now(): number {
    return this.#startMs + this.#elapsedMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  schedule(delayMs: number, task: () => void): () => void {
    const timer = { dueMs: this.#elapsedMs + Math.max(0, delayMs), task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Number of tasks still waiting. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Until the next task is due, ms; undefined when none waits. */
  get nextInMs(): number | undefined {
    if (this.#timers.size === 0) return undefined;
    return Math.min(...[...this.#timers].map(({ dueMs }) => dueMs)) - this.#elapsedMs;
  }

  async advance(byMs: number): Promise<void> {
    const endMs = this.#elapsedMs + byMs;
    await settle();
    for (;;) {
      const next = [...this.#timers].filter((timer) => timer.dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.dueMs);
      next.task();
      await settle();
    }
    this.#elapsedMs = endMs;
    await settle();
  }
}

/** Lets promise continuations and immediates run. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};
