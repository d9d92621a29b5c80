import {
  ApplicationCommandOptionType,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from "discord-api-types/v10";
import { type Backend, periods, timeframes } from "../backend/backend.ts";
import { signalCard } from "../presentation/signal-card.ts";
import { choiceOption } from "./options.ts";
import { pairDefinition, requiredPair, suggestPairs } from "./pair.ts";
import { askerOf, type PlainCommand, suggestionAsker, whereUsable } from "./plain-command.ts";
import { orNothing } from "./suggestions.ts";

const timeframeNames = { "15min": "15 minutes", "30min": "30 minutes", "1h": "1 hour", "4h": "4 hours", "1d": "1 day" };
const periodNames = { intraday: "Intraday", swing: "Swing", position: "Position", longterm: "Long term" };

export const signalDefinition: RESTPostAPIChatInputApplicationCommandsJSONBody = {
  name: "signal",
  description: "The current trading signal for a currency pair",
  ...whereUsable,
  options: [
    pairDefinition("The currency pair, for example EUR/USD", true),
    {
      type: ApplicationCommandOptionType.String,
      name: "timeframe",
      description: "The length of one candle; 1 hour when not chosen",
      choices: timeframes.map((value) => ({ name: timeframeNames[value], value })),
    },
    {
      type: ApplicationCommandOptionType.String,
      name: "period",
      description: "How long you want to hold; it decides the timeframe, whatever you chose there",
      choices: periods.map((value) => ({ name: periodNames[value], value })),
    },
  ],
};

export function createSignalCommand({ backend }: { readonly backend: Backend }): PlainCommand {
  return {
    definition: signalDefinition,
    visibility: "public",
    effect: "reads",

    async execute(request) {
      const pair = requiredPair(request);
      const timeframe = choiceOption(request, "timeframe", timeframes) ?? "1h";
      const period = choiceOption(request, "period", periods);
      return signalCard(
        await backend.fetchSignal(period === undefined ? { pair, timeframe } : { pair, period }, askerOf(request)),
      );
    },

    complete: (request) =>
      orNothing(
        async ({ focused }) => suggestPairs(await backend.listPairs(suggestionAsker(request)), focused.value),
        request,
      ),
  };
}
