import { REST, type RequestData } from "@discordjs/rest";
import { Routes } from "discord-api-types/v10";
import { Agent } from "undici";
import { z } from "zod";
import { type Clock, systemClock } from "../clock.ts";
import { type RestSettings, restOptions } from "../interactions/rest.ts";
import { readRestFailure } from "../interactions/rest-errors.ts";
import { type DeliveryLane, LaneError } from "../notifications/lane.ts";
import { EvenPace } from "./even-pace.ts";

/** Sends are repeatable by their nonce, so one that hangs is given up soon, ms. */
const defaultTimeoutMs = 10_000;
/** Counted by the library over the whole process (`discord-facts.md` 4.2); Discord blocks at 10,000 in ten minutes. */
const invalidRequestsPerWarning = 500;

const withId = z.object({ id: z.string() });

export interface DeliveryLaneSettings extends RestSettings {
  readonly token: string;
  /** The lane's share of the 50 a second that Discord allows the bot. */
  readonly requestsPerSecond: number;
  /** Until the headers of a response, and between any two pieces of its body, ms. */
  readonly timeoutMs?: number;
  readonly onInvalidRequests: (count: number) => void;
  /** Default: that of this machine. */
  readonly clock?: Clock;
}

/** The lane for direct messages: its own client, sockets and budget, so that a storm cannot delay an answer. */
export function createDeliveryLane(settings: DeliveryLaneSettings): DeliveryLane & { close(): Promise<void> } {
  const { timeoutMs = defaultTimeoutMs, clock = systemClock } = settings;
  // The library's own timeout ends at the headers (`discord-facts.md` 2.2).
  const agent = new Agent({ bodyTimeout: timeoutMs });
  const rest = new REST({
    ...restOptions(settings),
    agent,
    retries: 0,
    timeout: timeoutMs,
    // The library lets a whole second's requests go together, and wakes everyone who waits for that.
    globalRequestsPerSecond: Number.POSITIVE_INFINITY,
    invalidRequestWarningInterval: invalidRequestsPerWarning,
  }).setToken(settings.token);
  const pace = new EvenPace(clock, settings.requestsPerSecond);
  rest.on("invalidRequestWarning", ({ count }) => settings.onInvalidRequests(count));

  const post = async (route: `/${string}`, body: unknown, signal?: AbortSignal): Promise<{ id: string }> => {
    const options: RequestData = { body, ...(signal === undefined ? {} : { signal }) };
    try {
      await pace.turn(signal);
      return withId.parse(await rest.post(route, options));
    } catch (error) {
      const failure = readRestFailure(error);
      if (failure.kind === "refused") throw new LaneError({ ...failure, kind: "discord" });
      if (failure.kind === "limited") throw new LaneError({ kind: "rateLimited", retryAfterMs: failure.retryAfterMs });
      const status = failure.kind === "unaccounted" ? failure.status : undefined;
      throw new LaneError(status === undefined ? { kind: "network" } : { kind: "discord", status, code: 0 });
    }
  };

  return {
    async openChannel(personId, signal) {
      const { id } = await post(Routes.userChannels(), { recipient_id: personId }, signal);
      return { channelId: id };
    },
    async sendMessage(channelId, body, signal) {
      const { id } = await post(Routes.channelMessages(channelId), body, signal);
      return { messageId: id };
    },
    close: () => agent.destroy(),
  };
}
