import { delay } from "../clock.ts";
import type { Handler } from "./handler.ts";
import type { ProbeOutcome } from "./lane.ts";
import type { Layer } from "./options.ts";
import { referenceOf } from "./reference.ts";
import { createResponder } from "./responder.ts";
import { type AloneReply, runAlone } from "./run-alone.ts";
import type { InteractionRecord } from "./store.ts";

const probeTimeoutMs = 1500;
/** Pauses before looking again when Discord did not say whether the person still waits, ms. */
const lookAgainAfterMs = [1000, 5000, 15_000] as const;

/** What became of an interaction whose process died. */
export type RecoveryOutcome =
  | AloneReply["outcome"]
  /** Something that changes things may or may not have happened, and the person was told so. */
  | "outcomeUnknown"
  /** The person was not waiting: never acknowledged, or answered already. */
  | "notNeeded"
  | "unanswered";

/**
 * Answers every interaction that a process left behind: the person sees "thinking…", and nobody else will end it. What
 * only reads is run again; what writes is looked up first and otherwise said to be unknown.
 *
 * @returns how many were found
 */
export async function answerForTheDead(layer: Layer): Promise<number> {
  const records = (await layer.store?.takeOver()) ?? [];
  await Promise.all(
    records.map(async (record) => {
      const outcome = await answerFor(layer, record);
      if (outcome !== "unanswered") layer.store?.strike(record.target.id);
      layer.publish({
        kind: "interactionRecovered",
        interactionId: record.target.id,
        interactionKind: "command",
        command: record.command,
        outcome,
      });
    }),
  );
  return records.length;
}

async function answerFor(layer: Layer, record: InteractionRecord): Promise<RecoveryOutcome> {
  const { clock, discordClock, lane, texts, publish } = layer;
  const { target, command } = record;
  const look = await lookAt(layer, record);
  if (look.kind === "notThere" || (look.kind === "there" && !look.loading)) return "notNeeded";
  const { ageMs } = discordClock.age(target.id);
  const createdAtMs = clock.monotonic() - ageMs;
  const responder = createResponder({
    clock,
    lane,
    target,
    mode: { surface: "reply", visibility: record.visibility },
    createdAtMs,
    onlyForYou: texts.onlyForYou,
    plainFailure: texts.plainFailure(referenceOf(target.id)),
    onError: (request, { discordCode: code, status }, durationMs) => {
      const subject = { interactionId: target.id, interactionKind: "command", command } as const;
      const nowAgeMs = clock.monotonic() - createdAtMs;
      publish({ kind: "discordError", ...subject, request, code, status, ageMs: nowAgeMs, durationMs });
    },
  });
  const reply = await replyFor(layer, record, layer.handlers.commands.get(command), ageMs);
  try {
    await (reply.outcome === "answered" ? responder.answer(reply.answer) : responder.answerPrivately(reply.answer));
    return reply.outcome;
  } catch {
    return "unanswered";
  }
}

async function replyFor(
  layer: Layer,
  { target, command, input }: InteractionRecord,
  handler: Handler | undefined,
  ageAtArrivalMs: number,
): Promise<Omit<AloneReply, "outcome"> & { readonly outcome: AloneReply["outcome"] | "outcomeUnknown" }> {
  const run = handler?.reads(input) === true ? handler.runAlone : handler?.recover;
  if (run === undefined) {
    const name = input.subcommand === undefined ? command : `${command} ${input.subcommand}`;
    return { outcome: "outcomeUnknown", answer: { content: layer.texts.outcomeUnknown(name) } };
  }
  return runAlone(layer, run, { target, name: command, input, ageAtArrivalMs });
}

async function lookAt({ clock, lane }: Layer, { target }: InteractionRecord): Promise<ProbeOutcome> {
  for (const pauseMs of lookAgainAfterMs) {
    const look = await lane.probe(target, { timeoutMs: probeTimeoutMs });
    if (look.kind !== "unknown") return look;
    await delay(clock, pauseMs);
  }
  return { kind: "unknown" };
}
