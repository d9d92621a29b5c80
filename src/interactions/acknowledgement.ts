import { type Attempt, codes, inFlight, isCode, type Payload, refute, unaccountedPayload } from "./journal.ts";
import type { AttemptOutcome, ProbeOutcome } from "./lane.ts";
import { type Cause, causeOf, type Ownership } from "./ownership.ts";

/** A callback is worth sending only when this much of the deadline is left, ms: one round trip on a fresh connection. */
const worthSendingMs = 150;
/** Discord may know an interaction a moment later than its event arrives (`discord-facts.md` 1.5), ms. */
const unknownBackoffMs = 200;
/** Between connections that could not be made, after one immediate second try, ms. */
const unsentBackoffMs = 200;
/** After a 40060, for the other attempts in flight to say whether one of them was the one that landed, ms. */
const settleMs = 250;
/** Attempts in flight at once: the first and its hedges. */
export const maxInFlight = 3;
/** More than the deadline has room for; only a bound against a request that fails at once for ever. */
const maxAttempts = 15;

export type Timer = "hedge" | "retry" | "settle";

/** What was sent, and where the acknowledgement stands. */
export interface Acknowledgement {
  readonly attempts: readonly Attempt[];
  readonly state: "fresh" | "sending" | Ownership;
  /** What the next attempt would carry. */
  readonly payload: Payload;
  readonly probing: boolean;
  /** Headers later than this are waited for no longer alone, ms; doubled by each hedge. */
  readonly hedgeAfterMs: number;
  /** A 10062 inside the deadline has been given its one more callback. */
  readonly unknownRetried: boolean;
}

export const freshAcknowledgement = (hedgeAfterMs: number): Acknowledgement => ({
  attempts: [],
  state: "fresh",
  payload: "intended",
  probing: false,
  hedgeAfterMs,
  unknownRetried: false,
});

export type Input =
  | { readonly kind: "start" }
  | { readonly kind: "attemptEnded"; readonly attempt: number; readonly outcome: AttemptOutcome }
  | { readonly kind: "probeEnded"; readonly outcome: ProbeOutcome }
  | { readonly kind: "timerFired"; readonly timer: Timer };

export type Effect =
  | { readonly kind: "send"; readonly attempt: number; readonly payload: Payload; readonly fresh: boolean }
  | { readonly kind: "probe" }
  | { readonly kind: "setTimer"; readonly timer: Timer; readonly ms: number }
  | { readonly kind: "end"; readonly ownership: Ownership; readonly cause: Cause; readonly payload: Payload };

export interface Step {
  readonly next: Acknowledgement;
  readonly effects: readonly Effect[];
}

/**
 * The acknowledgement as a pure state machine: it says what to do next, and the caller does it and reports back. What is
 * reported after the end changes nothing.
 *
 * @param remainingMs until Discord stops accepting a first callback, 3 s from the snowflake; may be negative
 * @throws Error when the input does not belong to the state: a bug of the caller
 */
export function advance(ack: Acknowledgement, input: Input, remainingMs: number): Step {
  if (input.kind === "start") {
    if (ack.state !== "fresh") throw misuse(ack, input.kind);
    return send(ack, remainingMs);
  }
  if (ack.state === "fresh") throw misuse(ack, input.kind);
  if (ack.state !== "sending") return { next: ack, effects: [] };
  switch (input.kind) {
    case "attemptEnded":
      return takeOutcome(ack, input.attempt, input.outcome, remainingMs);
    case "probeEnded":
      if (!ack.probing) throw misuse(ack, input.kind);
      return judgeProbe({ ...ack, probing: false }, input.outcome, remainingMs);
    case "timerFired":
      return takeTimer(ack, input.timer, remainingMs);
  }
}

function takeOutcome(ack: Acknowledgement, index: number, outcome: AttemptOutcome, remainingMs: number): Step {
  const attempt = ack.attempts[index];
  if (attempt === undefined || attempt.outcome !== undefined) throw misuse(ack, "attemptEnded");
  const attempts = ack.attempts.with(index, { ...attempt, outcome, answeredInTime: remainingMs > 0 });
  const journal = { ...ack, attempts };
  if (outcome.kind === "accepted") return end(journal, "owned", attempt.payload);
  if (!inFlight(journal.attempts)) return judge(journal, attempt, outcome, remainingMs);
  // An attempt still in flight may be the one that landed, and will say so in a moment if its response is not lost.
  return isCode(outcome, codes.alreadyAcknowledged)
    ? { next: journal, effects: [{ kind: "setTimer", timer: "settle", ms: settleMs }] }
    : { next: journal, effects: [] };
}

/** Nothing is in flight: the journal says whose it is, or what to do to find out. */
function judge(ack: Acknowledgement, last: Attempt, outcome: AttemptOutcome, remainingMs: number): Step {
  const lost = unaccountedPayload(ack.attempts);
  if (ack.attempts.some((attempt) => isCode(attempt.outcome, codes.alreadyAcknowledged))) {
    // The code alone proves nothing: it is our own lost attempt or somebody else's, and only the journal can tell.
    return end(ack, lost === undefined ? "foreign" : "owned", lost ?? last.payload);
  }
  switch (outcome.kind) {
    case "accepted":
    case "unaccounted":
      return probe(ack);
    case "unsent":
      return ack.attempts.length === 1 ? send(ack, remainingMs) : retryAfter(ack, unsentBackoffMs, remainingMs);
    case "limited":
      return retryAfter(ack, outcome.retryAfterMs, remainingMs);
    case "refused":
      if (outcome.code === codes.unknownInteraction) {
        // Sent in time and yet unknown: it may have taken effect (`discord-facts.md` 1.5), so look once.
        return lost === undefined ? end(ack, "expired", last.payload) : probe(ack);
      }
      // A payload Discord refuses does not use up the acknowledgement (`discord-facts.md` 1.4, 50035).
      return last.payload === "fallback"
        ? end(ack, "unreachable", last.payload)
        : send({ ...ack, payload: "fallback" }, remainingMs);
  }
}

function judgeProbe(ack: Acknowledgement, outcome: ProbeOutcome, remainingMs: number): Step {
  const wasUnknown = isCode(ack.attempts.at(-1)?.outcome, codes.unknownInteraction);
  switch (outcome.kind) {
    case "there":
      return end(ack, "owned", unaccountedPayload(ack.attempts) ?? ack.payload);
    case "notThere": {
      const journal = { ...ack, attempts: ack.attempts.map(refute) };
      if (!wasUnknown) return send(journal, remainingMs);
      if (ack.unknownRetried) return end(journal, "expired", ack.payload);
      return retryAfter({ ...journal, unknownRetried: true }, unknownBackoffMs, remainingMs, "expired");
    }
    case "unknown":
      return send(ack, remainingMs);
  }
}

function takeTimer(ack: Acknowledgement, timer: Timer, remainingMs: number): Step {
  switch (timer) {
    case "hedge": {
      const flying = ack.attempts.filter(({ outcome }) => outcome === undefined).length;
      const wanted = flying > 0 && flying < maxInFlight && remainingMs >= worthSendingMs;
      if (!wanted || ack.attempts.length >= maxAttempts) return { next: ack, effects: [] };
      return send({ ...ack, hedgeAfterMs: ack.hedgeAfterMs * 2 }, remainingMs);
    }
    case "retry":
      return inFlight(ack.attempts) || ack.probing ? { next: ack, effects: [] } : send(ack, remainingMs);
    case "settle":
      // One was told "already acknowledged" and another is lost: by all we know, that one landed.
      return inFlight(ack.attempts) ? end(ack, "owned", ack.payload) : { next: ack, effects: [] };
  }
}

/** Sends when the deadline and the number of attempts allow; otherwise nobody can tell any more. */
function send(ack: Acknowledgement, remainingMs: number): Step {
  const attempt = ack.attempts.length;
  if (attempt > 0 && (remainingMs < worthSendingMs || attempt >= maxAttempts))
    return end(ack, "unreachable", ack.payload);
  const { payload } = ack;
  const sent: Attempt = { payload, hedge: inFlight(ack.attempts), inTime: remainingMs > 0 };
  return {
    next: { ...ack, attempts: [...ack.attempts, sent], state: "sending" },
    effects: [
      { kind: "send", attempt, payload, fresh: attempt > 0 },
      { kind: "setTimer", timer: "hedge", ms: ack.hedgeAfterMs },
    ],
  };
}

const probe = (ack: Acknowledgement): Step => ({ next: { ...ack, probing: true }, effects: [{ kind: "probe" }] });

function retryAfter(ack: Acknowledgement, ms: number, remainingMs: number, tooLate: Ownership = "unreachable"): Step {
  if (remainingMs - ms < worthSendingMs) return end(ack, tooLate, ack.payload);
  return { next: ack, effects: [{ kind: "setTimer", timer: "retry", ms }] };
}

const end = (ack: Acknowledgement, ownership: Ownership, payload: Payload): Step => ({
  next: { ...ack, state: ownership },
  effects: [{ kind: "end", ownership, cause: causeOf(ack.attempts, ownership, payload), payload }],
});

const misuse = (ack: Acknowledgement, input: Input["kind"]): Error =>
  new Error(`"${input}" does not belong to an acknowledgement that is ${ack.state}`);
