import { delay } from "../clock.ts";
import { type DeliveryOutcome, deliver, type ReplyWith } from "./deliver.ts";
import type { ProbeOutcome } from "./lane.ts";
import type { Layer, Subject } from "./options.ts";
import { type Begun, type Reply, replyOf, type Stopped, tellFailure } from "./reply.ts";
import type { Progress } from "./request.ts";
import { mayRunElsewhere, runElsewhere } from "./run-elsewhere.ts";
import { responderFor } from "./run-handler.ts";
import type { InteractionRecord, OpenInteraction } from "./store.ts";

const probeTimeoutMs = 1500;
/** The message is gone, though not the webhook; before an acknowledgement, that is unknown (`discord-facts.md` 1.4). */
const unknownMessage = 10008;
/** Pauses before looking again when Discord did not say whether the person still waits, ms. */
const lookAgainAfterMs = [1000, 5000, 15_000] as const;

/** What became of an interaction whose process died. */
export type RecoveryOutcome =
  | RecoveryReply["outcome"]
  | DeliveryOutcome
  /** The person was not waiting: never acknowledged, or answered already. */
  | "notNeeded";

type RecoveryReply = ReplyWith<
  | Reply["outcome"]
  /** Something that changes things may or may not have happened, and the person was told so. */
  | "outcomeUnknown"
>;

/**
 * Answers every interaction that a process left behind: the person waits, and nobody else will end it. What only reads is
 * run again; what writes is looked up first and otherwise said to be unknown.
 *
 * @returns how many were found
 */
export async function answerForTheDead(layer: Layer): Promise<number> {
  const records = await layer.predecessors.search();
  await Promise.all(records.map((record) => recover(layer, record)));
  return records.length;
}

/** Answers one of them, which is claimed for this process. Never rejects. */
export async function recover(layer: Layer, record: OpenInteraction): Promise<void> {
  const subject: Subject = { target: record.target, kind: record.kind, name: record.command };
  const outcome = await answerFor(layer, subject, record).catch((error: unknown): RecoveryOutcome => {
    tellFailure(layer, subject, error);
    return "unanswered";
  });
  if (outcome === "notNeeded") layer.store?.strike(record.target.id);
  layer.tell(subject, { kind: "interactionRecovered", outcome });
}

async function answerFor(layer: Layer, subject: Subject, record: OpenInteraction): Promise<RecoveryOutcome> {
  const place = placeOf(await lookAt(layer, record), record);
  if (place === "nowhere") return "notNeeded";
  const { id } = record.target;
  // Its event may come again, now that sessions outlive their process. One that nobody acknowledged goes the usual way then.
  layer.predecessors.answerFor(id);
  const { ageMs: ageAtArrivalMs } = layer.discordClock.age(id);
  const begun: Begun = { ...subject, ageAtArrivalMs, createdAtMs: layer.discordClock.createdAtMs(id) };
  const responder = responderFor(layer, begun, record);
  const beside = place === "beside";
  // The message that could show it is gone.
  const progress: Progress = beside ? { show: async () => {} } : responder;
  const reply = replyFor(layer, begun, record, progress);
  const inPlace = reply.then((given) => ("stopped" in given || !beside ? given : { ...given, privately: true }));
  const mayGoOnElsewhere = () => mayRunElsewhere(layer.handlers, record);
  return deliver(layer, { ...begun, personId: record.input.person.id, mayGoOnElsewhere }, responder, inPlace);
}

/**
 * Where the person waits for the answer: in @original, beside it when the message that was to be changed is gone, or
 * nowhere. Where something else than "thinking…" stands, an answer could stand there already, of a process that died
 * before it could strike the interaction off. Nobody can tell; then they are answered, if need be once more.
 */
export function placeOf(look: ProbeOutcome, { surface, shown }: OpenInteraction): "original" | "beside" | "nowhere" {
  switch (look.kind) {
    case "unknown":
      return "original";
    case "notThere":
      return surface === "update" && look.code === unknownMessage ? "beside" : "nowhere";
    case "there":
      return look.loading || shown === true || surface === "update" ? "original" : "nowhere";
  }
}

async function replyFor(
  layer: Layer,
  begun: Begun,
  record: InteractionRecord,
  { show }: Progress,
): Promise<RecoveryReply | Stopped> {
  const run = runElsewhere(layer.handlers, record);
  if (run !== undefined) return replyOf(layer, begun, (running) => run({ ...running, show }));
  const content = layer.texts.outcomeUnknown(record.kind === "command" ? typedOf(record) : undefined);
  return { outcome: "outcomeUnknown", answer: { content }, privately: true };
}

const typedOf = ({ command, input: { subcommand } }: Extract<InteractionRecord, { readonly kind: "command" }>) =>
  subcommand === undefined ? command : `${command} ${subcommand}`;

/** Looks at @original until Discord says what stands there, a few times at most. */
export async function lookAt({ clock, lane }: Layer, { target }: InteractionRecord): Promise<ProbeOutcome> {
  for (const pauseMs of lookAgainAfterMs) {
    const look = await lane.probe(target, { timeoutMs: probeTimeoutMs });
    if (look.kind !== "unknown") return look;
    await delay(clock, pauseMs);
  }
  return { kind: "unknown" };
}
