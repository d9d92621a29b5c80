import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import { askDiscord, notKnown } from "../discord-inquiry.ts";
import { type Check, fail, ok, warn } from "../finding.ts";

const gatewayBot = z.object({
  shards: z.number(),
  session_start_limit: z.object({ total: z.number(), remaining: z.number(), reset_after: z.number() }),
});

/** A bot that restarts again and again spends the rest quickly, and then has to wait (`discord-facts.md` 3.2). */
const few = 100;

/** How many sessions may still be started today. */
export const identifies: Check = {
  name: "session starts",
  needs: ["discord"],
  async run({ discord, control }) {
    if (discord === undefined) return [];
    const asked = await askDiscord(discord, Routes.gatewayBot());
    if (asked.kind !== "answered") return [notKnown(asked)];
    const found = gatewayBot.safeParse(asked.body).data;
    if (found === undefined) return [fail("what answers at DISCORD_API_URL is not Discord", "correct DISCORD_API_URL")];
    const { total, remaining, reset_after: resetAfterMs } = found.session_start_limit;
    const says = `${remaining} of ${total} left, for ${Math.ceil(resetAfterMs / 60_000)} minutes`;
    const spare = remaining - found.shards - (control?.identifyReserve ?? 0);
    const find = "find out what restarts the bot so often, and stop that first";
    if (spare < 0) return [fail(`${says}: the bot starts none of those kept back (IDENTIFY_RESERVE)`, find)];
    if (spare < few) return [warn(says, find)];
    return [ok(says)];
  },
};
