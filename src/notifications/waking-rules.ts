import { readItem } from "./person-records.ts";
import type { NotificationQueue } from "./queue.ts";
import type { RuleStore } from "./rule-store.ts";

/**
 * The same rules; when a person changes theirs, what waits for them is judged anew at once, and not when the mute or the
 * quiet hours would have ended that there were.
 */
export function wakingRules(
  rules: RuleStore,
  { jobs, redis, keys }: Pick<NotificationQueue, "jobs" | "redis" | "keys">,
): RuleStore {
  async function wake(personId: string): Promise<void> {
    const waiting = await redis.hgetall(keys.person(personId).box);
    await Promise.allSettled(
      Object.entries(waiting).map(async ([slot, text]) => {
        const job = await jobs.getJob(readItem(slot, text).identity);
        // Rejects for one that is being worked on.
        await job?.promote();
      }),
    );
  }

  /** The rules are changed whatever becomes of it, and what could not be woken comes in its time. */
  async function thenWake<T>(personId: string, changing: Promise<T>): Promise<T> {
    const changed = await changing;
    await wake(personId).catch(() => {});
    return changed;
  }

  return {
    ...rules,
    change: (personId, change) => thenWake(personId, rules.change(personId, change)),
    addFewer: (personId, slot) => thenWake(personId, rules.addFewer(personId, slot)),
  };
}
