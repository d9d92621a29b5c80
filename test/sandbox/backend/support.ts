import { afterEach } from "vitest";
import {
  type SandboxBackend,
  type SandboxBackendOptions,
  startSandboxBackend,
} from "../../../src/sandbox/backend/server.ts";

/** Different keys, so that a route that takes the wrong one is noticed. */
export const keys = { discordBot: "d".repeat(64), subscriptions: "s".repeat(64) };

const running: SandboxBackend[] = [];
afterEach(async () => {
  for (const backend of running.splice(0)) await backend.close();
});

/** A backend without a rate limit, closed after the test. */
export async function startBackend(options: SandboxBackendOptions = {}): Promise<SandboxBackend> {
  const backend = await startSandboxBackend({ apiKeys: keys, rateLimit: "off", ...options });
  running.push(backend);
  return backend;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** `METHOD /path` after `/api/v1`, with the headers given. */
export async function call(
  backend: SandboxBackend,
  route: string,
  options: { headers?: Record<string, string>; body?: unknown; raw?: string } = {},
): Promise<Answer> {
  const [method = "GET", path = ""] = route.split(" ");
  const body = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  const response = await fetch(`${backend.url}/api/v1${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...options.headers },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

export const asDiscordBot = { authorization: `Bearer ${keys.discordBot}` };
export const withTradingKey = { "x-api-key": keys.discordBot };
export const withSubscriptionsKey = { "x-api-key": keys.subscriptions };
