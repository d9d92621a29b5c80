import { REST, type RequestData } from "@discordjs/rest";
import { Routes } from "discord-api-types/v10";
import { Agent } from "undici";
import { z } from "zod";
import { type RestSettings, restOptions } from "../interactions/rest.ts";
import { readRestFailure } from "../interactions/rest-errors.ts";
import { type DeliveryLane, LaneError } from "../notifications/lane.ts";

/** Sends are repeatable by their nonce, so one that hangs is given up soon, ms. */
const defaultTimeoutMs = 10_000;
/** Counted by the library over the whole process (`discord-facts.md` 4.2); Discord blocks at 10,000 in ten minutes. */
const invalidRequestsPerWarning = 500;

/**
 * A wait longer than this is told to the caller, who has better to do than to stand in a queue. The share of the 50 a second
 * is waited for: it comes anew every second (`discord-facts.md` 2.4).
 */
const longestWaitMs = 1_500;
/** Of a channel's messages, how many are looked at. */
const recentMessages = 50;

const withId = z.object({ id: z.string() });

const button = z.object({ custom_id: z.string().optional().catch(undefined) });
const row = z.object({ components: z.array(button).catch([]) });
const embed = z.object({ footer: z.object({ text: z.string() }).optional().catch(undefined) });
const messages = z.array(
  z.object({
    id: z.string(),
    components: z.array(row).catch([]),
    embeds: z.array(embed).catch([]),
  }),
);

export interface DeliveryLaneSettings extends RestSettings {
  readonly token: string;
  /** The lane's share of the 50 a second that Discord allows the bot. */
  readonly requestsPerSecond: number;
  /** Until the headers of a response, and between any two pieces of its body, ms. */
  readonly timeoutMs?: number;
  /** Told of every five hundredth, and how long Discord goes on counting, ms. */
  readonly onInvalidRequests: (count: number, windowLeftMs: number) => void;
}

/** The lane for direct messages: its own client, sockets and budget, so that a storm cannot delay an answer. */
export function createDeliveryLane(settings: DeliveryLaneSettings): DeliveryLane & { close(): Promise<void> } {
  const { timeoutMs = defaultTimeoutMs } = settings;
  // The library's own timeout ends at the headers (`discord-facts.md` 2.2).
  const agent = new Agent({ bodyTimeout: timeoutMs });
  const rest = new REST({
    ...restOptions(settings),
    agent,
    retries: 0,
    timeout: timeoutMs,
    globalRequestsPerSecond: settings.requestsPerSecond,
    invalidRequestWarningInterval: invalidRequestsPerWarning,
    rejectOnRateLimit: ({ timeToReset, retryAfter }) => Math.max(timeToReset, retryAfter) > longestWaitMs,
  }).setToken(settings.token);
  rest.on("invalidRequestWarning", ({ count, remainingTime }) => settings.onInvalidRequests(count, remainingTime));

  /** An answer that is not what was asked for says nothing about the request's fate. */
  const ask = async <T>(answer: z.ZodType<T>, request: Promise<unknown>): Promise<T> => {
    try {
      return answer.parse(await request);
    } catch (error) {
      const failure = readRestFailure(error);
      if (failure.kind === "refused") throw new LaneError({ ...failure, kind: "discord" });
      if (failure.kind === "limited") throw new LaneError({ kind: "rateLimited", retryAfterMs: failure.retryAfterMs });
      const status = failure.kind === "unaccounted" ? failure.status : undefined;
      throw new LaneError(status === undefined ? { kind: "network" } : { kind: "discord", status, code: 0 });
    }
  };

  const having = (signal: AbortSignal | undefined, rest: RequestData = {}): RequestData =>
    signal === undefined ? rest : { ...rest, signal };

  return {
    async openChannel(personId, signal) {
      const body = { recipient_id: personId };
      const { id } = await ask(withId, rest.post(Routes.userChannels(), having(signal, { body })));
      return { channelId: id };
    },
    async sendMessage(channelId, body, signal) {
      const { id } = await ask(withId, rest.post(Routes.channelMessages(channelId), having(signal, { body })));
      return { messageId: id };
    },
    async editMessage(channelId, messageId, body, signal) {
      await ask(withId, rest.patch(Routes.channelMessage(channelId, messageId), having(signal, { body })));
    },
    async recentMessages(channelId, signal) {
      const query = new URLSearchParams({ limit: String(recentMessages) });
      const found = await ask(messages, rest.get(Routes.channelMessages(channelId), having(signal, { query })));
      return found.map(({ id, components, embeds }) => ({
        messageId: id,
        customIds: components.flatMap((row) => row.components.flatMap(({ custom_id }) => custom_id ?? [])),
        footers: embeds.flatMap(({ footer }) => footer?.text ?? []),
      }));
    },
    close: () => agent.destroy(),
  };
}
