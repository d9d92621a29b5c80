import { GatewayDispatchEvents, GatewayIntentBits } from "discord-api-types/v10";
import type { Gateway } from "./gateway.ts";
import type { MessageBook, MessageChange } from "./message-book.ts";
import { messageFlags } from "./messages.ts";
import type { World } from "./world.ts";

/** Tells the sessions with the intent for it of every message but the private ones, which the gateway never shows. */
export const announceMessages = (book: MessageBook, gateway: Gateway, world: World): void => {
  book.onChange(({ kind, message }) => {
    const { flags, id, channel_id } = message;
    if (typeof flags === "number" && (flags & messageFlags.ephemeral) !== 0) return;
    const inGuild = channel_id === world.channelId;
    const place = inGuild ? { guild_id: world.guildId } : {};
    gateway.dispatch(
      events[kind],
      kind === "deleted" ? { id, channel_id, ...place } : { ...message, ...place },
      inGuild
        ? { guildId: world.guildId, intents: GatewayIntentBits.GuildMessages }
        : { intents: GatewayIntentBits.DirectMessages },
    );
  });
};

const events: Readonly<Record<MessageChange["kind"], string>> = {
  created: GatewayDispatchEvents.MessageCreate,
  updated: GatewayDispatchEvents.MessageUpdate,
  deleted: GatewayDispatchEvents.MessageDelete,
};
