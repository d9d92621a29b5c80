import { DefaultUserAgent } from "@discordjs/rest";
import type { APIInteractionResponse } from "discord-api-types/v10";
import type { Dispatcher } from "undici";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { AttemptOutcome, InteractionTarget } from "./lane.ts";
import { apiVersion, type RestSettings } from "./rest.ts";

/** Sends one callback over the dispatcher's sockets, and tells what became of it. Never throws. */
export type SendCallback = (
  dispatcher: Dispatcher,
  target: InteractionTarget,
  body: APIInteractionResponse,
  timeoutMs: number,
) => Promise<AttemptOutcome>;

export interface CallbackSettings extends RestSettings {
  readonly clock: Clock;
}

/**
 * A callback has no bucket, no queue and no authorization, so nothing of the library's client is needed for it, and what
 * a client does before a request is written is done while a person waits. The request leaves, or waits for its socket,
 * before this returns.
 */
export function createSendCallback({ apiUrl, sampleDate, clock }: CallbackSettings): SendCallback {
  const { origin, pathname } = new URL(apiUrl);
  const base = `${pathname.replace(/\/+$/, "")}/v${apiVersion}/interactions`;

  return (dispatcher, { id, token }, body, timeoutMs) =>
    new Promise((resolve) => {
      const request = {
        origin,
        path: `${base}/${id}/${token}/callback`,
        method: "POST",
        headers,
        body: JSON.stringify(body),
        // The exchange bounds the whole call itself.
        headersTimeout: 0,
        bodyTimeout: 0,
      } as const;
      dispatcher.dispatch(request, new Exchange({ sampleDate, clock }, timeoutMs, resolve));
    });
}

/** Discord wants to know which library asks: `DiscordBot (url, version)`. */
const headers = ["content-type", "application/json", "user-agent", DefaultUserAgent];

/** Where Discord limits without saying for how long, ms. */
const unsaidRetryAfterMs = 1000;

const refusal = z.object({ code: z.number().catch(0), retry_after: z.number().optional().catch(undefined) });

/** One request and its response, from when it is asked for until its last byte or its deadline. */
class Exchange implements Dispatcher.DispatchHandlers {
  readonly #settings: Omit<CallbackSettings, "apiUrl">;
  readonly #end: (outcome: AttemptOutcome) => void;
  readonly #cancelDeadline: () => void;
  readonly #sentAtMs: number;
  #abort: (() => void) | undefined;
  #overdue = false;
  #status = 0;
  #retryAfterMs = unsaidRetryAfterMs;
  #body = "";

  /** @param end may be called more than once; the first time counts */
  constructor(settings: Omit<CallbackSettings, "apiUrl">, timeoutMs: number, end: (outcome: AttemptOutcome) => void) {
    this.#settings = settings;
    this.#end = end;
    this.#sentAtMs = settings.clock.now();
    this.#cancelDeadline = settings.clock.schedule(timeoutMs, () => {
      this.#overdue = true;
      if (this.#abort === undefined) this.onError();
      else this.#abort();
    });
  }

  /** Called when there is a socket, right before the request is written to it. */
  onConnect(abort: () => void): void {
    this.#abort = abort;
    if (this.#overdue) abort();
  }

  /** A status is Discord's word; nothing that may come, or not come, after it takes an acceptance back. */
  onHeaders(status: number, rawHeaders: Buffer[]): boolean {
    if (status < 200) return true;
    this.#status = status;
    const response = readHeaders(rawHeaders);
    const { sampleDate, clock } = this.#settings;
    sampleDate(response.get("date") ?? null, this.#sentAtMs, clock.now());
    const retryAfterSeconds = Number(response.get("retry-after"));
    if (retryAfterSeconds >= 0) this.#retryAfterMs = retryAfterSeconds * 1000;
    if (status < 300) this.#end({ kind: "accepted" });
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.#status >= 300) this.#body += chunk.toString();
    return true;
  }

  onComplete(): void {
    this.#cancelDeadline();
    if (this.#status >= 300) this.#end(this.#readFailure());
  }

  /** Without a socket nothing has left. Why it failed does not matter, and the error may name what must stay secret. */
  onError(): void {
    this.#cancelDeadline();
    this.#end({ kind: this.#abort === undefined ? "unsent" : "unaccounted" });
  }

  #readFailure(): AttemptOutcome {
    const status = this.#status;
    if (status < 400 || status >= 500) return { kind: "unaccounted", status };
    const { code, retry_after } = readRefusal(this.#body);
    if (status !== 429) return { kind: "refused", status, code };
    return { kind: "limited", retryAfterMs: retry_after === undefined ? this.#retryAfterMs : retry_after * 1000 };
  }
}

/** Names in lower case. */
function readHeaders(raw: readonly Buffer[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    headers.set(String(raw[index]).toLowerCase(), String(raw[index + 1]));
  }
  return headers;
}

/** What is no JSON has no code either (`discord-facts.md` 10). */
function readRefusal(text: string): z.infer<typeof refusal> {
  try {
    return refusal.parse(JSON.parse(text));
  } catch {
    return { code: 0 };
  }
}
