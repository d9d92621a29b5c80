/** Until when something may be done, for every thread that has the memory. Moved by one, read by all. */
export class SharedDeadline {
  readonly memory: SharedArrayBuffer;
  readonly #untilNs: BigInt64Array;

  /** @param memory another thread's; absent, the deadline is new and has passed */
  constructor(memory = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#untilNs = new BigInt64Array(memory);
  }

  /** @param forMs from now on; may be infinite */
  set(forMs: number): void {
    Atomics.store(this.#untilNs, 0, nowNs() + BigInt(Math.round(Math.min(forMs, longestMs) * 1e6)));
  }

  get passed(): boolean {
    return nowNs() >= Atomics.load(this.#untilNs, 0);
  }
}

/** A century, ms. */
const longestMs = 3_155_760_000_000;

/** The same in every thread, other than `performance.now()`, and never set. */
const nowNs = (): bigint => process.hrtime.bigint();
