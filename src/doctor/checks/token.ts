import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import { askDiscord } from "../discord-inquiry.ts";
import { type Check, fail, ok } from "../finding.ts";

const user = z.object({ username: z.string(), bot: z.boolean().default(false) });

/** Whether Discord is there and knows the token: every other check of Discord depends on it. */
export const token: Check = {
  name: "token",
  needs: ["discord"],
  async run({ discord }) {
    if (discord === undefined) return [];
    const asked = await askDiscord(discord, Routes.user());
    if (asked.kind === "silent") {
      return [fail(asked.why, "check DISCORD_API_URL, the network, and https://discordstatus.com")];
    }
    if (asked.kind === "refused") {
      if (asked.status === 401) {
        return [
          fail("Discord does not accept DISCORD_BOT_TOKEN", "reset it in the Developer Portal and set the new one"),
        ];
      }
      return [fail(`Discord refused (HTTP ${asked.status}, code ${asked.code})`, "check DISCORD_API_URL")];
    }
    const found = user.safeParse(asked.body);
    if (!found.success) return [fail("what answers at DISCORD_API_URL is not Discord", "correct DISCORD_API_URL")];
    return [ok(`accepted, of the bot "${found.data.username}"`)];
  },
};
