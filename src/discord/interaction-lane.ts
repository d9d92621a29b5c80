import { REST, type RequestData } from "@discordjs/rest";
import { type APIInteractionResponse, Routes } from "discord-api-types/v10";
import { Agent } from "undici";
import { type AttemptOutcome, type InteractionLane, type InteractionTarget, LaneError } from "../interactions/index.ts";
import { type RestSettings, restOptions } from "./rest.ts";
import { type RestFailure, readRestFailure } from "./rest-errors.ts";

/** An idle socket is given up before a middlebox may have dropped it silently (`discord-facts.md` 1.5), ms. */
const keepAliveMs = 4000;
const connectTimeoutMs = 1000;
/** Bounds a request to headers; the caller's own deadline ends the whole call sooner, ms. */
const headersTimeoutMs = 15_000;

const callbackRoute = "/interactions/:id/:token/callback";

/**
 * The lane for acknowledgements and answers: its own client and sockets, no retries of the library's (a silent retry
 * makes our own lost response look like somebody else's acknowledgement, `discord-facts.md` 2.3), and no counter of 50
 * a second, which Discord does not apply to these routes (`discord-facts.md` 1.3).
 */
export function createInteractionLane(settings: RestSettings): InteractionLane & { close(): Promise<void> } {
  const agent = new Agent({
    connect: { timeout: connectTimeoutMs },
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
  });
  const rest = new REST({
    ...restOptions(settings),
    agent,
    retries: 0,
    timeout: headersTimeoutMs,
    globalRequestsPerSecond: Number.POSITIVE_INFINITY,
    rejectOnRateLimit: ({ route }) => route === callbackRoute,
  });

  /** One request whose whole call, body included, ends with `signal`; the library's timeout ends at the headers. */
  const send = async (
    method: "get" | "post" | "patch" | "delete",
    route: `/${string}`,
    signal: AbortSignal,
    options: RequestData = {},
  ): Promise<void> => {
    signal.throwIfAborted();
    const ended = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(new Error("the request ran out of time")), { once: true });
    });
    await Promise.race([rest[method](route, { ...options, auth: false, signal }), ended]);
  };

  const answer = async (name: string, sending: Promise<void>): Promise<void> => {
    try {
      await sending;
    } catch (error) {
      throw toLaneError(name, readRestFailure(error));
    }
  };

  const callback = async (
    target: InteractionTarget,
    body: APIInteractionResponse,
    { timeoutMs, fresh }: { readonly timeoutMs: number; readonly fresh: boolean },
  ): Promise<AttemptOutcome> => {
    const dispatcher = fresh ? new Agent({ connect: { timeout: connectTimeoutMs } }) : undefined;
    const options = { body, ...(dispatcher === undefined ? {} : { dispatcher }) };
    try {
      await send("post", Routes.interactionCallback(target.id, target.token), within(timeoutMs), options);
      return { kind: "accepted" };
    } catch (error) {
      return readRestFailure(error);
    } finally {
      dispatcher?.destroy().catch(() => {});
    }
  };

  return {
    callback,
    async probe(target, { timeoutMs }) {
      try {
        await send("get", original(target), within(timeoutMs));
        return { kind: "there" };
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
    close: () => agent.destroy(),
  };
}

/** Whole milliseconds are all the platform takes. */
const within = (timeoutMs: number): AbortSignal => AbortSignal.timeout(Math.max(0, Math.ceil(timeoutMs)));

const original = (target: InteractionTarget): `/${string}` =>
  Routes.webhookMessage(target.applicationId, target.token, "@original");

function toLaneError(name: string, failure: RestFailure): LaneError {
  switch (failure.kind) {
    case "refused":
      return new LaneError(name, failure.status, failure.code);
    case "limited":
      return new LaneError(name, 429, undefined);
    case "unaccounted":
      return new LaneError(name, failure.status, undefined);
    case "unsent":
      return new LaneError(name, undefined, undefined);
  }
}
