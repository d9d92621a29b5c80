import type { APIInteractionResponse } from "discord-api-types/v10";
import type { Clock } from "../clock.ts";
import { advance, type Effect, freshAcknowledgement, type Input, type Timer } from "./acknowledgement.ts";
import type { HedgeBudget } from "./hedge-budget.ts";
import { mayBeEcho, type Payload, unaccountedPayload } from "./journal.ts";
import type { AttemptOutcome, InteractionLane, InteractionTarget, ProbeOutcome } from "./lane.ts";
import type { LatencyWindow } from "./latency.ts";
import type { Cause, Ownership } from "./ownership.ts";
import type { Evidence } from "./store.ts";

/** Kept back of the deadline by each callback request, so that a probe and one more callback still fit, ms. */
const reserveMs = 400;
/** A callback request gets at least this long, however near the deadline is, ms. */
const shortestTimeoutMs = 250;
/** A probe is no callback: it may be answered after the 3 s, and proves ownership then too, ms. */
const probeTimeoutMs = 1500;
/** A hedge that was not allowed is asked for again after this, ms. */
const hedgeAgainMs = 100;

/** What one process shares between its acknowledgements. */
export interface AcknowledgeServices {
  readonly clock: Clock;
  readonly lane: InteractionLane;
  readonly latency: LatencyWindow;
  readonly hedges: HedgeBudget;
  /** One callback request may take this long, ms; shortened when the deadline is nearer. */
  readonly callbackTimeoutMs: number;
}

export interface AcknowledgeRequest {
  readonly target: InteractionTarget;
  readonly bodies: Readonly<Record<Payload, APIInteractionResponse>>;
  /** Monotonic clock, ms: when Discord stops accepting a first callback, as far as it is known. */
  readonly deadlineAtMs: number;
  /** Told of every request but those that were refused because another of ours had landed: that is to be expected. */
  readonly onOutcome: (
    request: "callback" | "probe",
    outcome: AttemptOutcome | ProbeOutcome,
    durationMs: number,
  ) => void;
}

/** A request that did not do what it was for. */
export interface RequestTrouble {
  readonly request: "callback" | "probe";
  readonly code: number | undefined;
  readonly status: number | undefined;
  /** Of the interaction, when the request ended. */
  readonly ageMs: number;
  readonly durationMs: number;
}

/** Undefined when the request did what it was for. */
export function troubleOf(
  request: RequestTrouble["request"],
  outcome: AttemptOutcome | ProbeOutcome,
  durationMs: number,
  ageMs: number,
): RequestTrouble | undefined {
  if (outcome.kind === "accepted" || outcome.kind === "there") return undefined;
  const code = "code" in outcome ? outcome.code : undefined;
  const status = "status" in outcome ? outcome.status : undefined;
  return { request, code, status, ageMs, durationMs };
}

export interface Acknowledged {
  readonly ownership: Ownership;
  readonly cause: Cause;
  readonly payload: Payload;
  readonly evidence: Evidence;
  /** An attempt's fate is unknown: it may have taken effect, or may still do so. */
  readonly mayHaveLanded: boolean;
  /** Callback requests sent. */
  readonly attempts: number;
  /** Of them, those that left because another was slow. */
  readonly hedges: number;
}

/**
 * Does what the state machine asks for until it has an ownership. The first request leaves before this returns. Ends:
 * every request and every timer in it is bounded.
 */
export function acknowledge(services: AcknowledgeServices, request: AcknowledgeRequest): Promise<Acknowledged> {
  const { clock, lane, latency, hedges } = services;
  const { target, bodies, deadlineAtMs, onOutcome } = request;
  const remainingMs = (): number => deadlineAtMs - clock.monotonic();
  const timers = new Map<Timer, () => void>();
  /** Outcomes that are to be told only if none of ours lands. */
  const held: (() => void)[] = [];
  let ack = freshAcknowledgement(latency.hedgeAfterMs);

  return new Promise((resolve) => {
    const take = (input: Input): void => {
      const step = advance(ack, input, remainingMs());
      ack = step.next;
      for (const effect of step.effects) perform(effect);
    };

    const perform = (effect: Effect): void => {
      switch (effect.kind) {
        case "send":
          void send(effect.attempt, effect.payload, effect.fresh);
          break;
        case "probe":
          void probe();
          break;
        case "setTimer":
          setTimer(effect.timer, effect.ms);
          break;
        case "end":
          for (const cancel of timers.values()) cancel();
          if (effect.ownership !== "owned") for (const tell of held) tell();
          resolve({
            ownership: effect.ownership,
            cause: effect.cause,
            payload: effect.payload,
            evidence: ack.attempts.some(({ outcome }) => outcome?.kind === "accepted") ? "accepted" : "journal",
            mayHaveLanded: unaccountedPayload(ack.attempts) !== undefined,
            attempts: ack.attempts.length,
            hedges: ack.attempts.filter(({ hedge }) => hedge).length,
          });
      }
    };

    const send = async (attempt: number, payload: Payload, fresh: boolean): Promise<void> => {
      const startedAtMs = clock.monotonic();
      const timeoutMs = Math.min(services.callbackTimeoutMs, Math.max(shortestTimeoutMs, remainingMs() - reserveMs));
      const release = fresh ? hedges.take() : () => {};
      const outcome = await lane.callback(target, bodies[payload], { timeoutMs, fresh });
      release();
      const durationMs = clock.monotonic() - startedAtMs;
      if (outcome.kind === "accepted") latency.add(durationMs);
      const tell = (): void => onOutcome("callback", outcome, durationMs);
      // Where others are still in flight at the end, one of ours has landed.
      if (mayBeEcho(ack.attempts, outcome)) held.push(tell);
      else tell();
      take({ kind: "attemptEnded", attempt, outcome });
    };

    const probe = async (): Promise<void> => {
      const startedAtMs = clock.monotonic();
      const outcome = await lane.probe(target, { timeoutMs: probeTimeoutMs });
      onOutcome("probe", outcome, clock.monotonic() - startedAtMs);
      take({ kind: "probeEnded", outcome });
    };

    const setTimer = (timer: Timer, ms: number): void => {
      timers.get(timer)?.();
      timers.set(timer, clock.schedule(ms, timer === "hedge" ? hedge : () => take({ kind: "timerFired", timer })));
    };

    const hedge = (): void => {
      // A loop that was blocked runs due timers before it reads what has arrived meanwhile: look once more after that.
      // The budget is asked only then, since hedges that become due together must see each other.
      timers.set(
        "hedge",
        clock.schedule(1, () => (hedges.allowed ? take({ kind: "timerFired", timer: "hedge" }) : later())),
      );
    };
    const later = (): void => setTimer("hedge", hedgeAgainMs);

    take({ kind: "start" });
  });
}
