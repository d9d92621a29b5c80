import type {
  APIEmbed,
  APIMessageTopLevelComponent,
  APIModalInteractionResponseCallbackData,
} from "discord-api-types/v10";

/** What the person finally sees. Texts never ping anybody: the responder sends it with mentions suppressed. */
export interface Answer {
  /** At most 2000 characters (`discord-facts.md` 5). */
  readonly content?: string;
  readonly embeds?: readonly APIEmbed[];
  readonly components?: readonly APIMessageTopLevelComponent[];
}

/** A form that Discord opens; what is entered comes back as an interaction of its own. */
export interface Modal {
  readonly modal: APIModalInteractionResponseCallbackData;
}

/** One suggestion: name and value of at most 100 characters each; at most 25 are shown. */
export interface Choice {
  readonly name: string;
  readonly value: string;
}

/** The person's input or situation does not allow what they asked for; the message is the private sentence they get. */
export class Refusal extends Error {
  readonly code = "REFUSED";
  override readonly name = "Refusal";
}
