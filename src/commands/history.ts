import type { RESTPostAPIChatInputApplicationCommandsJSONBody } from "discord-api-types/v10";
import type { Backend } from "../backend/backend.ts";
import { historyCard } from "../presentation/history-card.ts";
import { pairDefinition, pairOption, suggestPairs } from "./pair.ts";
import { type Ledger, orStoreError } from "./person-store.ts";
import { type PlainCommand, suggestionAsker, whereUsable } from "./plain-command.ts";
import { orNothing } from "./suggestions.ts";

/** Messages: about as many as one answer has room for. */
const mostShown = 30;

export const historyDefinition: RESTPostAPIChatInputApplicationCommandsJSONBody = {
  name: "history",
  description: "Which signals were sent to you, newest first",
  ...whereUsable,
  options: [pairDefinition("Only those for this pair", false)],
};

export function createHistoryCommand({
  backend,
  history,
}: {
  readonly backend: Backend;
  readonly history: Ledger;
}): PlainCommand {
  return {
    definition: historyDefinition,
    visibility: "private",
    effect: "reads",

    async execute(request) {
      const pair = pairOption(request);
      const sent = history.history(request.person.id, { pair, limit: mostShown });
      return historyCard(await orStoreError("read the history", sent), pair);
    },

    complete: (request) =>
      orNothing(
        async ({ focused }) => suggestPairs(await backend.listPairs(suggestionAsker(request)), focused.value),
        request,
      ),
  };
}
