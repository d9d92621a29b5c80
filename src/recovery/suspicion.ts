/**
 * How long an instance has to be missed before it counts as dead, ms. Its key alone proves nothing: an outage of Redis or
 * an eviction takes the keys of the living too. A living one is back within the client's longest pause between two
 * connections (2 s by default) and a gap so short that we did not notice it ({@link longestGapMs}).
 */
export const suspicionMs = 5_000;

/** Remembers since when which instances have been missed. */
export class Suspicion {
  #missedSinceMs: ReadonlyMap<string, number> = new Map();

  /**
   * Those of the `missing` that count as dead.
   *
   * @param steadySinceMs since when Redis has been reachable without a gap; who was missed earlier could not say anything
   */
  judge(missing: readonly string[], nowMs: number, steadySinceMs: number): ReadonlySet<string> {
    // Who is not missing any more is forgotten.
    this.#missedSinceMs = new Map(missing.map((instance) => [instance, this.#missedSinceMs.get(instance) ?? nowMs]));
    const dead = [...this.#missedSinceMs].filter(
      ([, sinceMs]) => nowMs - Math.max(sinceMs, steadySinceMs) >= suspicionMs,
    );
    return new Set(dead.map(([instance]) => instance));
  }
}
