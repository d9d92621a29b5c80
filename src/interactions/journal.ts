import type { AttemptOutcome } from "./lane.ts";

/** Discord's codes that the ownership and its cause are told from (`discord-facts.md` 1.4). */
export const codes = { unknownInteraction: 10062, alreadyAcknowledged: 40060, malformed: 50035 } as const;

/** What the person would see: the acknowledgement asked for, or the plain sentence sent when Discord refuses that. */
export type Payload = "intended" | "fallback";

/** One callback request, and what became of it. */
export interface Attempt {
  readonly payload: Payload;
  /** It left while others were in flight. */
  readonly hedge: boolean;
  /** Absent while in flight. */
  readonly outcome?: AttemptOutcome;
  /** The outcome came before Discord's deadline, as far as it is known. */
  readonly answeredInTime?: boolean;
  /** Sent before Discord's deadline, as far as it is known. */
  readonly inTime: boolean;
  /** A look at @original after its response proved that it had no effect. */
  readonly refuted?: true;
}

/** Every attempt to acknowledge one interaction, in the order of sending. */
export type Journal = readonly Attempt[];

/**
 * So Discord answers every attempt of ours but the one that landed (`discord-facts.md` 1.4). It is no error as long as one
 * did, which may be known only at the end.
 */
export const mayBeEcho = (attempts: Journal, outcome: AttemptOutcome): boolean =>
  isCode(outcome, codes.alreadyAcknowledged) || (attempts.length > 1 && isCode(outcome, codes.unknownInteraction));

export const inFlight = (attempts: Journal): boolean => attempts.some(({ outcome }) => outcome === undefined);

export const isCode = (outcome: AttemptOutcome | undefined, code: number): boolean =>
  outcome?.kind === "refused" && outcome.code === code;

/** The payload of the first attempt whose fate is unknown: the one that landed, if one of ours did. */
export function unaccountedPayload(attempts: Journal): Payload | undefined {
  return attempts.find(isUnaccounted)?.payload;
}

/** A 10062 to what was sent in time says nothing either: it is seen where the callback took effect (`discord-facts.md` 1.5). */
const isUnaccounted = ({ outcome, inTime, refuted }: Attempt): boolean =>
  outcome?.kind === "unaccounted" || (inTime && refuted === undefined && isCode(outcome, codes.unknownInteraction));

/** What was answered before the look and is not there now had no effect; what is lost may still be on its way. */
export const refute = (attempt: Attempt): Attempt =>
  isCode(attempt.outcome, codes.unknownInteraction) ? { ...attempt, refuted: true } : attempt;
