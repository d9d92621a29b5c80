import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import axios, { type AxiosInstance, type AxiosResponse } from "axios";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { type Asker, BackendError, type BackendErrorKind } from "./backend.ts";
import type { RateLimit } from "./budget.ts";
import type { BackendCallEvent } from "./events.ts";
import { type BackendKeys, keyHeaders } from "./keys.ts";

/** One request, and what its answer must look like. */
export interface BackendCall<T> {
  /** Named in events and errors. */
  readonly operation: string;
  readonly method: "GET" | "POST" | "PUT";
  /** After `/api/v1`, its parts encoded. */
  readonly path: string;
  /** One value each: a repeated parameter crashes the backend's handler (`backend-contract.md` 1.4). */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: object;
  /** What `data` must be. */
  readonly data: z.ZodType<T>;
  /** For all of it: waiting for a turn, every attempt and the pauses between them, to the last byte of the last body. */
  readonly timeoutMs: number;
  /** Whether it may be sent again: done twice it changes no more than done once. Reading is, unless said otherwise. */
  readonly repeatable?: boolean;
  /** Where a status means something else than usual. */
  readonly kinds?: Readonly<Partial<Record<number, BackendErrorKind>>>;
}

/** Makes a call; throws only {@link BackendError}, which carries nothing of the request. */
export type CallBackend = <T>(call: BackendCall<T>, asker: Asker) => Promise<T>;

/** Makes one request of a call; never rejects. */
export type SendToBackend = <T>(call: BackendCall<T>, signal: AbortSignal) => Promise<Sent<T>>;

export interface Sent<T> {
  readonly answer: { readonly data: T } | { readonly failure: BackendError };
  /** What the backend said of its limit, when it said anything. */
  readonly limit: RateLimit | undefined;
}

export interface HttpOptions extends BackendKeys {
  /** Origin of the backend, with or without `/api/v1`. */
  readonly url: string;
  readonly clock: Clock;
  readonly publish: (event: BackendCallEvent) => void;
}

/**
 * The one way to the backend. Statuses decide, texts do not: in production there are no codes, and the texts of 5xx carry
 * whatever the database said (`backend-contract.md` 1.2).
 */
export function createHttp({ url, clock, publish, ...keys }: HttpOptions): SendToBackend {
  const client = createClient(url);
  return async (call, signal) => {
    const startMs = clock.monotonic();
    const finish = (outcome: BackendCallEvent["outcome"], status: number | undefined) =>
      publish({
        kind: "backendCall",
        operation: call.operation,
        outcome,
        durationMs: clock.monotonic() - startMs,
        ...(status === undefined ? {} : { status }),
      });
    let limit: RateLimit | undefined;
    try {
      const response = await send(client, call, keyHeaders(call.path, keys), { clock, signal });
      limit = readLimit(response.headers);
      const data = readAnswer(call, response, clock);
      finish("ok", response.status);
      return { answer: { data }, limit };
    } catch (error) {
      const failure = error instanceof BackendError ? error : new BackendError("ourFault", call.operation);
      finish(failure.kind, failure.status);
      return { answer: { failure }, limit };
    }
  };
}

/** Below the backend's 5 s, with room for the network: a socket is never used that the other side is closing (1.4). */
const idleSocketMs = 4_000;

/** A hundred trades are 60 kB; what is far beyond is not an answer of this backend. */
const maxAnswerBytes = 5_000_000;

function createClient(url: string): AxiosInstance {
  const agent = { keepAlive: true, timeout: idleSocketMs };
  return axios.create({
    baseURL: `${url.replace(/\/+$/, "").replace(/\/api\/v1$/, "")}/api/v1`,
    httpAgent: new HttpAgent(agent),
    httpsAgent: new HttpsAgent(agent),
    // The keys go to the configured host and to nobody else.
    maxRedirects: 0,
    proxy: false,
    maxContentLength: maxAnswerBytes,
    validateStatus: () => true,
    headers: { accept: "application/json", "user-agent": "signalguard", "x-service-name": "discord-bot" },
  });
}

/** One deadline over connecting, waiting and reading the body; axios's own timeout starts anew with every byte. */
async function send<T>(
  client: AxiosInstance,
  call: BackendCall<T>,
  headers: Readonly<Record<string, string>>,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<AxiosResponse<unknown>> {
  const deadline = new AbortController();
  const cancelDeadline = clock.schedule(call.timeoutMs, () => deadline.abort());
  try {
    return await client.request<unknown>({
      method: call.method,
      url: call.path,
      params: call.query,
      data: call.body,
      headers: { ...headers },
      signal: AbortSignal.any([signal, deadline.signal]),
    });
  } catch (error) {
    // The original is dropped, not wrapped: it holds the request's headers, and with them the key.
    if (signal.aborted) throw new BackendError("aborted", call.operation);
    if (deadline.signal.aborted) throw new BackendError("slow", call.operation);
    throw new BackendError(kindOfNoAnswer(error), call.operation);
  } finally {
    cancelDeadline();
  }
}

/** Requests that never left are our fault; what is not HTTP is a bad answer; anything else is a connection that failed. */
function kindOfNoAnswer(error: unknown): BackendErrorKind {
  if (!axios.isAxiosError(error)) return "ourFault";
  const { code = "" } = error;
  if (code.startsWith("HPE_")) return "badAnswer";
  return ["ERR_INVALID_URL", "ERR_BAD_OPTION", "ERR_BAD_OPTION_VALUE", "ERR_NOT_SUPPORT"].includes(code)
    ? "ourFault"
    : "down";
}

function readAnswer<T>(call: BackendCall<T>, { status, headers, data }: AxiosResponse<unknown>, clock: Clock): T {
  if (status < 200 || status > 299) {
    const kind = call.kinds?.[status] ?? kindOfStatus(status);
    const retryAfterMs = kind === "busy" ? readRetryAfter(headers["retry-after"], clock) : undefined;
    throw new BackendError(kind, call.operation, { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  }
  const result = z.object({ success: z.literal(true), data: call.data }).safeParse(data);
  if (result.success) return result.data.data;
  // Where and what kind, not what it was: values of answers are people's data.
  const issues = result.error.issues.map(({ path, code }) => `${path.map(String).join(".")}: ${code}`);
  throw new BackendError("badAnswer", call.operation, { status, issues });
}

function kindOfStatus(status: number): BackendErrorKind {
  if (status >= 500) return "down";
  switch (status) {
    case 401:
    case 403:
      return "refused";
    case 404:
      return "notFound";
    case 409:
      return "conflict";
    case 429:
      return "busy";
    default:
      return status >= 400 ? "ourFault" : "badAnswer";
  }
}

/** Seconds, or a date (RFC 9110). */
function readRetryAfter(value: unknown, clock: Clock): number | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - clock.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

const count = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);
const limitSchema = z.object({
  "ratelimit-limit": count,
  "ratelimit-remaining": count,
  "ratelimit-reset": count,
  // `100;w=900`
  "ratelimit-policy": z
    .string()
    .transform((policy) => /;\s*w=(\d{1,9})/.exec(policy)?.[1])
    .optional()
    .catch(undefined),
});

/** Undefined when it is not all there: half of it says nothing that could be believed. */
function readLimit(headers: AxiosResponse["headers"]): RateLimit | undefined {
  const { data } = limitSchema.safeParse({ ...headers });
  if (data === undefined) return undefined;
  const window = data["ratelimit-policy"];
  return {
    limit: data["ratelimit-limit"],
    remaining: data["ratelimit-remaining"],
    resetAfterMs: data["ratelimit-reset"] * 1000,
    windowMs: window === undefined ? undefined : Number(window) * 1000,
  };
}
