import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import { askDiscord, notKnown } from "../discord-inquiry.ts";
import { type Check, fail, ok } from "../finding.ts";

const guild = z.object({ name: z.string() });

/** Whether the bot is where its commands are registered. */
export const guildCheck: Check = {
  name: "guild",
  needs: ["discord"],
  async run({ discord }) {
    if (discord === undefined) return [];
    const { guildId, applicationId } = discord;
    if (guildId === undefined) return [ok("none is set: commands are registered globally")];
    const asked = await askDiscord(discord, Routes.guild(guildId));
    if (asked.kind === "refused" && (asked.status === 403 || asked.status === 404)) {
      return [
        fail(
          `the bot is not in the guild ${guildId} of DISCORD_GUILD_ID`,
          `correct the id, or invite the bot: https://discord.com/oauth2/authorize?client_id=${applicationId}&scope=bot+applications.commands`,
        ),
      ];
    }
    if (asked.kind !== "answered") return [notKnown(asked)];
    return [ok(`the bot is in "${guild.safeParse(asked.body).data?.name ?? guildId}"`)];
  },
};
