import {
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from "discord-api-types/v10";
import { pairDefinition } from "./pair.ts";
import { whereUsable } from "./plain-command.ts";

/** How long a mute lasts. */
export const muteTimes = ["1h", "1d"] as const;
const muteNames = { "1h": "An hour", "1d": "A day" };

const subcommand = (
  name: string,
  description: string,
  options: APIApplicationCommandSubcommandOption["options"] = [],
): APIApplicationCommandSubcommandOption => ({
  type: ApplicationCommandOptionType.Subcommand,
  name,
  description,
  ...(options.length === 0 ? {} : { options }),
});

const time = (name: string, description: string) => ({
  type: ApplicationCommandOptionType.String as const,
  name,
  description,
  required: true,
  max_length: 12,
});

export const notificationsDefinition: RESTPostAPIChatInputApplicationCommandsJSONBody = {
  name: "notifications",
  description: "When signals reach you as direct messages, and which",
  ...whereUsable,
  options: [
    subcommand("show", "What you chose, and whether signals can reach you"),
    subcommand("quiet", "Hours of the day in which signals wait", [
      time("from", "When they begin, for example 22:00 or 10pm"),
      time("to", "When they end, for example 07:00; before the beginning means the next day"),
      {
        type: ApplicationCommandOptionType.String,
        name: "time_zone",
        description: "Where you are, for example Asia/Taipei: type a city",
        required: true,
        autocomplete: true,
        max_length: 60,
      },
      {
        type: ApplicationCommandOptionType.Boolean,
        name: "strong_signals_pass",
        description: "Strong signals come at once, even then",
      },
    ]),
    subcommand("quiet_off", "No quiet hours any more"),
    subcommand("mute", "Let signals wait for a while", [
      {
        type: ApplicationCommandOptionType.String,
        name: "for",
        description: "How long",
        required: true,
        choices: muteTimes.map((value) => ({ name: muteNames[value], value })),
      },
    ]),
    subcommand("unmute", "Let signals come again now"),
    subcommand("fewer_off", "All signals again, where you asked for fewer", [
      pairDefinition("Only those for this pair; everywhere when not chosen", false),
    ]),
    subcommand("resume", "Try whether signals can reach you, and let them come again"),
  ],
};
