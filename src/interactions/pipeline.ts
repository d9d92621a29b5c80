import { acknowledgeOnce } from "./acknowledge-once.ts";
import { ageCheck } from "./age-check.ts";
import { answerFirst } from "./answer-first.ts";
import { claimRun } from "./claim-run.ts";
import { duplicateCheck } from "./duplicate-check.ts";
import type { Arrival } from "./interaction.ts";
import { chain } from "./middleware.ts";
import type { Layer } from "./options.ts";
import { referenceOf } from "./reference.ts";
import { handlerOf, route } from "./route.ts";
import { runHandler } from "./run-handler.ts";
import { suggestChoices } from "./suggest-choices.ts";

/**
 * The ways an interaction goes. By default nothing is awaited before the acknowledgement is on the wire; where the mode
 * lets the answer itself be the acknowledgement, the answer is waited for, within the mode's bound.
 */
export function createPipeline(layer: Layer): (arrival: Arrival) => Promise<void> {
  const checked = chain<Arrival>().use(duplicateCheck(layer)).use(ageCheck(layer));
  const routed = checked.use(route(layer));

  const suggesting = checked.use(suggestChoices(layer));
  const acknowledging = routed.use(acknowledgeOnce(layer)).use(claimRun(layer)).use(runHandler(layer));
  const answering = routed.use(claimRun(layer)).use(answerFirst(layer));

  const wayOf = (arrival: Arrival) => {
    if (arrival.kind === "autocomplete") return suggesting;
    return handlerOf(layer, arrival).mode.withinMs > 0 ? answering : acknowledging;
  };

  return async (arrival) => {
    try {
      await wayOf(arrival).run(arrival);
    } catch (error) {
      layer.tell(arrival, { kind: "commandFailed", reference: referenceOf(arrival.target.id), error });
      layer.finish(arrival, "unanswered");
    }
  };
}
