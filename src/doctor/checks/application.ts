import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import { askDiscord, notKnown } from "../discord-inquiry.ts";
import { type Check, fail, ok } from "../finding.ts";

const application = z.object({ id: z.string(), name: z.string(), interactions_endpoint_url: z.string().nullish() });

/** Whether commands are registered to the application whose interactions the bot receives. */
export const applicationCheck: Check = {
  name: "application",
  needs: ["discord"],
  async run({ discord }) {
    if (discord === undefined) return [];
    const asked = await askDiscord(discord, Routes.currentApplication());
    if (asked.kind !== "answered") return [notKnown(asked)];
    const found = application.safeParse(asked.body).data;
    if (found === undefined) return [fail("what answers at DISCORD_API_URL is not Discord", "correct DISCORD_API_URL")];
    if (found.id !== discord.applicationId) {
      return [
        fail(
          `DISCORD_CLIENT_ID is ${discord.applicationId}, and DISCORD_BOT_TOKEN belongs to the application ${found.id}`,
          "set the one or the other",
        ),
      ];
    }
    if (found.interactions_endpoint_url) {
      return [
        fail(
          "the application has an interactions endpoint URL: Discord sends interactions there, and none to the gateway",
          'empty it in the Developer Portal, under "General Information"',
        ),
      ];
    }
    return [ok(`"${found.name}", ${found.id}`)];
  },
};
