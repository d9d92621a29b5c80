import {
  ApplicationCommandOptionType,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from "discord-api-types/v10";
import { type Backend, periods, type SignalAnswer } from "../backend/backend.ts";
import { type Outdated, signalCard } from "../presentation/signal-card.ts";
import { choiceOption } from "./options.ts";
import { pairDefinition, requiredPair, suggestPairs } from "./pair.ts";
import { askerOf, type PlainCommand, suggestionAsker, whereUsable } from "./plain-command.ts";
import { orNothing } from "./suggestions.ts";
import { timeframeDefinition, timeframeOption } from "./timeframe.ts";

const periodNames = { intraday: "Intraday", swing: "Swing", position: "Position", longterm: "Long term" };

export const signalDefinition: RESTPostAPIChatInputApplicationCommandsJSONBody = {
  name: "signal",
  description: "The current trading signal for a currency pair",
  ...whereUsable,
  options: [
    pairDefinition("The currency pair, for example EUR/USD", true),
    timeframeDefinition,
    {
      type: ApplicationCommandOptionType.String,
      name: "period",
      description: "How long you want to hold; it decides the timeframe, whatever you chose there",
      choices: periods.map((value) => ({ name: periodNames[value], value })),
    },
  ],
};

/** Longer than it takes to read Redis, and too short to be felt where the answer has to come from the backend, ms. */
const keptAnswerMs = 50;

export function createSignalCommand({ backend }: { readonly backend: Backend }): PlainCommand {
  return {
    definition: signalDefinition,
    visibility: "public",
    effect: "reads",
    acknowledge: "within",
    withinMs: keptAnswerMs,

    async execute(request) {
      const pair = requiredPair(request);
      const timeframe = timeframeOption(request);
      const period = choiceOption(request, "period", periods);
      const query = period === undefined ? { pair, timeframe } : { pair, period };
      const { signal, saidAt, outdated } = await backend.fetchSignal(query, askerOf(request));
      return signalCard(signal, outdated && { saidAt, why: whyOutdated(outdated) });
    },

    complete: (request) =>
      orNothing(
        async ({ focused }) => suggestPairs(await backend.listPairs(suggestionAsker(request)), focused.value),
        request,
      ),
  };
}

function whyOutdated(outdated: NonNullable<SignalAnswer["outdated"]>): Outdated["why"] {
  switch (outdated) {
    case "refreshing":
    case "busy":
    case "slow":
      return outdated;
    default:
      return "failing";
  }
}
