import type { Aged } from "./age-check.ts";
import { isMarkedAcknowledged } from "./interaction.ts";
import { type Attempt, codes, isCode, type Journal, type Payload } from "./journal.ts";
import type { Layer } from "./options.ts";

/**
 * Who won the acknowledgement: us, another process, nobody (too late), or it could not be told in time
 * (`design.md`, "Acknowledge once").
 */
export type Ownership = "owned" | "foreign" | "expired" | "unreachable";

/** Why it is so, as far as there is evidence of it. */
export type Cause =
  /** Discord accepted a callback of ours. */
  | "accepted"
  /** One of ours landed, and its response was lost, or is late. */
  | "ourLostResponse"
  /** The thread that stands in for a main thread that stalls acknowledged. */
  | "stallGuard"
  /** Somebody else acknowledged before us. */
  | "anotherProcess"
  /** So did a process that has ended since: the event came again. */
  | "repeatedEvent"
  /** Other code of this process acknowledged, or Discord refused the form of what we sent (50035). */
  | "bugOfOurs"
  /** Discord did not know it any more when our callback reached it. */
  | "tooLate"
  /** Discord did not know it although, as far as its age is known, there was time left. */
  | "unknownToDiscord"
  /** Discord asked to wait for longer than there was time. */
  | "rateLimited"
  /** Discord refused what we sent, with a code that says nothing about the interaction. */
  | "refused"
  /** Nothing came back, or no connection could be made. */
  | "noResponse";

/** The cause, told from the journal. */
export function causeOf(attempts: Journal, ownership: Ownership, payload: Payload): Cause {
  const refusal = attempts.find(isRefusal);
  const whyRefused = isCode(refusal?.outcome, codes.malformed) ? "bugOfOurs" : "refused";
  switch (ownership) {
    case "owned":
      if (payload === "fallback") return whyRefused;
      return attempts.some(({ outcome }) => outcome?.kind === "accepted") ? "accepted" : "ourLostResponse";
    case "foreign":
      return "anotherProcess";
    case "expired": {
      const inTime = (attempt: Attempt) => attempt.answeredInTime && isCode(attempt.outcome, codes.unknownInteraction);
      return attempts.some(inTime) ? "unknownToDiscord" : "tooLate";
    }
    case "unreachable":
      if (refusal !== undefined) return whyRefused;
      return attempts.at(-1)?.outcome?.kind === "limited" ? "rateLimited" : "noResponse";
  }
}

/** Discord refused what was sent, and not because of the interaction's state. */
const isRefusal = ({ outcome }: Attempt): boolean =>
  outcome?.kind === "refused" &&
  outcome.code !== codes.unknownInteraction &&
  outcome.code !== codes.alreadyAcknowledged;

/**
 * The cause of what Discord did not simply accept, with what is known beyond the journal: what else this process did, and
 * what processes before it did.
 */
export async function causeBeyondJournal(
  { predecessors }: Layer,
  { interaction, target, createdAtMs }: Aged,
  { ownership, cause }: { readonly ownership: Ownership; readonly cause: Cause },
): Promise<Cause> {
  // The layer sends its callbacks itself, so discord.js says so only of somebody else's.
  if (isMarkedAcknowledged(interaction)) return "bugOfOurs";
  if (ownership !== "foreign") return cause;
  switch (await predecessors.whoHad(target.id)) {
    case "dead":
      return "repeatedEvent";
    case "nobody":
      return predecessors.mayHaveHad({ createdAtMs }) ? "repeatedEvent" : cause;
    case "living":
    case "unknown":
      return cause;
  }
}
