import { delay } from "../clock.ts";
import type { Handler } from "./handler.ts";
import type { ProbeOutcome } from "./lane.ts";
import type { Layer, Subject } from "./options.ts";
import { type Reply, tellFailure } from "./reply.ts";
import type { CommandInput } from "./request.ts";
import { type Alone, runAlone } from "./run-alone.ts";
import { responderFor } from "./run-handler.ts";
import type { InteractionRecord, OpenInteraction } from "./store.ts";

const probeTimeoutMs = 1500;
/** Pauses before looking again when Discord did not say whether the person still waits, ms. */
const lookAgainAfterMs = [1000, 5000, 15_000] as const;

/** What became of an interaction whose process died. */
export type RecoveryOutcome =
  | Reply["outcome"]
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
      const subject: Subject = { target: record.target, kind: record.kind, name: record.command };
      const outcome = await answerFor(layer, subject, record).catch((error: unknown): RecoveryOutcome => {
        tellFailure(layer, subject, error);
        return "unanswered";
      });
      if (outcome !== "unanswered") layer.store?.strike(record.target.id);
      layer.tell(subject, { kind: "interactionRecovered", outcome });
    }),
  );
  return records.length;
}

async function answerFor(layer: Layer, subject: Subject, record: OpenInteraction): Promise<RecoveryOutcome> {
  const look = await lookAt(layer, record);
  if (!isWaiting(look, record)) return "notNeeded";
  const { id } = record.target;
  const { visibility, input } = record;
  const { ageMs: ageAtArrivalMs } = layer.discordClock.age(id);
  const alone: Alone = { ...subject, input, ageAtArrivalMs, createdAtMs: layer.discordClock.createdAtMs(id) };
  const responder = responderFor(layer, alone, { surface: "reply", visibility });
  const { outcome, answer, privately } = await replyFor(layer, alone);
  const shown = await (privately ? responder.answerPrivately(answer) : responder.answer(answer));
  return shown === "answer" ? outcome : "failed";
}

/**
 * Whether the person has no answer yet. Where a process died while it brought the answer, or could not strike it off, in
 * place of something else that it had shown, nobody can tell; then they are answered, if need be once more.
 */
const isWaiting = (look: ProbeOutcome, { shown }: OpenInteraction): boolean =>
  look.kind === "unknown" || (look.kind === "there" && (look.loading || shown === true));

async function replyFor(
  layer: Layer,
  alone: Alone,
): Promise<Omit<Reply, "outcome"> & { readonly outcome: Reply["outcome"] | "outcomeUnknown" }> {
  const { kind, name, input } = alone;
  const run = kind === "command" ? runFor(layer.handlers.commands.get(name), input) : undefined;
  if (run !== undefined) return runAlone(layer, run, alone);
  const typed = input.subcommand === undefined ? name : `${name} ${input.subcommand}`;
  const content = layer.texts.outcomeUnknown(kind === "command" ? typed : undefined);
  return { outcome: "outcomeUnknown", answer: { content }, privately: true };
}

/** What answers it without doing twice what must not be done twice. */
const runFor = (handler: Handler | undefined, input: CommandInput) =>
  handler?.reads(input) === true ? handler.runAlone : handler?.recover;

async function lookAt({ clock, lane }: Layer, { target }: InteractionRecord): Promise<ProbeOutcome> {
  for (const pauseMs of lookAgainAfterMs) {
    const look = await lane.probe(target, { timeoutMs: probeTimeoutMs });
    if (look.kind !== "unknown") return look;
    await delay(clock, pauseMs);
  }
  return { kind: "unknown" };
}
