import type { ApiResult } from "./api-result.ts";
import type { AnswerParts } from "./callbacks.ts";
import { discordError, invalidFormBody } from "./errors.ts";
import type { InteractionRecord } from "./interaction-record.ts";
import type { UploadedFile } from "./messages.ts";
import { replyContext } from "./reply-context.ts";
import { validateBody } from "./validation.ts";

export interface WebhookRequest {
  readonly body: unknown;
  readonly files: readonly UploadedFile[];
}

/** A message of an interaction by its id, or the first answer. */
export type WebhookTarget = "@original" | (string & {});

/**
 * Why the webhook of an interaction cannot be used: 10015 until an acknowledgement took effect, 50027 when the token is
 * over or was never given out (`discord-facts.md` 1.4). Nothing follows the choices of an autocomplete.
 */
export const webhookRefusal = (interaction: InteractionRecord | undefined): ApiResult | undefined => {
  if (interaction === undefined || interaction.tokenOver) return discordError(50027);
  if (interaction.acknowledgement.kind !== "given" || interaction.origin.kind === "autocomplete") {
    return discordError(10015);
  }
  return undefined;
};

/** POST /webhooks/:app/:token. Straight after a deferred reply it fills that in (`discord-facts.md` 1.3). */
export const followUp = (
  interaction: InteractionRecord,
  { body, files }: WebhookRequest,
  parts: AnswerParts,
): ApiResult => {
  const violations = validateBody("followUp", body, { hasFiles: files.length > 0 });
  if (violations.length > 0) return { ...invalidFormBody(violations), violations };
  const original = interaction.originalMessageId;
  if (interaction.loading === "shown" && original !== undefined) return fill(interaction, original, body, files, parts);
  if (interaction.loading === "deleted") {
    // Only the first one looks for the deleted message; a fresh one stands for itself (`discord-facts.md` 1.4).
    interaction.loading = "no";
    return discordError(10008);
  }
  const message = parts.book.create(body, replyContext(interaction, parts, files));
  interaction.messageIds.push(message.id);
  interaction.answer("anew");
  return parts.book.get(message.id);
};

/** PATCH of `@original` or of a message by its id. */
export const editMessageOf = (
  interaction: InteractionRecord,
  target: WebhookTarget,
  { body, files }: WebhookRequest,
  parts: AnswerParts,
): ApiResult => {
  const id = messageIdOf(interaction, target);
  if (id === undefined || parts.book.api(id) === undefined) return discordError(10008);
  const violations = validateBody("webhookMessageEdit", body, {
    hasFiles: files.length > 0,
    messageFlags: parts.book.flags(id),
  });
  if (violations.length > 0) return { ...invalidFormBody(violations), violations };
  if (interaction.loading === "shown" && id === interaction.originalMessageId) {
    return fill(interaction, id, body, files, parts);
  }
  const result = parts.book.edit(id, body, files);
  interaction.answer(interaction.answeredAtMs === undefined ? "anew" : "again");
  return result;
};

/** DELETE of `@original` or of a message by its id. */
export const deleteMessageOf = (
  interaction: InteractionRecord,
  target: WebhookTarget,
  { book }: AnswerParts,
): ApiResult => {
  const id = messageIdOf(interaction, target);
  if (id === undefined) return discordError(10008);
  const result = book.remove(id);
  if (interaction.loading === "shown" && id === interaction.originalMessageId) interaction.loading = "deleted";
  return result;
};

/** GET of `@original` or of a message by its id. */
export const getMessageOf = (
  interaction: InteractionRecord,
  target: WebhookTarget,
  { book }: AnswerParts,
): ApiResult => {
  const id = messageIdOf(interaction, target);
  return id === undefined ? discordError(10008) : book.get(id);
};

const fill = (
  interaction: InteractionRecord,
  id: string,
  body: unknown,
  files: readonly UploadedFile[],
  { book }: AnswerParts,
): ApiResult => {
  const result = book.fill(id, body, files);
  interaction.loading = "no";
  interaction.answer("anew");
  return result;
};

const messageIdOf = (interaction: InteractionRecord, target: WebhookTarget): string | undefined => {
  if (target === "@original") return interaction.originalMessageId;
  const reachable = [...interaction.messageIds, interaction.origin.sourceMessageId];
  return reachable.includes(target) ? target : undefined;
};
