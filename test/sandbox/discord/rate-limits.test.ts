import { describe, expect, it } from "vitest";
import { type RateLimitedRequest, RateLimits } from "../../../src/sandbox/discord/rate-limits.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

const send = (channel: string): RateLimitedRequest => ({
  method: "POST",
  route: "/channels/:id/messages",
  major: channel,
  authenticated: true,
});
const edit = (token: string): RateLimitedRequest => ({
  method: "PATCH",
  route: "/webhooks/:id/:token/messages/:id",
  major: token,
  authenticated: false,
});
const callback: RateLimitedRequest = {
  method: "POST",
  route: "/interactions/:id/:token/callback",
  major: "1",
  authenticated: false,
};
const openDm: RateLimitedRequest = { method: "POST", route: "/users/@me/channels", major: "", authenticated: true };

const setUp = () => {
  const clock = new VirtualClock();
  const limits = new RateLimits(clock);
  const takeMany = (count: number, request: (n: number) => RateLimitedRequest) =>
    Array.from({ length: count }, (_, n) => limits.take(request(n)).kind);
  return { clock, limits, takeMany };
};

describe("a bucket", () => {
  it("takes 5 messages in 5 seconds for each channel [discord-facts.md 4.2]", async () => {
    const { clock, limits, takeMany } = setUp();
    expect(takeMany(6, () => send("a"))).toEqual([...Array(5).fill("allowed"), "limited"]);
    expect(limits.take(send("b")).kind).toBe("allowed");
    await clock.advance(4999);
    expect(limits.take(send("a")).kind).toBe("limited");
    await clock.advance(1);
    expect(limits.take(send("a")).kind).toBe("allowed");
  });

  it("takes 5 requests in 2 seconds for each interaction token, whatever the route [discord-facts.md 1.3]", async () => {
    const { clock, limits, takeMany } = setUp();
    const followUp = { ...edit("a"), method: "POST", route: "/webhooks/:id/:token" };
    expect(takeMany(4, () => edit("a"))).not.toContain("limited");
    expect(limits.take(followUp).kind).toBe("allowed");
    expect(limits.take(followUp).kind).toBe("limited");
    expect(limits.take(edit("b")).kind).toBe("allowed");
    await clock.advance(2000);
    expect(limits.take(edit("a")).kind).toBe("allowed");
  });

  it("opens a limited number of direct messages at once, whoever they are for", () => {
    const { takeMany } = setUp();
    expect(takeMany(11, () => openDm)).toEqual([...Array(10).fill("allowed"), "limited"]);
  });

  it("counts each method of a route by itself", () => {
    const { limits, takeMany } = setUp();
    takeMany(5, () => send("a"));
    expect(limits.take({ ...send("a"), method: "GET" }).kind).toBe("allowed");
  });

  it("tells what is left and when it begins anew [discord-facts.md 4.2]", async () => {
    const { clock, limits } = setUp();
    limits.take(send("a"));
    await clock.advance(1500);
    const { headers } = limits.take(send("a"));
    expect(headers).toEqual({
      "X-RateLimit-Limit": "5",
      "X-RateLimit-Remaining": "3",
      "X-RateLimit-Reset": ((clock.now() + 3500) / 1000).toFixed(3),
      "X-RateLimit-Reset-After": "3.500",
      "X-RateLimit-Bucket": expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(limits.take(send("b")).headers["X-RateLimit-Bucket"]).toBe(headers["X-RateLimit-Bucket"]);
    expect(limits.take(openDm).headers["X-RateLimit-Bucket"]).not.toBe(headers["X-RateLimit-Bucket"]);
  });

  it("answers 429 with the time to wait, in whole seconds in the header [discord-facts.md 4.2]", async () => {
    const { clock, limits, takeMany } = setUp();
    takeMany(5, () => send("a"));
    await clock.advance(1234);
    expect(limits.take(send("a"))).toEqual({
      kind: "limited",
      status: 429,
      headers: expect.objectContaining({
        "Retry-After": "4",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Scope": "user",
      }),
      body: { message: expect.any(String), retry_after: 3.766, global: false },
    });
  });
});

describe("the global limit", () => {
  it("lets 50 requests with the bot's token through each second [discord-facts.md 4.2]", async () => {
    const { clock, limits, takeMany } = setUp();
    expect(takeMany(51, (n) => send(`channel ${n}`))).toEqual([...Array(50).fill("allowed"), "limited"]);
    const refused = limits.take(send("another"));
    expect(refused).toEqual({
      kind: "limited",
      status: 429,
      headers: { "Retry-After": "1", "X-RateLimit-Scope": "global", "X-RateLimit-Global": "true" },
      body: { message: expect.any(String), retry_after: 1, global: true },
    });
    await clock.advance(1000);
    expect(limits.take(send("another")).kind).toBe("allowed");
  });

  it("does not count what the bucket refused", () => {
    const { takeMany } = setUp();
    takeMany(5 + 60, () => send("a"));
    expect(takeMany(45, (n) => send(`channel ${n}`))).not.toContain("limited");
  });

  it("leaves webhook routes alone, with or without the bot's token [discord-facts.md 1.3]", () => {
    const { limits, takeMany } = setUp();
    takeMany(50, (n) => send(`channel ${n}`));
    expect(limits.take(edit("a")).kind).toBe("allowed");
    expect(limits.take({ ...edit("b"), authenticated: true }).kind).toBe("allowed");
  });
});

it("never limits callbacks of interactions, and tells them nothing [discord-facts.md 1.3]", () => {
  const { limits, takeMany } = setUp();
  takeMany(50, (n) => send(`channel ${n}`));
  expect(takeMany(500, () => callback)).not.toContain("limited");
  expect(limits.take({ ...callback, authenticated: true })).toEqual({ kind: "allowed", headers: {} });
});

it("takes other limits from whoever sets it up", () => {
  const limits = new RateLimits(new VirtualClock(), { channelMessages: { count: 1, windowMs: 10 } });
  expect([limits.take(send("a")).kind, limits.take(send("a")).kind]).toEqual(["allowed", "limited"]);
});

it("remembers no more than the traffic of the last seconds", async () => {
  const { clock, limits } = setUp();
  for (let second = 0; second < 300; second += 1) {
    for (let n = 0; n < 10; n += 1) limits.take(edit(`token ${second} ${n}`));
    await clock.advance(1000);
  }
  expect(limits.size).toBeLessThanOrEqual(30);
});
