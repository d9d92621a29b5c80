import {
  type APIApplicationCommandBasicOption,
  ApplicationCommandOptionType,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from "discord-api-types/v10";
import { pairDefinition } from "./pair.ts";
import { whereUsable } from "./plain-command.ts";
import { actions, highestPrice, longestNotes, lowestPrice } from "./position-figures.ts";

const actionNames = { buy: "Buy", sell: "Sell" };

const price = (name: string, description: string, required: boolean): APIApplicationCommandBasicOption => ({
  type: ApplicationCommandOptionType.Number,
  name,
  description,
  required,
  min_value: lowestPrice,
  max_value: highestPrice,
});

export const positionDefinition: RESTPostAPIChatInputApplicationCommandsJSONBody = {
  name: "position",
  description: "Your own positions: open, list, close",
  ...whereUsable,
  options: [
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: "open",
      description: "Note a position that you opened",
      options: [
        pairDefinition("The currency pair, for example EUR/USD", true),
        {
          type: ApplicationCommandOptionType.String,
          name: "action",
          description: "Which way you trade",
          required: true,
          choices: actions.map((value) => ({ name: actionNames[value], value })),
        },
        price("entry_price", "The price you entered at", true),
        {
          type: ApplicationCommandOptionType.Number,
          name: "size",
          description: "How many units of the pair's first currency",
          required: true,
        },
        price("stop_loss", "Where you give up: below the entry of a buy, above that of a sell", false),
        price("take_profit", "Where you take the gain: above the entry of a buy, below that of a sell", false),
        {
          type: ApplicationCommandOptionType.String,
          name: "notes",
          description: "Anything you want to remember",
          max_length: longestNotes,
        },
      ],
    },
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: "list",
      description: "Your open positions",
      options: [pairDefinition("Only those in this pair", false)],
    },
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: "close",
      description: "Close one of your positions, with its profit or loss",
      options: [
        {
          type: ApplicationCommandOptionType.String,
          name: "position_id",
          description: "Which one: choose from the suggestions",
          required: true,
          autocomplete: true,
        },
        price("exit_price", "The price you left at", true),
      ],
    },
  ],
};
