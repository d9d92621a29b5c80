import {
  ApplicationCommandOptionType,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from "discord-api-types/v10";
import { type Backend, signalTypes } from "../backend/backend.ts";
import type { Clock } from "../clock.ts";
import type { Answer, CommandRequest } from "../interactions/index.ts";
import { withinPatience } from "../patience.ts";
import { confirmationCard, subscribedCard } from "../presentation/subscription-cards.ts";
import type { DirectMessenger } from "./direct-messenger.ts";
import { choiceOption } from "./options.ts";
import { pairDefinition, requiredPair, suggestPairs } from "./pair.ts";
import type { RuleStore } from "./person-store.ts";
import { accountOf, askerOf, type PlainCommand, suggestionAsker, whereUsable } from "./plain-command.ts";
import { orNothing } from "./suggestions.ts";

const typeNames = { all: "All signals", buy: "Buy signals", sell: "Sell signals", strong: "Strong signals" };

export const subscribeDefinition: RESTPostAPIChatInputApplicationCommandsJSONBody = {
  name: "subscribe",
  description: "Get the signals for a currency pair as direct messages",
  ...whereUsable,
  options: [
    pairDefinition("The currency pair, for example EUR/USD", true),
    {
      type: ApplicationCommandOptionType.String,
      name: "signal_type",
      description: "Which signals; all when not chosen. Choosing again replaces it",
      choices: signalTypes.map((value) => ({ name: typeNames[value], value })),
    },
  ],
};

/** What the answer may wait for the bot's own memory, ms. */
const resumePatienceMs = 300;

export function createSubscribeCommand({
  backend,
  messenger,
  rules,
  clock,
}: {
  readonly backend: Backend;
  readonly messenger: DirectMessenger;
  readonly rules: RuleStore;
  readonly clock: Clock;
}): PlainCommand {
  const command = {
    definition: subscribeDefinition,
    visibility: "private",

    async execute(request: CommandRequest): Promise<Answer> {
      const subscription = {
        pair: requiredPair(request),
        signalType: choiceOption(request, "signal_type", signalTypes) ?? "all",
      };
      const { person, reference } = request;
      await backend.subscribe(accountOf(person), subscription.pair, subscription.signalType, askerOf(request));
      // Only now: a confirmation of what failed would be worse than none. The subscription stands whatever becomes of it.
      const confirmation = await messenger.confirm(
        person.id,
        confirmationCard(subscription),
        `subscribe:${person.id}:${subscription.pair}:${subscription.signalType}:${reference}`,
      );
      // Who was out of reach is not: the confirmation says that signals come.
      if (confirmation === "sent") await withinPatience(clock, resumePatienceMs, rules.resume(person.id));
      return subscribedCard(subscription, confirmation);
    },

    complete: (request) =>
      orNothing(
        async ({ focused }) => suggestPairs(await backend.listPairs(suggestionAsker(request)), focused.value),
        request,
      ),

    // What it sets is set again to the same: doing it twice changes nothing.
    recover: (request: CommandRequest): Promise<Answer> => command.execute(request),
  } satisfies PlainCommand;
  return command;
}
