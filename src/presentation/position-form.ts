import {
  type APILabelComponent,
  type APIModalInteractionResponseCallbackData,
  type APITextInputComponent,
  ComponentType,
  TextInputStyle,
} from "discord-api-types/v10";
import { cutText } from "./limits.ts";
import { notificationIds, type Offer } from "./notification-ids.ts";
import { texts } from "./texts.ts";

/** `discord-facts.md` 5. */
const longestTitle = 45;
/** Longer than any price or size that makes sense. */
const longestNumber = 20;

/** The form in which a position is opened: what the signal suggests is filled in. Fields are named as the command's options. */
export function positionForm(offer: Offer, longestNotes: number): APIModalInteractionResponseCallbackData {
  const { title, entry, size, sizeHint, stopLoss, takeProfit, notes } = texts.position.form;
  const { pair, action } = offer;
  return {
    custom_id: notificationIds.positionForm(pair, action),
    title: cutText(title(`${texts.position[action]} ${pair}`), longestTitle),
    components: [
      labelled(entry, number("entry_price", offer.entryPrice, true)),
      labelled(size, { ...number("size", "", true), placeholder: sizeHint(pair.slice(0, 3)) }),
      labelled(stopLoss, number("stop_loss", offer.stopLoss, false)),
      labelled(takeProfit, number("take_profit", offer.takeProfit, false)),
      labelled(notes, {
        ...{ type: ComponentType.TextInput, custom_id: "notes", style: TextInputStyle.Paragraph },
        ...{ required: false, max_length: longestNotes },
      }),
    ],
  };
}

const labelled = (label: string, component: APITextInputComponent): APILabelComponent => ({
  type: ComponentType.Label,
  label,
  component,
});

const number = (name: string, value: string, required: boolean): APITextInputComponent => ({
  ...{ type: ComponentType.TextInput, custom_id: name, style: TextInputStyle.Short },
  ...{ required, max_length: longestNumber },
  ...(value === "" ? {} : { value }),
});
