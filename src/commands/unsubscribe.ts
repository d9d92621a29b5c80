import type { RESTPostAPIChatInputApplicationCommandsJSONBody } from "discord-api-types/v10";
import type { Backend } from "../backend/backend.ts";
import type { Clock } from "../clock.ts";
import type { Answer, CommandRequest } from "../interactions/index.ts";
import { unsubscribedCard } from "../presentation/subscription-cards.ts";
import { pairDefinition, pairOption, suggestPairs } from "./pair.ts";
import { accountOf, askerOf, type PlainCommand, suggestionAsker, whereUsable } from "./plain-command.ts";
import { orNothing, PersonalLists } from "./suggestions.ts";

export const unsubscribeDefinition: RESTPostAPIChatInputApplicationCommandsJSONBody = {
  name: "unsubscribe",
  description: "No longer get the signals for a currency pair, or for any",
  ...whereUsable,
  options: [pairDefinition("Which of your subscriptions; all of them when not chosen", false)],
};

export function createUnsubscribeCommand({
  backend,
  clock,
}: {
  readonly backend: Backend;
  readonly clock: Clock;
}): PlainCommand {
  const subscriptions = new PersonalLists(
    (request) => backend.listSubscriptions(accountOf(request.person), suggestionAsker(request)),
    clock,
  );
  const command = {
    definition: unsubscribeDefinition,
    visibility: "private",

    async execute(request: CommandRequest): Promise<Answer> {
      const pair = pairOption(request);
      const removed = await backend.unsubscribe(accountOf(request.person), pair, askerOf(request));
      subscriptions.forget(request.person.id);
      return unsubscribedCard(pair, removed);
    },

    complete: (request) =>
      orNothing(async ({ focused }) => {
        const own = await subscriptions.read(request);
        return suggestPairs(
          own.map(({ pair }) => pair),
          focused.value,
        );
      }, request),

    // What it sets is set again to the same: doing it twice changes nothing.
    recover: (request: CommandRequest): Promise<Answer> => command.execute(request),
  } satisfies PlainCommand;
  return command;
}
