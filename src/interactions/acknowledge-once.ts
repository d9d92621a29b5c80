import type { APIInteractionResponse } from "discord-api-types/v10";
import { delay } from "../clock.ts";
import { type Acknowledged, acknowledge, troubleOf } from "./acknowledge.ts";
import { deferBody, plainBody } from "./bodies.ts";
import { acknowledgeWithinMs, answerWithinMs } from "./deadlines.ts";
import { markAcknowledged } from "./interaction.ts";
import { giveUp } from "./left-behind.ts";
import type { Middleware } from "./middleware.ts";
import type { Layer } from "./options.ts";
import { causeBeyondJournal } from "./ownership.ts";
import { record } from "./record.ts";
import { referenceOf } from "./reference.ts";
import type { Routed } from "./route.ts";
import type { GuardedAcknowledgement } from "./stall-guard.ts";
import type { Evidence } from "./store.ts";

/**
 * When nothing came back in time, Discord may show "thinking…" all the same: looks taken at that, ms apart. The last
 * pause is repeated until Discord says so or the token is over.
 */
const looksAfterMs = [1000, 4000, 15_000] as const;
const lookTimeoutMs = 1500;

/** An interaction that is ours to answer. */
export interface Owned extends Routed {
  readonly timeToAckMs: number;
  readonly evidence: Evidence;
}

/**
 * Defers, publicly or privately as the handler declares, and finds out whose the interaction is. Only what is ours
 * goes on: a command never sees a 10062 or 40060 (`design.md`, "Acknowledge once", rules 3 and 6).
 */
export function acknowledgeOnce(layer: Layer): Middleware<Routed, Owned> {
  return async (arrival, next) => {
    const acknowledged = sendAcknowledgement(layer, arrival, deferBody(arrival.handler.mode));
    layer.afterwards.do(() => record(layer, arrival));
    const { ownership, payload, evidence, timeToAckMs } = await acknowledged;
    if (ownership !== "owned") return giveUp(layer, arrival, ownership);
    if (payload === "fallback") {
      layer.store?.strike(arrival.target.id);
      return layer.finish(arrival, "failed");
    }
    await next({ ...arrival, timeToAckMs, evidence });
  };
}

/** What came of an acknowledgement. */
interface Sent extends Acknowledged {
  readonly timeToAckMs: number;
  /** The stall guard deferred it, whatever was intended. */
  readonly guarded: boolean;
}

/**
 * Sends a first callback, tells what came of it, and makes discord.js's object agree. The request leaves before this
 * returns.
 */
export async function sendAcknowledgement(
  layer: Layer,
  arrival: Routed,
  intended: APIInteractionResponse,
): Promise<Sent> {
  const { clock, tell } = layer;
  const { target, createdAtMs, arrivedAtMs } = arrival;
  const bodies = {
    intended,
    // Hardly ever needed, and a person waits.
    get fallback() {
      return plainBody(layer.texts.plainFailure(referenceOf(target.id)));
    },
  };
  const guarded = arrival.guarded ?? layer.guard?.take(target.id);
  if (guarded !== undefined) return takeGuarded(layer, arrival, await guarded);
  const ended = await acknowledge(layer, {
    target,
    bodies,
    deadlineAtMs: createdAtMs + acknowledgeWithinMs,
    onOutcome: (request, outcome, durationMs) => {
      const trouble = troubleOf(request, outcome, durationMs, clock.monotonic() - createdAtMs);
      if (trouble !== undefined) tell(arrival, { kind: "discordError", ...trouble });
    },
  });
  const judged = await judgeLost(layer, arrival, ended);
  const { ownership } = judged;
  const timeToAckMs = clock.monotonic() - arrivedAtMs;
  const ageMs = clock.monotonic() - createdAtMs;
  const cause = judged.cause === "accepted" ? judged.cause : await causeBeyondJournal(layer, arrival, judged);
  const { attempts, hedges } = ended;
  tell(arrival, { kind: "acknowledged", ownership, cause, durationMs: timeToAckMs, ageMs, attempts, hedges });
  if (ownership === "owned") markAcknowledged(arrival.interaction, bodies[ended.payload]);
  return { ...ended, ownership, cause, timeToAckMs, guarded: false };
}

/** Goes on from what the stall guard has done, as if it had been done here. */
async function takeGuarded(layer: Layer, arrival: Routed, ended: GuardedAcknowledgement): Promise<Sent> {
  const { durationMs, ageMs, attempts, hedges, troubles } = ended;
  for (const trouble of troubles) layer.tell(arrival, { kind: "discordError", ...trouble });
  const { ownership, cause: told } = await judgeLost(layer, arrival, ended);
  const cause =
    ownership === "owned" ? "stallGuard" : await causeBeyondJournal(layer, arrival, { ownership, cause: told });
  layer.tell(arrival, { kind: "acknowledged", ownership, cause, durationMs, ageMs, attempts, hedges });
  if (ownership === "owned") markAcknowledged(arrival.interaction, deferBody(arrival.handler.mode));
  return { ...ended, ownership, cause, timeToAckMs: durationMs, guarded: true };
}

/** What surely never landed proves nothing: what stands there then is somebody else's. */
async function judgeLost(
  layer: Layer,
  arrival: Routed,
  ended: Acknowledged,
): Promise<Pick<Acknowledged, "ownership" | "cause">> {
  const mayBeOurs = ended.ownership === "unreachable" && ended.mayHaveLanded;
  if (!mayBeOurs || !(await landedAfterAll(layer, arrival))) return ended;
  return { ownership: "owned", cause: "ourLostResponse" };
}

/** Nothing came back, but an attempt may have landed: then the person sees "thinking…", and the token is good. */
async function landedAfterAll({ clock, lane }: Layer, { target, createdAtMs }: Routed): Promise<boolean> {
  for (let looks = 0; clock.monotonic() < createdAtMs + answerWithinMs; looks += 1) {
    await delay(clock, looksAfterMs[Math.min(looks, looksAfterMs.length - 1)] ?? 0);
    const look = await lane.probe(target, { timeoutMs: lookTimeoutMs });
    if (look.kind !== "unknown") return look.kind === "there";
  }
  return false;
}
