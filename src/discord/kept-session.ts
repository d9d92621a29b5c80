import type { SessionInfo } from "@discordjs/ws";
import type { GatewayReadyDispatchData } from "discord-api-types/v10";
import { z } from "zod";

/** What is needed of READY, which Discord does not send again when a session is resumed. */
export type Welcome = z.infer<typeof welcomeSchema>;

const welcomeSchema = z.object({
  user: z.object({
    id: z.string(),
    username: z.string(),
    discriminator: z.string(),
    global_name: z.string().nullable(),
    avatar: z.string().nullable(),
  }),
  application: z.object({ id: z.string(), flags: z.number() }),
  guildIds: z.array(z.string()),
});

/** A session that was opened by IDENTIFY, with all that another process needs to go on with it. */
export interface KeptSession {
  readonly info: SessionInfo;
  /** What it was opened with; it cannot be changed afterwards. */
  readonly intents: number;
  readonly welcome: Welcome;
}

/** Undefined when READY is not as it is documented: such a session is not kept. */
export const welcomeOf = ({ user, application, guilds }: GatewayReadyDispatchData): Welcome | undefined =>
  welcomeSchema.safeParse({ user, application, guildIds: guilds.map(({ id }) => id) }).data;

/** READY as it would be sent now, as far as the library looks at it. */
export const readyOf = ({ info, welcome }: KeptSession): GatewayReadyDispatchData => ({
  v: 10,
  user: { ...welcome.user, bot: true },
  application: { ...welcome.application, flags_new: String(welcome.application.flags) },
  guilds: welcome.guildIds.map((id) => ({ id, unavailable: true })),
  session_id: info.sessionId,
  resume_gateway_url: info.resumeURL,
  shard: [info.shardId, info.shardCount],
});

const webSocketUrl = z.url({ protocol: /^wss?$/ });

/** The part that stays as it is for as long as the session lives. */
const openingSchema = z.object({
  sessionId: z.string().min(1),
  resumeURL: webSocketUrl,
  shardId: z.int().nonnegative(),
  shardCount: z.int().positive(),
  intents: z.int().nonnegative(),
  welcome: welcomeSchema,
});

/** The part that each event changes, and the session it belongs to. */
const positionSchema = z.object({ sessionId: z.string(), sequence: z.int().nonnegative() });

export const openingText = ({ info, intents, welcome }: KeptSession): string => {
  const { sequence: _sequence, ...lasting } = info;
  return JSON.stringify({ ...lasting, intents, welcome });
};

export const positionText = ({ sessionId, sequence }: SessionInfo): string => JSON.stringify({ sessionId, sequence });

/** Undefined when the two are not of one session, or not what was written. */
export function readKeptSession(openingText: string, positionText: string): KeptSession | undefined {
  const opening = openingSchema.safeParse(parseJson(openingText)).data;
  const position = positionSchema.safeParse(parseJson(positionText)).data;
  if (opening === undefined || position === undefined || opening.sessionId !== position.sessionId) return undefined;
  const { intents, welcome, ...lasting } = opening;
  return { info: { ...lasting, sequence: position.sequence }, intents, welcome };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
