/** New commands a day, counted for each guild and for the global ones (`discord-facts.md` 5, code 30034). */
export const maxCreatesPerDay = 200;
const dayMs = 24 * 60 * 60_000;

/** Counts the creates of the last 24 hours. */
export class DailyCreates {
  readonly #now: () => number;
  readonly #createdAt = new Map<string | undefined, readonly number[]>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts `count` creates; false, counting none, when that would be too many. */
  take(guildId: string | undefined, count: number): boolean {
    const now = this.#now();
    const recent = (this.#createdAt.get(guildId) ?? []).filter((createdAt) => now - createdAt < dayMs);
    if (recent.length + count > maxCreatesPerDay) return false;
    this.#createdAt.set(guildId, [...recent, ...Array.from({ length: count }, () => now)]);
    return true;
  }
}
