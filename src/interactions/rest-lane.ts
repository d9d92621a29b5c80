import { REST, type RequestData } from "@discordjs/rest";
import { type APIInteractionResponse, MessageFlags, Routes } from "discord-api-types/v10";
import type { Agent } from "undici";
import { z } from "zod";
import { type Clock, systemClock } from "../clock.ts";
import { createSendCallback } from "./callback-request.ts";
import { type AttemptOutcome, type InteractionLane, type InteractionTarget, LaneError } from "./lane.ts";
import { type RestSettings, restOptions } from "./rest.ts";
import { readRestFailure } from "./rest-errors.ts";
import { freshAgent, WarmDispatcher } from "./warm-dispatcher.ts";

/** Bounds a request to headers; the caller's own deadline ends the whole call sooner, ms. */
const headersTimeoutMs = 15_000;

const message = z.object({ flags: z.number().optional() });

/** The lane over HTTP, with a warm socket. */
export interface RestLane extends InteractionLane {
  /** Opens a socket and keeps it warm; resolves after the first try, whatever came of it. */
  start(): Promise<void>;
  /** Lets go of every socket. */
  close(): Promise<void>;
}

/**
 * The lane for acknowledgements and answers: its own client and sockets, no retries of the library's (a silent retry
 * makes our own lost response look like somebody else's acknowledgement, `discord-facts.md` 2.3), and no counter of 50
 * a second, which Discord does not apply to these routes (`discord-facts.md` 1.3).
 */
export function createRestLane(settings: RestSettings & { readonly clock?: Clock }): RestLane {
  const { clock = systemClock } = settings;
  const rest = new REST({
    ...restOptions(settings),
    retries: 0,
    timeout: headersTimeoutMs,
    globalRequestsPerSecond: Number.POSITIVE_INFINITY,
    // The library's own waiting is ended by no signal: whoever asked waits, on the layer's clock.
    rejectOnRateLimit: () => true,
  });
  const warm = new WarmDispatcher({
    clock,
    ask: (agent, signal) => askForTrifle(rest, agent, signal),
    onRenewed: (agent) => rest.setAgent(agent),
  });
  rest.setAgent(warm.agent);

  const send = (
    method: "get" | "post" | "patch" | "delete",
    route: `/${string}`,
    signal: AbortSignal,
    options: RequestData = {},
  ): Promise<unknown> => rest[method](route, { ...options, auth: false, signal });

  /** The whole call ends after `timeoutMs`, its body included; the library's own timeout ends at the headers. */
  const within = async <T>(timeoutMs: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), timeoutMs);
    try {
      return await call(timeout.signal);
    } finally {
      clearTimeout(timer);
    }
  };

  const answer = async (name: string, sending: Promise<unknown>): Promise<void> => {
    try {
      await sending;
    } catch (error) {
      throw new LaneError(name, readRestFailure(error));
    }
  };

  const sendCallback = createSendCallback({ ...settings, clock });

  const callback = async (
    target: InteractionTarget,
    body: APIInteractionResponse,
    { timeoutMs, fresh }: { readonly timeoutMs: number; readonly fresh: boolean },
  ): Promise<AttemptOutcome> => {
    if (settings.mayRequest?.() === false) return { kind: "unsent" };
    if (!fresh) return sendCallback(warm.agent, target, body, timeoutMs);
    const dispatcher = freshAgent();
    try {
      return await sendCallback(dispatcher, target, body, timeoutMs);
    } finally {
      dispatcher.destroy().catch(() => {});
    }
  };

  return {
    callback,
    async probe(target, { timeoutMs }) {
      try {
        const { flags = 0 } = message.parse(await within(timeoutMs, (signal) => send("get", original(target), signal)));
        return { kind: "there", loading: (flags & MessageFlags.Loading) !== 0 };
      } catch (error) {
        const failure = readRestFailure(error);
        return failure.kind === "refused" && failure.status === 404
          ? { kind: "notThere", status: failure.status, code: failure.code }
          : { kind: "unknown" };
      }
    },
    editOriginal: (target, body, signal) => answer("edit", send("patch", original(target), signal, { body })),
    followUp: (target, body, signal) =>
      answer("follow-up", send("post", Routes.webhook(target.applicationId, target.token), signal, { body })),
    deleteOriginal: (target, signal) => answer("delete", send("delete", original(target), signal)),
    start: () => warm.start(),
    close: () => warm.close(),
  };
}

/** The cheapest request there is. Whatever Discord answers, the socket works. */
async function askForTrifle(rest: REST, agent: Agent, signal: AbortSignal): Promise<void> {
  try {
    await rest.get(Routes.gateway(), { auth: false, dispatcher: agent, signal });
  } catch (error) {
    const failure = readRestFailure(error);
    if (failure.kind === "unsent" || (failure.kind === "unaccounted" && failure.status === undefined)) throw error;
  }
}

const original = (target: InteractionTarget): `/${string}` =>
  Routes.webhookMessage(target.applicationId, target.token, "@original");
