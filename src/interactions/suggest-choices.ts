import { InteractionResponseType } from "discord-api-types/v10";
import { orAborted } from "./abort.ts";
import { admit } from "./admit.ts";
import type { Aged } from "./age-check.ts";
import { OverAllowance } from "./allowance.ts";
import type { Choice } from "./answer.ts";
import { acknowledgeWithinMs } from "./deadlines.ts";
import { markAcknowledged, readInput } from "./interaction.ts";
import { codes } from "./journal.ts";
import type { Middleware } from "./middleware.ts";
import type { Layer } from "./options.ts";
import { referenceOf } from "./reference.ts";

/** Kept back of the 3 s for bringing the choices to the person, ms. */
const sendReserveMs = 600;
const shortestTimeoutMs = 250;
/** Discord shows no more (`discord-facts.md` 1.1). */
const maxChoices = 25;

/**
 * Answers an autocomplete, which cannot be deferred: choices in time, none when the command fails or takes too long, or
 * when the person has had their allowance of them.
 * Every keystroke makes a new one, so nothing is sent twice and a late one is dropped quietly.
 */
export function suggestChoices<T extends Aged>(layer: Layer): Middleware<T, never> {
  const { clock, handlers, lane, tell, finish, times } = layer;

  const choose = async (arrival: T): Promise<readonly Choice[]> => {
    const { interaction } = arrival;
    const handler = handlers.commands.get(arrival.name);
    if (!interaction.isAutocomplete() || handler?.complete === undefined) return [];
    const { complete } = handler;
    const { name, value } = interaction.options.getFocused(true);
    const time = times.start(arrival.createdAtMs + acknowledgeWithinMs - sendReserveMs - clock.monotonic());
    const focused = { name, value: String(value) };
    try {
      const { signal } = time;
      return await orAborted(async () => {
        await admit(layer, arrival);
        return complete({ ...readInput(interaction), focused, signal });
      }, signal);
    } catch (error) {
      if (error instanceof OverAllowance) return [];
      tell(arrival, { kind: "commandFailed", reference: referenceOf(arrival.target.id), error });
      return [];
    } finally {
      time.release();
    }
  };

  return async (arrival) => {
    const choices = await choose(arrival);
    const remainingMs = arrival.createdAtMs + acknowledgeWithinMs - clock.monotonic();
    const body = {
      type: InteractionResponseType.ApplicationCommandAutocompleteResult as const,
      data: { choices: choices.slice(0, maxChoices).map(({ name, value }) => ({ name, value })) },
    };
    const timeoutMs = Math.max(shortestTimeoutMs, remainingMs);
    const outcome = await lane.callback(arrival.target, body, { timeoutMs, fresh: false });
    if (outcome.kind === "accepted") {
      markAcknowledged(arrival.interaction, body);
      return finish(arrival, "answered");
    }
    if (outcome.kind !== "refused") return finish(arrival, "unreachable");
    if (outcome.code === codes.unknownInteraction) return finish(arrival, "expired");
    return finish(arrival, outcome.code === codes.alreadyAcknowledged ? "foreign" : "unanswered");
  };
}
