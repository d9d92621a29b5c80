import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { asDiscordBot, call, startBackend } from "./support.ts";

describe("envelopes", () => {
  it("says unknown routes are not on this server, query included", async () => {
    const answer = await call(await startBackend(), "GET /nope?a=1");
    expect(answer).toMatchObject({ status: 404, body: { error: "Can't find /api/v1/nope?a=1 on this server!" } });
  });

  it("refuses any Origin", async () => {
    const headers = { origin: "https://example.org" };
    expect(await call(await startBackend(), "GET /health", { headers })).toMatchObject({
      status: 403,
      body: { error: "Not allowed by CORS" },
    });
  });

  it.each([
    ["production", 500, { error: "Something went wrong!" }],
    ["development", 400, { error: expect.stringContaining("JSON"), code: "INTERNAL_ERROR" }],
  ] as const)("takes malformed JSON as %s does", async (mode, status, body) => {
    const backend = await startBackend({ mode });
    const answer = await call(backend, "POST /discord/users", { headers: asDiscordBot, raw: "{bad" });
    expect(answer).toMatchObject({ status, body });
  });

  it("keeps the wrapper of each family", async () => {
    const backend = await startBackend();
    expect((await call(backend, "GET /health")).body).toEqual({
      success: true,
      data: { status: "healthy", timestamp: expect.any(String), environment: "production", version: "1.0.0" },
      error: null,
      timestamp: expect.any(String),
    });
    expect((await call(backend, "GET /discord/health", { headers: asDiscordBot })).body).toEqual({
      success: true,
      data: { status: "healthy", service: "discord-api", timestamp: expect.any(String) },
      error: null,
      metadata: { timestamp: expect.any(String), version: "v1" },
    });
  });
});

describe("the rate limit", () => {
  it("counts every client request, health included, and starts anew with the next window", async () => {
    const clock = new VirtualClock();
    const startedAt = new Date(clock.now()).toISOString();
    const backend = await startBackend({ clock, rateLimit: { max: 2, windowMs: 900_000 } });
    const first = await call(backend, "GET /health");
    expect(Object.fromEntries(first.headers)).toMatchObject({
      "ratelimit-limit": "2",
      "ratelimit-remaining": "1",
      "ratelimit-reset": "900",
      "ratelimit-policy": "2;w=900",
    });
    expect(first.headers.get("retry-after")).toBeNull();
    await call(backend, "GET /notifications/preferences/1");
    await clock.advance(100_000);

    const refused = await call(backend, "GET /health");

    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("800");
    expect(refused.body).toEqual({
      success: false,
      data: null,
      error: "Too many requests from this IP, please try again later",
      timestamp: startedAt,
    });
    await clock.advance(800_000);
    expect((await call(backend, "GET /health")).status).toBe(200);
  });

  it("is 100 in 15 minutes as shipped, and believes one X-Forwarded-For", async () => {
    const backend = await startBackend({ rateLimit: undefined });
    const { headers } = await call(backend, "GET /health", { headers: { "x-forwarded-for": "192.0.2.7" } });
    expect(headers.get("ratelimit-policy")).toBe("100;w=900");
    expect((await call(backend, "GET /health")).headers.get("ratelimit-remaining")).toBe("99");
  });

  it("is stricter on the market", async () => {
    const backend = await startBackend({ rateLimit: { max: 1000, windowMs: 900_000 } });
    for (let i = 0; i < 30; i += 1) expect((await call(backend, "GET /market/pairs")).status).toBe(200);
    expect((await call(backend, "GET /market/pairs")).status).toBe(429);
    expect((await call(backend, "GET /health")).status).toBe(200);
  });
});

describe("the record of requests", () => {
  it("tells method, path, query and status, and no key", async () => {
    const backend = await startBackend();
    await call(backend, "GET /trading/signal?pair=EUR/USD", { headers: { "x-api-key": "hidden" } });
    expect(backend.requests).toEqual([
      { method: "GET", path: "/api/v1/trading/signal", query: { pair: "EUR/USD" }, status: 401 },
    ]);
  });
});
