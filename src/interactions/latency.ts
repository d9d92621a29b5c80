/** Measurements looked back on: enough for a percentile, few enough to follow a change within seconds of traffic. */
const windowSize = 64;
const enoughSamples = 8;
/** Before there are samples: a few hundred milliseconds (`design.md`, rule 4), ms. */
const unmeasuredMs = 400;
/** Below, a passing hiccup of either side would cost a request; above, three attempts no longer fit the deadline, ms. */
const shortestMs = 250;
const longestMs = 700;

/** How long acknowledgements take, and from that, when one takes so long that its connection is suspect. */
export class LatencyWindow {
  readonly #samplesMs: number[] = [];
  #hedgeAfterMs = unmeasuredMs;

  add(durationMs: number): void {
    this.#samplesMs.push(durationMs);
    if (this.#samplesMs.length > windowSize) this.#samplesMs.shift();
    if (this.#samplesMs.length >= enoughSamples) this.#hedgeAfterMs = this.#measure();
  }

  /** When a second attempt leaves on a fresh connection, ms: twice what all but the slowest took. */
  get hedgeAfterMs(): number {
    return this.#hedgeAfterMs;
  }

  #measure(): number {
    const sorted = [...this.#samplesMs].sort((a, b) => a - b);
    const slow = sorted[Math.floor(sorted.length * 0.95)] ?? unmeasuredMs;
    return Math.min(longestMs, Math.max(shortestMs, 2 * slow));
  }
}
