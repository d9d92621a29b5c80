export interface BackoffRange {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * The wait before the next attempt, after `failures` (from 1) in a row: doubling up to `maxMs`, of which a random half is
 * jitter, so that many who failed together do not come back together.
 */
export const backoffMs = (failures: number, range: BackoffRange, random: () => number): number => {
  const fullMs = Math.min(range.maxMs, range.firstMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(fullMs * (0.5 + 0.5 * random()));
};
