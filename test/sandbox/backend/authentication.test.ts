import { describe, expect, it } from "vitest";
import { call, keys, startBackend } from "./support.ts";

const wrong64 = "x".repeat(64);
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** `backend-contract.md` 1.1: [what is sent, headers, status, error, code in development]. */
const refusals: Record<string, [string, Record<string, string>, number, string, string][]> = {
  "GET /trading/signal?pair=EUR/USD": [
    ["nothing", {}, 401, "Authorization header or API key required", "AUTH_REQUIRED"],
    ["a wrong x-api-key", { "x-api-key": "x" }, 401, "Invalid API key", "INVALID_API_KEY"],
    ["a wrong 64-character Bearer", bearer(wrong64), 401, "Invalid API key", "INVALID_API_KEY"],
    ["a short Bearer", bearer("short"), 401, "Invalid access token", "INVALID_TOKEN"],
    ["a 64-character Bearer with a dot", bearer(`${"x".repeat(63)}.`), 401, "Invalid access token", "INVALID_TOKEN"],
    ["Basic", { authorization: "Basic eA==" }, 401, "Invalid authorization header format", "INVALID_AUTH_FORMAT"],
    [
      "the right Bearer beside a wrong x-api-key",
      { ...bearer(keys.discordBot), "x-api-key": "x" },
      401,
      "Invalid API key",
      "INVALID_API_KEY",
    ],
  ],
  "GET /discord/health": [
    ["nothing", {}, 401, "Missing Authorization header", "UNAUTHORIZED"],
    ["only an x-api-key", { "x-api-key": keys.discordBot }, 401, "Missing Authorization header", "UNAUTHORIZED"],
    [
      "Basic",
      { authorization: "Basic eA==" },
      401,
      "Invalid Authorization header format. Expected: Bearer <API_KEY>",
      "INVALID_AUTH_FORMAT",
    ],
    ["the subscriptions key", bearer(keys.subscriptions), 403, "Invalid API key", "INVALID_API_KEY"],
  ],
  "GET /subscriptions/user/1": [
    ["nothing", {}, 401, "API key required", "API_KEY_REQUIRED"],
    ["a Bearer", bearer(keys.subscriptions), 401, "API key required", "API_KEY_REQUIRED"],
    ["the Discord bot's key", { "x-api-key": keys.discordBot }, 401, "Invalid API key", "INVALID_API_KEY"],
  ],
  "GET /trading/pairs": [
    ["an API key", { "x-api-key": keys.discordBot }, 401, "Authorization header or API key required", "AUTH_REQUIRED"],
    ["a Bearer API key", bearer(keys.discordBot), 401, "Invalid access token", "INVALID_TOKEN"],
  ],
};

describe.each(Object.keys(refusals))("%s", (route) => {
  it.each(refusals[route] ?? [])("refuses %s", async (_name, headers, status, error, code) => {
    const development = await call(await startBackend({ mode: "development" }), route, { headers });
    expect(development).toMatchObject({ status, body: { success: false, data: null, error, code } });
    const production = await call(await startBackend(), route, { headers });
    expect(production.status).toBe(status);
    expect(production.body).toEqual({ success: false, data: null, error, timestamp: expect.any(String) });
  });
});

describe("what is let in", () => {
  it.each([
    ["GET /trading/signal?pair=EUR/USD", { "x-api-key": keys.discordBot }],
    ["GET /trading/signal?pair=EUR/USD", { "x-api-key": keys.subscriptions }],
    ["GET /trading/signal?pair=EUR/USD", bearer(keys.discordBot)],
    ["GET /discord/health", bearer(keys.discordBot)],
    ["GET /subscriptions/user/1", { "x-api-key": keys.subscriptions }],
    ["GET /health", {}],
    ["GET /market/pairs", {}],
    ["GET /notifications/preferences/1", {}],
  ])("%s with %o", async (route, headers: Record<string, string>) => {
    expect(await call(await startBackend(), route, { headers })).toMatchObject({
      status: 200,
      body: { success: true },
    });
  });

  it("a Discord key of any length", async () => {
    const backend = await startBackend({ apiKeys: { discordBot: "brief", subscriptions: "other" } });
    expect(await call(backend, "GET /discord/health", { headers: bearer("brief") })).toMatchObject({ status: 200 });
    expect(await call(backend, "GET /trading/signal?pair=EUR/USD", { headers: bearer("brief") })).toMatchObject({
      status: 401,
    });
  });
});
