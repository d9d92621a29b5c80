import { type InteractionRecord, interactionTypes } from "./interaction-record.ts";
import type { MessageContext, UploadedFile } from "./messages.ts";
import type { SnowflakeSource } from "./snowflake.ts";
import type { World } from "./world.ts";

/** What a message made by an interaction has besides its body. */
export const replyContext = (
  interaction: InteractionRecord,
  parts: { readonly world: World; readonly snowflakes: SnowflakeSource },
  files: readonly UploadedFile[] = [],
): Omit<MessageContext, "createdAt"> => {
  const { id, kind, user, channelId, sourceMessageId } = interaction.origin;
  const { world, snowflakes } = parts;
  return {
    id: snowflakes.next(),
    channelId,
    author: world.bot,
    files,
    type: kind === "command" ? commandReply : ordinaryReply,
    webhookId: world.applicationId,
    extra: {
      interaction_metadata: {
        id,
        type: interactionTypes[kind],
        user,
        authorizing_integration_owners: { "0": channelId === world.channelId ? world.guildId : "0" },
        ...(sourceMessageId === undefined ? {} : { interacted_message_id: sourceMessageId }),
      },
    },
  };
};

const commandReply = 20;
const ordinaryReply = 19;
