import { InteractionResponseType } from "discord-api-types/v10";
import { orAborted } from "./abort.ts";
import { codes } from "./acknowledgement.ts";
import { type Aged, acknowledgeWithinMs } from "./age-check.ts";
import type { AutocompleteRequest, Choice, Command } from "./command.ts";
import { markAcknowledged, readInput } from "./interaction.ts";
import type { Middleware } from "./middleware.ts";
import type { Layer } from "./options.ts";
import { referenceOf } from "./reference.ts";

/** Kept back of the 3 s for bringing the choices to the person, ms. */
const sendReserveMs = 600;
const shortestTimeoutMs = 250;
/** Discord shows no more (`discord-facts.md` 1.1). */
const maxChoices = 25;

/**
 * Answers an autocomplete, which cannot be deferred: choices in time, none when the command fails or takes too long.
 * Every keystroke makes a new one, so nothing is sent twice and a late one is dropped quietly.
 */
export function suggestChoices(layer: Layer): Middleware<Aged, never> {
  const { clock, commands, lane, publish, finish, times } = layer;

  const choose = async (command: Command | undefined, arrival: Aged): Promise<readonly Choice[]> => {
    const { interaction, target, kind } = arrival;
    if (!interaction.isAutocomplete() || command?.complete === undefined) return [];
    const { name, value } = interaction.options.getFocused(true);
    const time = times.start(arrival.createdAtMs + acknowledgeWithinMs - sendReserveMs - clock.monotonic());
    const request: AutocompleteRequest = {
      ...readInput(interaction),
      focused: { name, value: String(value) },
      signal: time.signal,
    };
    try {
      return await orAborted(command.complete(request), time.signal);
    } catch (error) {
      const subject = { interactionId: target.id, interactionKind: kind, command: arrival.command };
      publish({ kind: "commandFailed", ...subject, reference: referenceOf(target.id), error });
      return [];
    } finally {
      time.release();
    }
  };

  return async (arrival) => {
    const choices = await choose(commands.get(arrival.command), arrival);
    const remainingMs = arrival.createdAtMs + acknowledgeWithinMs - clock.monotonic();
    const body = {
      type: InteractionResponseType.ApplicationCommandAutocompleteResult as const,
      data: { choices: choices.slice(0, maxChoices).map(({ name, value }) => ({ name, value })) },
    };
    const timeoutMs = Math.max(shortestTimeoutMs, remainingMs);
    const outcome = await lane.callback(arrival.target, body, { timeoutMs, fresh: false });
    if (outcome.kind === "accepted") {
      markAcknowledged(arrival.interaction, body, false);
      return finish(arrival, "answered");
    }
    if (outcome.kind !== "refused") return finish(arrival, "unreachable");
    if (outcome.code === codes.unknownInteraction) return finish(arrival, "expired");
    return finish(arrival, outcome.code === codes.alreadyAcknowledged ? "foreign" : "unanswered");
  };
}
