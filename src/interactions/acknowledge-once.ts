import { type APIInteractionResponse, InteractionResponseType, MessageFlags } from "discord-api-types/v10";
import { delay } from "../clock.ts";
import { advance, freshAcknowledgement, type Input, type Ownership, type Payload } from "./acknowledgement.ts";
import { type Aged, acknowledgeWithinMs } from "./age-check.ts";
import { markAcknowledged } from "./interaction.ts";
import type { AttemptOutcome, ProbeOutcome } from "./lane.ts";
import type { Middleware } from "./middleware.ts";
import type { Layer } from "./options.ts";
import { referenceOf } from "./reference.ts";
import { createResponder, type Responder } from "./responder.ts";

/** Kept back of the deadline by each callback request, so that a probe and one more callback still fit, ms. */
const reserveMs = 400;
/** A callback request gets at least this long, however near the deadline is, ms. */
const shortestTimeoutMs = 250;
/** A probe is no callback: it may be answered after the 3 s, and proves ownership then too, ms. */
const probeTimeoutMs = 1500;

/** An interaction that is ours to answer. */
export interface Owned extends Aged {
  readonly responder: Responder;
  readonly timeToAckMs: number;
}

/**
 * Defers, publicly or privately as the command declares, and finds out whose the interaction is. Only what is ours
 * goes on: a command never sees a 10062 or 40060 (`design.md`, "Acknowledge once", rules 3 and 6).
 */
export function acknowledgeOnce(layer: Layer): Middleware<Aged, Owned> {
  const { clock, commands, publish, finish } = layer;
  return async (arrival, next) => {
    const { target, kind, command } = arrival;
    const visibility = commands.get(command)?.visibility ?? "private";
    const bodies = {
      intended: defer(visibility),
      fallback: plainReply(layer.texts.plainFailure(referenceOf(target.id))),
    };
    const { ownership, payload, attempts } = await acknowledge(layer, arrival, bodies);
    const timeToAckMs = clock.monotonic() - arrival.arrivedAtMs;
    const subject = { interactionId: target.id, interactionKind: kind, command };
    const ageMs = clock.monotonic() - arrival.createdAtMs;
    publish({ kind: "acknowledged", ...subject, ownership, durationMs: timeToAckMs, ageMs, attempts });
    if (ownership !== "owned") return finish(arrival, ownership);
    markAcknowledged(arrival.interaction, bodies[payload], payload === "fallback" || visibility === "private");
    if (payload === "fallback") return finish(arrival, "failed");
    await next({ ...arrival, timeToAckMs, responder: createResponder(layer, arrival, visibility) });
  };
}

const defer = (visibility: "public" | "private"): APIInteractionResponse => ({
  type: InteractionResponseType.DeferredChannelMessageWithSource,
  ...(visibility === "private" ? { data: { flags: MessageFlags.Ephemeral } } : {}),
});

const plainReply = (content: string): APIInteractionResponse => ({
  type: InteractionResponseType.ChannelMessageWithSource,
  data: { content, flags: MessageFlags.Ephemeral, allowed_mentions: { parse: [] } },
});

/** Does what the state machine asks for until it has an ownership. Ends: every request and wait in it is bounded. */
async function acknowledge(
  layer: Layer,
  arrival: Aged,
  bodies: Readonly<Record<Payload, APIInteractionResponse>>,
): Promise<{ ownership: Ownership; payload: Payload; attempts: number }> {
  const { clock, lane } = layer;
  const remainingMs = (): number => arrival.createdAtMs + acknowledgeWithinMs - clock.monotonic();
  let acknowledgement = freshAcknowledgement;
  let input: Input = { kind: "start" };
  for (;;) {
    const step = advance(acknowledgement, input, remainingMs());
    acknowledgement = step.next;
    const startedAtMs = clock.monotonic();
    switch (step.effect.kind) {
      case "send": {
        const sentInTime = remainingMs() > 0;
        const timeoutMs = Math.min(layer.callbackTimeoutMs, Math.max(shortestTimeoutMs, remainingMs() - reserveMs));
        const { payload, fresh } = step.effect;
        const outcome = await lane.callback(arrival.target, bodies[payload], { timeoutMs, fresh });
        reportError(layer, arrival, "callback", outcome, startedAtMs);
        input = { kind: "attemptEnded", outcome, sentInTime };
        break;
      }
      case "probe": {
        const outcome = await lane.probe(arrival.target, { timeoutMs: probeTimeoutMs });
        reportError(layer, arrival, "probe", outcome, startedAtMs);
        input = { kind: "probeEnded", outcome };
        break;
      }
      case "wait":
        await delay(clock, step.effect.ms);
        input = { kind: "waited" };
        break;
      case "end":
        return { ...step.effect, attempts: acknowledgement.attempts.length };
    }
  }
}

function reportError(
  { clock, publish }: Layer,
  { target, kind, command, createdAtMs }: Aged,
  request: "callback" | "probe",
  outcome: AttemptOutcome | ProbeOutcome,
  startedAtMs: number,
): void {
  if (outcome.kind === "accepted" || outcome.kind === "there") return;
  publish({
    kind: "discordError",
    interactionId: target.id,
    interactionKind: kind,
    command,
    request,
    code: "code" in outcome ? outcome.code : undefined,
    status: "status" in outcome ? outcome.status : undefined,
    ageMs: clock.monotonic() - createdAtMs,
    durationMs: clock.monotonic() - startedAtMs,
  });
}
