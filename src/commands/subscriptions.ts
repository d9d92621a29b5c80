import type { RESTPostAPIChatInputApplicationCommandsJSONBody } from "discord-api-types/v10";
import type { Backend } from "../backend/backend.ts";
import { subscriptionListCard } from "../presentation/subscription-cards.ts";
import { accountOf, askerOf, type PlainCommand, whereUsable } from "./plain-command.ts";

export const subscriptionsDefinition: RESTPostAPIChatInputApplicationCommandsJSONBody = {
  name: "subscriptions",
  description: "The currency pairs whose signals you get as direct messages",
  ...whereUsable,
};

export function createSubscriptionsCommand({ backend }: { readonly backend: Backend }): PlainCommand {
  return {
    definition: subscriptionsDefinition,
    visibility: "private",
    effect: "reads",

    async execute(request) {
      return subscriptionListCard(await backend.listSubscriptions(accountOf(request.person), askerOf(request)));
    },
  };
}
