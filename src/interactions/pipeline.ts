import { acknowledgeOnce } from "./acknowledge-once.ts";
import { ageCheck } from "./age-check.ts";
import { duplicateCheck } from "./duplicate-check.ts";
import type { Arrival } from "./interaction.ts";
import { chain } from "./middleware.ts";
import type { Layer } from "./options.ts";
import { referenceOf } from "./reference.ts";
import { runCommand } from "./run-command.ts";
import { suggestChoices } from "./suggest-choices.ts";

/** The way an interaction goes. Nothing is awaited before the acknowledgement is on the wire. */
export function createPipeline(layer: Layer): (arrival: Arrival) => Promise<void> {
  const checked = chain<Arrival>().use(ageCheck(layer)).use(duplicateCheck(layer));

  const answering = checked.use(acknowledgeOnce(layer)).use(runCommand(layer));
  const suggesting = checked.use(suggestChoices(layer));

  return async (arrival) => {
    try {
      await (arrival.kind === "autocomplete" ? suggesting : answering).run(arrival);
    } catch (error) {
      const { target, kind, command } = arrival;
      const subject = { interactionId: target.id, interactionKind: kind, command };
      layer.publish({ kind: "commandFailed", ...subject, reference: referenceOf(target.id), error });
      layer.finish(arrival, "unanswered");
    }
  };
}
