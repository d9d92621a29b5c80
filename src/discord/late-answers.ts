import { LRUCache } from "lru-cache";
import { atMost } from "../at-most.ts";
import type { Clock } from "../clock.ts";
import type { Answer, LateAnswers, LateReason } from "../interactions/index.ts";

/** People remembered for the pace; the oldest are forgotten first. */
const maxPeople = 10_000;

export interface LateAnswersOptions {
  readonly clock: Clock;
  /** Sends one direct message; the same id, whatever its length, means the same message. Never rejects. */
  readonly send: (personId: string, answer: Answer, messageId: string) => Promise<"sent" | "closed" | "failed">;
  /** At most one late answer per person in this time, ms. */
  readonly intervalMs: number;
  /** The sentence that says why the answer comes this way. */
  readonly reasons: Readonly<Record<LateReason, string>>;
}

/** Answers that no longer fit into their interaction go to the person by direct message, and say why. */
export function createLateAnswers({ clock, send, intervalMs, reasons }: LateAnswersOptions): LateAnswers {
  const recent = new LRUCache<string, true>({
    ...atMost(maxPeople),
    ttl: intervalMs,
    perf: { now: () => clock.monotonic() },
    ttlResolution: 0,
  });
  return {
    async deliver(personId, answer, reason, interactionId) {
      if (recent.has(personId)) return false;
      recent.set(personId, true);
      const content = [reasons[reason], answer.content].filter((part) => part !== undefined && part !== "").join("\n");
      const result = await send(personId, { ...answer, content }, `late:${interactionId}`);
      return result === "sent";
    },
  };
}
