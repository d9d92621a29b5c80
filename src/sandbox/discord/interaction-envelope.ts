import { InteractionContextType } from "discord-api-types/v10";
import type { SandboxPerson } from "./api.ts";
import { type InteractionRecord, interactionTypes } from "./interaction-record.ts";
import type { JsonObject } from "./messages.ts";
import { guildLocale, memberPermissions, type World } from "./world.ts";

export interface InteractionPlaceParts {
  /** Undefined in a direct message. */
  readonly guildId: string | undefined;
  readonly channelId: string;
}

/** INTERACTION_CREATE as the gateway sends it: `member` in a guild, `user` in a direct message (`discord-facts.md` 5). */
export const interactionEnvelope = ({
  interaction,
  person,
  place,
  data,
  message,
  world,
}: {
  readonly interaction: InteractionRecord;
  readonly person: SandboxPerson;
  readonly place: InteractionPlaceParts;
  readonly data: JsonObject;
  readonly message: JsonObject | undefined;
  readonly world: World;
}): JsonObject => {
  const { id, kind } = interaction.origin;
  const user = world.user(person);
  return {
    id,
    application_id: world.applicationId,
    type: interactionTypes[kind],
    token: interaction.token,
    version: 1,
    data,
    ...(message === undefined ? {} : { message }),
    channel_id: place.channelId,
    app_permissions: String(memberPermissions),
    locale: person.locale,
    entitlements: [],
    entitlement_sku_ids: [],
    attachment_size_limit: 10 * 1024 * 1024,
    ...(place.guildId === undefined
      ? {
          user,
          channel: { id: place.channelId, type: 1, recipients: [user], last_message_id: null, flags: 0 },
          context: InteractionContextType.BotDM,
          authorizing_integration_owners: { "0": "0" },
        }
      : {
          guild_id: place.guildId,
          guild: { id: place.guildId, locale: guildLocale, features: [] },
          guild_locale: guildLocale,
          member: { ...world.member(), user },
          channel: world.channel(),
          context: InteractionContextType.Guild,
          authorizing_integration_owners: { "0": place.guildId },
        }),
  };
};
