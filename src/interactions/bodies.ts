import { type APIInteractionResponse, InteractionResponseType, MessageFlags } from "discord-api-types/v10";
import type { Answer, Modal } from "./answer.ts";
import type { Mode } from "./handler.ts";

/** The silent or "thinking…" acknowledgement of a mode. Of the flags, only this one is accepted (`discord-facts.md` 1.2). */
export function deferBody({ surface, visibility }: Mode): APIInteractionResponse {
  if (surface === "update") return { type: InteractionResponseType.DeferredMessageUpdate };
  return {
    type: InteractionResponseType.DeferredChannelMessageWithSource,
    ...(visibility === "private" ? { data: { flags: MessageFlags.Ephemeral } } : {}),
  };
}

/** The answer as the first and only callback. */
export function answerBody(mode: Mode, answer: Answer | Modal, privately: boolean): APIInteractionResponse {
  if ("modal" in answer) return { type: InteractionResponseType.Modal, data: answer.modal };
  const data = messageBody(answer);
  if (mode.surface === "update" && !privately) return { type: InteractionResponseType.UpdateMessage, data };
  const ephemeral = privately || mode.visibility === "private";
  return {
    type: InteractionResponseType.ChannelMessageWithSource,
    data: { ...data, ...(ephemeral ? { flags: MessageFlags.Ephemeral } : {}) },
  };
}

/** What is left when Discord refuses anything else: a private sentence without form. */
export const plainBody = (content: string): APIInteractionResponse => ({
  type: InteractionResponseType.ChannelMessageWithSource,
  data: { content, flags: MessageFlags.Ephemeral, allowed_mentions: { parse: [] } },
});

/** A message that pings nobody; what the answer leaves out is emptied, since it may replace another message. */
export const messageBody = (answer: Answer) => ({
  content: answer.content ?? "",
  embeds: [...(answer.embeds ?? [])],
  components: [...(answer.components ?? [])],
  allowed_mentions: { parse: [] },
});
