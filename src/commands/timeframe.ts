import { type APIApplicationCommandStringOption, ApplicationCommandOptionType } from "discord-api-types/v10";
import { type Timeframe, timeframes } from "../backend/backend.ts";
import type { CommandInput } from "../interactions/index.ts";
import { choiceOption } from "./options.ts";

const names = { "15min": "15 minutes", "30min": "30 minutes", "1h": "1 hour", "4h": "4 hours", "1d": "1 day" };

export const timeframeDefinition: APIApplicationCommandStringOption = {
  type: ApplicationCommandOptionType.String,
  name: "timeframe",
  description: "The length of one candle; 1 hour when not chosen",
  choices: timeframes.map((value) => ({ name: names[value], value })),
};

export const timeframeOption = (input: CommandInput): Timeframe => choiceOption(input, "timeframe", timeframes) ?? "1h";
