import { delay } from "../clock.ts";
import { admit } from "./admit.ts";
import type { Aged } from "./age-check.ts";
import { readInput } from "./interaction.ts";
import type { Layer } from "./options.ts";
import { replyOf, toldIfStopped } from "./reply.ts";
import type { Progress } from "./request.ts";

/**
 * It may have reached another process in time, and that one claims when it knows that the acknowledgement is its own:
 * after the three seconds and a look at @original at most. Until this age the right to run is left to it, ms.
 */
const claimLateAfterMs = 5000;

const lookTimeoutMs = 1500;

/** Nothing of it stands in Discord, so there is no place for its progress. */
const nowhere: Progress = { show: async () => {} };

/**
 * A command that only reads and arrived too late to be acknowledged is run all the same, and its answer, or the sentence
 * in its place, goes to the person by direct message, unless another process answers it.
 */
export async function answerLate(layer: Layer, arrival: Aged): Promise<void> {
  const { handlers, lateAnswers, store, clock } = layer;
  const { interaction, target, name, ageAtArrivalMs } = arrival;
  const handler = handlers.commands.get(name);
  if (lateAnswers === undefined || !interaction.isChatInputCommand() || handler?.runAlone === undefined) return;
  const input = readInput(interaction);
  if (!handler.reads(input)) return;
  const { runAlone: run } = handler;
  if (store !== undefined) {
    await delay(clock, claimLateAfterMs - ageAtArrivalMs);
    // Of a process that died, whose session goes on here: its claim is ours already, and so is its answer.
    if (layer.predecessors.answersFor(target.id)) return;
    const taken = (await store.claim(target.id, "journal")) === "taken";
    if (taken && !(await diedBeforeAcknowledging(layer, arrival))) return;
    // Whoever acknowledged it and did not claim it for so long may have died: "thinking…" must end all the same.
    store.release(target.id);
  }
  const reply = await replyOf(layer, arrival, async (running) => {
    await admit(layer, arrival);
    return run({ ...input, ...running, ...nowhere });
  });
  const { answer } = toldIfStopped(layer, arrival, reply);
  const delivered = await lateAnswers.deliver(input.person.id, answer, "arrivedTooLate", target.id);
  layer.tell(arrival, { kind: "lateAnswer", reason: "arrivedTooLate", delivered });
}

/** Its claim came before its acknowledgement, which never left: nobody else knows of it, and nothing stands in Discord. */
async function diedBeforeAcknowledging({ predecessors, lane }: Layer, { target }: Aged): Promise<boolean> {
  if ((await predecessors.whoHad(target.id)) !== "dead") return false;
  return (await lane.probe(target, { timeoutMs: lookTimeoutMs })).kind === "notThere";
}
