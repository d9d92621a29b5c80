import { describe, expect, it } from "vitest";
import { keyHeaders } from "../../src/backend/keys.ts";
import { apiKey, setUp, subscriptionsApiKey } from "./support.ts";

describe("the key for a path", () => {
  it.each(["/trading/signal?pair=EUR/USD", "/discord/health", "/subscriptions/user/1", "/notifications/preferences/1"])(
    "opens %s",
    async (path) => {
      const { sandbox } = await setUp();
      const headers = keyHeaders(path, { apiKey, subscriptionsApiKey });
      expect((await fetch(`${sandbox.url}/api/v1${path}`, { headers })).status).toBe(200);
    },
  );

  it("is not sent where none is asked for", () => {
    expect(keyHeaders("/health", { apiKey })).toEqual({});
    expect(keyHeaders("/market/pairs", { apiKey })).toEqual({});
    expect(keyHeaders("/notifications/subscribe", { apiKey })).toEqual({});
  });

  it("is one for all when only one is configured", () => {
    expect(keyHeaders("/subscriptions", { apiKey })).toEqual({ "x-api-key": apiKey });
  });
});
