import { ApplicationFlags, GatewayIntentBits, Routes } from "discord-api-types/v10";
import { z } from "zod";
import { gatewayIntents } from "../../discord/gateway-intents.ts";
import { askDiscord, notKnown } from "../discord-inquiry.ts";
import { type Check, type Finding, fail, ok, warn } from "../finding.ts";

/** Those Discord gives only when asked to in the Developer Portal, and the flags that say that it does. */
const privileged = [
  {
    name: "Presence",
    bit: GatewayIntentBits.GuildPresences,
    flags: ApplicationFlags.GatewayPresence | ApplicationFlags.GatewayPresenceLimited,
  },
  {
    name: "Server Members",
    bit: GatewayIntentBits.GuildMembers,
    flags: ApplicationFlags.GatewayGuildMembers | ApplicationFlags.GatewayGuildMembersLimited,
  },
  {
    name: "Message Content",
    bit: GatewayIntentBits.MessageContent,
    flags: ApplicationFlags.GatewayMessageContent | ApplicationFlags.GatewayMessageContentLimited,
  },
] as const;

const application = z.object({ flags: z.number().default(0) });

/** What the bot asks for against what the application is allowed: more than that closes the gateway with 4014. */
export const intents: Check = {
  name: "intents",
  needs: ["discord"],
  async run({ discord }) {
    if (discord === undefined) return [];
    const asked = await askDiscord(discord, Routes.currentApplication());
    if (asked.kind !== "answered") return [notKnown(asked)];
    return judgeIntents(gatewayIntents, application.safeParse(asked.body).data?.flags ?? 0);
  },
};

export function judgeIntents(wanted: readonly GatewayIntentBits[], flags: number): readonly Finding[] {
  const forbidden = privileged.filter((intent) => wanted.includes(intent.bit) && (flags & intent.flags) === 0);
  const unused = privileged.filter((intent) => !wanted.includes(intent.bit) && (flags & intent.flags) !== 0);
  const findings = [
    ...forbidden.map(({ name }) =>
      fail(`the bot asks for "${name}", which is not allowed`, 'allow it in the Developer Portal, under "Bot"'),
    ),
    ...unused.map(({ name }) =>
      warn(
        `"${name}" is allowed and not needed: whoever gets hold of the token could use it`,
        'switch it off in the Developer Portal, under "Bot"',
      ),
    ),
  ];
  if (findings.length > 0) return findings;
  return [
    ok(wanted.length === 0 ? "the bot asks for none, and none is needed" : `${wanted.length} asked for and allowed`),
  ];
}
