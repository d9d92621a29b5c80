import {
  ApplicationCommandOptionType,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from "discord-api-types/v10";
import { type Backend, type Preferences, tradingStyles } from "../backend/backend.ts";
import type { Clock } from "../clock.ts";
import type { Answer, CommandInput, CommandRequest } from "../interactions/index.ts";
import { withinPatience } from "../patience.ts";
import { formatFraction } from "../presentation/format.ts";
import { withSentence } from "../presentation/limits.ts";
import { preferencesCard } from "../presentation/preferences-card.ts";
import { texts } from "../presentation/texts.ts";
import { choiceOption, flagOption, numberOption } from "./options.ts";
import type { RuleStore } from "./person-store.ts";
import { accountOf, askerOf, type PlainCommand, whereUsable } from "./plain-command.ts";

const styleNames = { trend: "Trend", "counter-trend": "Counter-trend", mixed: "Mixed" };

export const preferencesDefinition: RESTPostAPIChatInputApplicationCommandsJSONBody = {
  name: "preferences",
  description: "Which signals you want to get; without options, what you chose so far",
  ...whereUsable,
  options: [
    {
      type: ApplicationCommandOptionType.Integer,
      name: "risk_level",
      description: "From 1, careful, to 10, daring",
      min_value: 1,
      max_value: 10,
    },
    {
      type: ApplicationCommandOptionType.String,
      name: "trading_style",
      description: "With the trend, against it, or both",
      choices: tradingStyles.map((value) => ({ name: styleNames[value], value })),
    },
    {
      type: ApplicationCommandOptionType.Number,
      name: "min_confidence",
      description: "The least confidence a signal needs, from 0 to 1: 0.7 is 70 %",
      min_value: 0,
      max_value: 1,
    },
    {
      type: ApplicationCommandOptionType.Boolean,
      name: "strong_signals_only",
      description: "Leave out weak and moderate signals",
    },
  ],
};

/** What the answer may wait for the bot's own memory, ms. */
const mirrorPatienceMs = 300;

export function createPreferencesCommand({
  backend,
  rules,
  clock,
}: {
  readonly backend: Backend;
  readonly rules: RuleStore;
  readonly clock: Clock;
}): PlainCommand {
  /** What the person sees is what holds, also for signals that were not chosen by the backend. @returns whether it does */
  async function mirror(personId: string, { minConfidence, strongSignalsOnly }: Preferences): Promise<boolean> {
    const change = { minConfidence: minConfidence ?? null, strongOnly: strongSignalsOnly ?? null };
    return (await withinPatience(clock, mirrorPatienceMs, rules.change(personId, change))) !== undefined;
  }

  const command = {
    definition: preferencesDefinition,
    visibility: "private",
    effect: (input) => (Object.values(chosen(input)).every((value) => value === undefined) ? "reads" : "writes"),

    async execute(request: CommandRequest): Promise<Answer> {
      const account = accountOf(request.person);
      const changes = chosen(request);
      if (Object.values(changes).every((value) => value === undefined)) {
        const preferences = await backend.readPreferences(account, askerOf(request));
        await mirror(account.discordId, preferences);
        return preferencesCard(preferences, "shown");
      }
      const preferences = await backend.savePreferences(account, changes, askerOf(request));
      const saved = preferencesCard(preferences, "saved");
      return (await mirror(account.discordId, preferences)) ? saved : withSentence(saved, texts.rules.notMirrored);
    },

    // What it sets is set again to the same: doing it twice changes nothing.
    recover: (request: CommandRequest): Promise<Answer> => command.execute(request),
  } satisfies PlainCommand;
  return command;
}

function chosen(input: CommandInput): Preferences {
  return {
    riskLevel: numberOption(input, "risk_level", isRiskLevel, refuseRiskLevel),
    tradingStyle: choiceOption(input, "trading_style", tradingStyles),
    minConfidence: numberOption(input, "min_confidence", (given) => given >= 0 && given <= 1, refuseConfidence),
    strongSignalsOnly: flagOption(input, "strong_signals_only"),
  };
}

const isRiskLevel = (given: number): boolean => Number.isInteger(given) && given >= 1 && given <= 10;

function refuseRiskLevel(given: number | undefined): string {
  const nearest = given === undefined || Number.isNaN(given) ? 5 : Math.min(10, Math.max(1, Math.round(given)));
  return texts.preferences.riskLevelRange(String(nearest));
}

/** Who gives 70 means 70 %. */
function refuseConfidence(given: number | undefined): string {
  const meant = given !== undefined && given > 1 && given <= 100 ? Math.round(given) / 100 : 0.7;
  return texts.preferences.minConfidenceRange(String(meant), formatFraction(meant) ?? texts.notKnown);
}
