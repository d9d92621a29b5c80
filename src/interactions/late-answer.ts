import type { Arrival } from "./interaction.ts";
import { readInput } from "./interaction.ts";
import type { Layer } from "./options.ts";
import { runAlone } from "./run-alone.ts";

/**
 * A command that only reads and arrived too late to be acknowledged is run all the same, and its answer goes to the
 * person by direct message.
 *
 * @returns whether the person has it
 */
export async function answerLate(
  layer: Layer,
  arrival: Arrival & { readonly ageAtArrivalMs: number },
): Promise<boolean> {
  const { handlers, lateAnswers } = layer;
  const { interaction, target, name, ageAtArrivalMs } = arrival;
  const handler = handlers.commands.get(name);
  if (lateAnswers === undefined || !interaction.isChatInputCommand() || handler?.runAlone === undefined) return false;
  const input = readInput(interaction);
  if (!handler.reads(input)) return false;
  const reply = await runAlone(layer, handler.runAlone, { target, name, input, ageAtArrivalMs });
  return (
    reply.outcome === "answered" && lateAnswers.deliver(input.person.id, reply.answer, "arrivedTooLate", target.id)
  );
}
