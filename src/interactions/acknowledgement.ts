import type { AttemptOutcome, ProbeOutcome } from "./lane.ts";

/**
 * Who won the acknowledgement: us, another process, nobody (too late), or it could not be told in time
 * (`design.md`, "Acknowledge once").
 */
export type Ownership = "owned" | "foreign" | "expired" | "unreachable";

/** Discord's codes that the ownership is told from (`discord-facts.md` 1.4). */
export const codes = { unknownInteraction: 10062, alreadyAcknowledged: 40060 } as const;

/** A callback is worth sending only when this much of the deadline is left, ms: one round trip on a fresh connection. */
const worthSendingMs = 150;
/** Discord may know an interaction a moment later than its event arrives (`discord-facts.md` 1.5), ms. */
const unknownBackoffMs = 200;
/** Between connections that could not be made, after one immediate second try, ms. */
const unsentBackoffMs = 200;
/** More than the deadline has room for; only a bound against a request that fails at once for ever. */
const maxAttempts = 15;

/** What the person would see: the acknowledgement asked for, or the plain sentence sent when Discord refuses that. */
export type Payload = "intended" | "fallback";

interface Attempt {
  readonly payload: Payload;
  /** Absent while in flight. */
  readonly outcome?: AttemptOutcome;
}

/** The journal of what was sent, and where the acknowledgement stands. */
export interface Acknowledgement {
  readonly attempts: readonly Attempt[];
  readonly state:
    | { readonly kind: "fresh" | "sending" | "probing" }
    | { readonly kind: "waiting"; readonly payload: Payload }
    | { readonly kind: "ended"; readonly ownership: Ownership; readonly payload: Payload };
  /** A 10062 inside the deadline has been given its one more callback. */
  readonly unknownRetried: boolean;
}

export const freshAcknowledgement: Acknowledgement = { attempts: [], state: { kind: "fresh" }, unknownRetried: false };

export type Input =
  | { readonly kind: "start" }
  | { readonly kind: "attemptEnded"; readonly outcome: AttemptOutcome; readonly sentInTime: boolean }
  | { readonly kind: "probeEnded"; readonly outcome: ProbeOutcome }
  | { readonly kind: "waited" };

export type Effect =
  | { readonly kind: "send"; readonly payload: Payload; readonly fresh: boolean }
  | { readonly kind: "probe" }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "end"; readonly ownership: Ownership; readonly payload: Payload };

export interface Step {
  readonly next: Acknowledgement;
  readonly effect: Effect;
}

/**
 * The acknowledgement as a pure state machine: it says what to do next, and the caller does it and reports back.
 *
 * @param remainingMs until Discord stops accepting a first callback, 3 s from the snowflake; may be negative
 * @throws Error when the input does not belong to the state: a bug of the caller
 */
export function advance(ack: Acknowledgement, input: Input, remainingMs: number): Step {
  switch (input.kind) {
    case "start":
      expectState(ack, "fresh", input.kind);
      return send(ack, "intended", remainingMs);
    case "attemptEnded": {
      expectState(ack, "sending", input.kind);
      const last = ack.attempts.at(-1);
      if (last === undefined) throw new Error("an attempt ended that was never sent");
      const journal = { ...ack, attempts: [...ack.attempts.slice(0, -1), { ...last, outcome: input.outcome }] };
      return judgeAttempt(journal, last.payload, input.outcome, input.sentInTime, remainingMs);
    }
    case "probeEnded":
      expectState(ack, "probing", input.kind);
      return judgeProbe(ack, input.outcome, remainingMs);
    case "waited":
      if (ack.state.kind !== "waiting") throw misuse(ack, input.kind);
      return send(ack, ack.state.payload, remainingMs);
  }
}

function judgeAttempt(
  ack: Acknowledgement,
  payload: Payload,
  outcome: AttemptOutcome,
  sentInTime: boolean,
  remainingMs: number,
): Step {
  switch (outcome.kind) {
    case "accepted":
      return end(ack, "owned", payload);
    case "unaccounted":
      return { next: { ...ack, state: { kind: "probing" } }, effect: { kind: "probe" } };
    case "unsent":
      return ack.attempts.length === 1
        ? send(ack, payload, remainingMs)
        : wait(ack, payload, unsentBackoffMs, remainingMs);
    case "limited":
      return wait(ack, payload, outcome.retryAfterMs, remainingMs);
    case "refused":
      if (outcome.code === codes.alreadyAcknowledged) {
        // The code alone proves nothing: it is our own lost attempt or somebody else's, and only the journal can tell.
        return end(
          ack,
          unaccountedPayload(ack) === undefined ? "foreign" : "owned",
          unaccountedPayload(ack) ?? payload,
        );
      }
      if (outcome.code === codes.unknownInteraction) {
        // Sent in time and yet unknown: it may have taken effect (`discord-facts.md` 1.5), so look once.
        if (unaccountedPayload(ack) === undefined && (!sentInTime || ack.unknownRetried))
          return end(ack, "expired", payload);
        return { next: { ...ack, state: { kind: "probing" } }, effect: { kind: "probe" } };
      }
      // A payload Discord refuses does not use up the acknowledgement (`discord-facts.md` 1.4, 50035).
      return payload === "intended" ? send(ack, "fallback", remainingMs) : end(ack, "unreachable", payload);
  }
}

function judgeProbe(ack: Acknowledgement, outcome: ProbeOutcome, remainingMs: number): Step {
  const last = ack.attempts.at(-1);
  const payload = last?.payload ?? "intended";
  const wasUnknown = last?.outcome?.kind === "refused";
  switch (outcome.kind) {
    case "there":
      return end(ack, "owned", unaccountedPayload(ack) ?? payload);
    case "notThere":
      if (!wasUnknown) return send(ack, payload, remainingMs);
      if (ack.unknownRetried) return end(ack, "expired", payload);
      return wait({ ...ack, unknownRetried: true }, payload, unknownBackoffMs, remainingMs, "expired");
    case "unknown":
      return send(ack, payload, remainingMs);
  }
}

/** Sends when the deadline and the number of attempts allow; otherwise nobody can tell any more. */
function send(ack: Acknowledgement, payload: Payload, remainingMs: number): Step {
  const first = ack.attempts.length === 0;
  if (!first && (remainingMs < worthSendingMs || ack.attempts.length >= maxAttempts)) {
    return end(ack, "unreachable", payload);
  }
  return {
    next: { ...ack, attempts: [...ack.attempts, { payload }], state: { kind: "sending" } },
    effect: { kind: "send", payload, fresh: !first },
  };
}

function wait(
  ack: Acknowledgement,
  payload: Payload,
  ms: number,
  remainingMs: number,
  tooLate: Ownership = "unreachable",
): Step {
  if (remainingMs - ms < worthSendingMs) return end(ack, tooLate, payload);
  return { next: { ...ack, state: { kind: "waiting", payload } }, effect: { kind: "wait", ms } };
}

function end(ack: Acknowledgement, ownership: Ownership, payload: Payload): Step {
  return {
    next: { ...ack, state: { kind: "ended", ownership, payload } },
    effect: { kind: "end", ownership, payload },
  };
}

/** The payload of the first attempt whose fate is unknown: the one that landed, if one of ours did. */
function unaccountedPayload(ack: Acknowledgement): Payload | undefined {
  return ack.attempts.find((attempt) => attempt.outcome?.kind === "unaccounted")?.payload;
}

function expectState(ack: Acknowledgement, expected: Acknowledgement["state"]["kind"], input: Input["kind"]): void {
  if (ack.state.kind !== expected) throw misuse(ack, input);
}

const misuse = (ack: Acknowledgement, input: Input["kind"]): Error =>
  new Error(`"${input}" does not belong to an acknowledgement that is ${ack.state.kind}`);
