import { InteractionResponseType as CallbackType } from "discord-api-types/v10";
import * as z from "zod";
import type { ApiResult } from "./api-result.ts";
import { discordError, invalidFormBody } from "./errors.ts";
import { type InteractionRecord, interactionTypes } from "./interaction-record.ts";
import type { MessageBook } from "./message-book.ts";
import { type JsonObject, messageFlags, type UploadedFile } from "./messages.ts";
import { replyContext } from "./reply-context.ts";
import type { SnowflakeSource } from "./snowflake.ts";
import { validateCallback } from "./validation.ts";
import type { World } from "./world.ts";

export interface CallbackRequest {
  readonly body: unknown;
  readonly files: readonly UploadedFile[];
  readonly withResponse: boolean;
}

export interface AnswerParts {
  readonly world: World;
  readonly book: MessageBook;
  readonly snowflakes: SnowflakeSource;
}

/**
 * POST /interactions/:id/:token/callback. The first valid one within the deadline wins; what is refused for its body does
 * not use the chance up (`discord-facts.md` 1.1, 1.4).
 */
export const answerCallback = (
  interaction: InteractionRecord,
  request: CallbackRequest,
  parts: AnswerParts,
): ApiResult => {
  const { faults, kind, sourceMessageId } = interaction.origin;
  if (interaction.ageMs < (faults.unknownForMs ?? 0)) return discordError(10062);
  if (interaction.missed || interaction.tokenOver) return discordError(10062);
  const violations = validateCallback(request.body, kind, {
    hasFiles: request.files.length > 0,
    fromComponent: sourceMessageId !== undefined,
    messageFlags: parts.book.flags(sourceMessageId),
  });
  if (violations.length > 0) return { ...invalidFormBody(violations), violations };
  if (interaction.acknowledgement.kind === "given") return discordError(faults.secondAckUnknown ? 10062 : 40060);
  const callback = callbackBody.parse(request.body);
  if (callback.type === CallbackType.UpdateMessage && parts.book.api(sourceMessageId ?? "") === undefined) {
    return discordError(10008);
  }
  interaction.acknowledge(callback.type);
  const message = takeEffect(interaction, callback, request.files, parts);
  if (!request.withResponse) return { status: 204 };
  return { status: 200, body: callbackResponse(interaction, callback.type, message, parts.book) };
};

/** What the person sees of the callback; the message of types 4 and 7, as the response shows it. */
const takeEffect = (
  interaction: InteractionRecord,
  { type, data }: Callback,
  files: readonly UploadedFile[],
  parts: AnswerParts,
): JsonObject | undefined => {
  switch (type) {
    case CallbackType.ChannelMessageWithSource: {
      const message = parts.book.create(data, replyContext(interaction, parts, files));
      interaction.messageIds.push(message.id);
      interaction.originalMessageId = message.id;
      interaction.answer("anew");
      return parts.book.api(message.id);
    }
    case CallbackType.DeferredChannelMessageWithSource: {
      const message = parts.book.createLoading(replyContext(interaction, parts), isEphemeral(data));
      interaction.messageIds.push(message.id);
      interaction.originalMessageId = message.id;
      interaction.loading = "shown";
      return undefined;
    }
    case CallbackType.DeferredMessageUpdate:
      interaction.originalMessageId = interaction.origin.sourceMessageId;
      return undefined;
    case CallbackType.UpdateMessage: {
      const source = interaction.origin.sourceMessageId;
      interaction.originalMessageId = source;
      if (source !== undefined) parts.book.edit(source, data, files);
      interaction.answer("anew");
      return source === undefined ? undefined : parts.book.api(source);
    }
    case CallbackType.ApplicationCommandAutocompleteResult:
      interaction.choices = choicesData.parse(data).choices;
      interaction.answer("anew");
      return undefined;
    case CallbackType.Modal:
      interaction.modal = data ?? {};
      interaction.answer("anew");
      return undefined;
    default:
      interaction.answer("anew");
      return undefined;
  }
};

/** `with_response=true`: the ids sit in `interaction`, a message only for types 4 and 7 (`discord-facts.md` 1.2). */
const callbackResponse = (
  interaction: InteractionRecord,
  callbackType: number,
  message: JsonObject | undefined,
  book: MessageBook,
): JsonObject => {
  const replyId = interaction.messageIds[0];
  return {
    interaction: {
      id: interaction.origin.id,
      type: interactionTypes[interaction.origin.kind],
      ...(replyId === undefined
        ? {}
        : {
            response_message_id: replyId,
            response_message_loading: interaction.loading === "shown",
            response_message_ephemeral: (book.flags(replyId) & messageFlags.ephemeral) !== 0,
          }),
    },
    resource: { type: callbackType, ...(message === undefined ? {} : { message }) },
  };
};

type Callback = z.infer<typeof callbackBody>;

const callbackBody = z.object({ type: z.number(), data: z.record(z.string(), z.unknown()).nullish() });

const choicesData = z.object({
  choices: z.array(z.object({ name: z.string(), value: z.union([z.string(), z.number()]) })).default([]),
});

const isEphemeral = (data: Callback["data"]): boolean => {
  const flags = data?.flags;
  return typeof flags === "number" && (flags & messageFlags.ephemeral) !== 0;
};
