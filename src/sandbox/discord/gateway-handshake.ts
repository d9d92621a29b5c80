import { GatewayCloseCodes, GatewayIntentBits } from "discord-api-types/v10";
import * as z from "zod";

export type IdentifyRequest = z.infer<typeof identifyRequest>;

export const identifyRequest = z.object({
  token: z.string(),
  intents: z.number(),
  shard: z.tuple([z.number().int(), z.number().int()]).default([0, 1]),
  properties: z.record(z.string(), z.unknown()),
});

export const resumeRequest = z.object({
  token: z.string(),
  session_id: z.string(),
  seq: z.number().int().nonnegative(),
});

export interface IdentifyRules {
  readonly botToken: string;
  /** Fewer are refused. */
  readonly recommendedShards: number;
  /** Bits of the privileged intents the application was granted. */
  readonly privilegedIntents: number;
}

/** The close code for an IDENTIFY that Discord would not accept (`discord-facts.md` 3.2). */
export const identifyRefusal = (
  { token, intents, shard: [id, count] }: IdentifyRequest,
  { botToken, recommendedShards, privilegedIntents }: IdentifyRules,
): GatewayCloseCodes | undefined => {
  if (!isToken(token, botToken)) return GatewayCloseCodes.AuthenticationFailed;
  if (id < 0 || id >= count) return GatewayCloseCodes.InvalidShard;
  if (count < recommendedShards) return GatewayCloseCodes.ShardingRequired;
  if (!Number.isInteger(intents) || (intents & ~everyIntent) !== 0) return GatewayCloseCodes.InvalidIntents;
  if ((intents & everyPrivilegedIntent & ~privilegedIntents) !== 0) return GatewayCloseCodes.DisallowedIntents;
  return undefined;
};

/** The gateway takes the token bare or as HTTP does. */
export const isToken = (given: string, botToken: string): boolean => given.replace(/^Bot /, "") === botToken;

const everyPrivilegedIntent =
  GatewayIntentBits.GuildMembers | GatewayIntentBits.GuildPresences | GatewayIntentBits.MessageContent;

const everyIntent = Object.values(GatewayIntentBits)
  .filter((bit) => typeof bit === "number")
  .reduce((bits, bit) => bits | bit, 0);
