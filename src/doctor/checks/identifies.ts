import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import { askDiscord, notKnown } from "../discord-inquiry.ts";
import { type Check, fail, ok, warn } from "../finding.ts";

const gatewayBot = z.object({
  shards: z.number(),
  session_start_limit: z.object({ total: z.number(), remaining: z.number(), reset_after: z.number() }),
});

/** A bot that restarts again and again spends the rest quickly, and the last one costs the token (`discord-facts.md` 3.2). */
const few = 50;

/** How many sessions may still be started today. */
export const identifies: Check = {
  name: "session starts",
  needs: ["discord"],
  async run({ discord }) {
    if (discord === undefined) return [];
    const asked = await askDiscord(discord, Routes.gatewayBot());
    if (asked.kind !== "answered") return [notKnown(asked)];
    const found = gatewayBot.safeParse(asked.body).data;
    if (found === undefined) return [fail("what answers at DISCORD_API_URL is not Discord", "correct DISCORD_API_URL")];
    const { total, remaining, reset_after: resetAfterMs } = found.session_start_limit;
    const says = `${remaining} of ${total} left, for ${Math.ceil(resetAfterMs / 60_000)} minutes`;
    if (remaining < found.shards) return [fail(says, "the bot waits until then: do not restart it meanwhile")];
    if (remaining < few) return [warn(says, "find out what restarts the bot so often, and stop that first")];
    return [ok(says)];
  },
};
