import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SandboxBackend } from "../../../src/sandbox/backend/server.ts";
import { type OwnRedis, startRedis } from "../../../src/sandbox/redis.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { call, startBackend } from "./support.ts";

let redis: OwnRedis;
let listener: Redis;
let received: string[];
let backend: SandboxBackend;
let clock: VirtualClock;
beforeAll(async () => {
  redis = await startRedis({ ignoreEnvironment: true });
  listener = new Redis(redis.url);
  listener.on("error", () => {});
  listener.on("message", (_channel, message) => received.push(message));
  await listener.subscribe("trading-signals");
});
afterAll(async () => {
  listener.disconnect();
  await redis.stop();
});
beforeEach(async () => {
  received = [];
  clock = new VirtualClock();
  backend = await startBackend({ clock, redisUrl: redis.url, mode: "development" });
});
const post = (action: string, body: unknown) => call(backend, `POST /notifications/${action}`, { body });
const subscribe = (discordUserId: string, more: object = {}) =>
  post("subscribe", { discordUserId, discordUsername: "carol", pair: "EUR/USD", ...more });
const sent = (count: number) => ({ status: 200, body: { data: { success: true, sent: count } } });

describe("subscriptions", () => {
  it("replace each other per person and pair", async () => {
    await subscribe("1");
    expect(await subscribe("1", { signalType: "strong" })).toMatchObject({
      body: { data: { success: true, subscription: { pair: "EUR/USD", signalType: "strong", channel: "discord" } } },
    });
    expect(await call(backend, "GET /notifications/subscriptions/1")).toMatchObject({
      body: { data: { count: 1, subscriptions: [{ signalType: "strong", subscribedAt: expect.any(String) }] } },
    });
  });

  it.each([
    [{ discordUserId: 123 }, '"discordUserId" must be a string'],
    [{ discordUsername: undefined }, '"discordUsername" is required'],
    [{ pair: "EURUSD" }, "Currency pair must be in format XXX/XXX"],
    [{ signalType: "long" }, '"signalType" must be one of [all, buy, sell, strong]'],
    [{ timeframe: "1h" }, '"timeframe" is not allowed'],
  ])("refuse %o", async (change, error) => {
    expect(await subscribe("1", change)).toMatchObject({ status: 400, body: { error } });
  });

  it("end for one pair or for all, and fail when there is nothing to end", async () => {
    await subscribe("1");
    await subscribe("1", { pair: "USD/JPY" });
    await subscribe("1", { pair: "GBP/USD" });
    const unsubscribe = (more: object) => post("unsubscribe", { discordUserId: "1", ...more });
    expect(await unsubscribe({ pair: "EUR/USD" })).toMatchObject({ body: { data: { unsubscribedCount: 1 } } });
    expect(await unsubscribe({})).toMatchObject({ body: { data: { unsubscribedCount: 2 } } });
    expect(await unsubscribe({})).toMatchObject({ status: 500, body: { error: "No active subscriptions found" } });
  });
});

describe("preferences", () => {
  const save = (preferences: unknown) => post("preferences", { discordUserId: "1", preferences });

  it("merge, and coerce strings", async () => {
    await save({ riskLevel: 7, minConfidence: 0.6 });
    expect(await save({ riskLevel: "4", strongSignalsOnly: "false" })).toMatchObject({
      body: { data: { preferences: { riskLevel: 4, minConfidence: 0.6, strongSignalsOnly: false } } },
    });
    expect(await call(backend, "GET /notifications/preferences/2")).toMatchObject({
      body: { data: { success: true, preferences: {} } },
    });
  });

  it.each([
    [{ riskLevel: 11 }, '"preferences.riskLevel" must be less than or equal to 10'],
    [{ minConfidence: 70 }, '"preferences.minConfidence" must be less than or equal to 1'],
    [undefined, '"preferences" is required'],
  ])("refuse %o", async (preferences, error) => {
    expect(await save(preferences)).toMatchObject({ status: 400, body: { error } });
  });

  it("refuse a body that is not an object", async () => {
    expect(await post("preferences", [])).toMatchObject({ body: { error: '"value" must be of type object' } });
  });
});

describe("send", () => {
  const signal = { signal: "buy", confidence: 0.82, signalStrength: "strong" };

  it("publishes one message for each person who wants it, with the signal as it was posted", async () => {
    await subscribe("1");
    await subscribe("2", { signalType: "buy" });
    await subscribe("3", { signalType: "sell" });
    expect(await post("send", { signal, pair: "EUR/USD", timeframe: "4h" })).toMatchObject(sent(2));
    await expect.poll(() => received).toHaveLength(2);
    expect(received[0]).toBe(
      JSON.stringify({
        discordUserId: "1",
        signal,
        pair: "EUR/USD",
        timeframe: "4h",
        timestamp: new Date(clock.now()).toISOString(),
      }),
    );
  });

  it("sends a person one in a minute and drops the others", async () => {
    await subscribe("1");
    expect(await post("send", { signal: "buy", pair: "EUR/USD" })).toMatchObject(sent(1));
    expect(await post("send", { signal, pair: "EUR/USD" })).toMatchObject(sent(0));
    await clock.advance(60_000);
    expect(await post("send", { signal, pair: "EUR/USD", timeframe: null })).toMatchObject(sent(1));
  });

  it.each([
    ["a buy subscriber does not get long", { signalType: "buy" }, {}, { ...signal, signal: "long" }, 0],
    ["strong takes very strong", { signalType: "strong" }, {}, { ...signal, signalStrength: "very_strong" }, 1],
    ["strong refuses a bare word", { signalType: "strong" }, {}, "buy", 0],
    ["too little confidence", {}, { minConfidence: 0.9 }, signal, 0],
    ["a missing confidence passes", {}, { minConfidence: 0.9 }, { signal: "hold" }, 1],
    ["strong signals only", {}, { strongSignalsOnly: true }, { signal: "buy" }, 0],
  ])("filters: %s", async (_name, subscription, preferences, posted, count) => {
    await subscribe("1", subscription);
    await post("preferences", { discordUserId: "1", preferences });
    expect(await post("send", { signal: posted, pair: "EUR/USD" })).toMatchObject(sent(count));
  });

  it("wants signal and pair", async () => {
    expect(await post("send", { pair: "EUR/USD" })).toMatchObject({
      status: 400,
      body: { error: "Missing required fields: signal and pair" },
    });
  });

  it("hangs while Redis is down, and goes on when it is back", async () => {
    await subscribe("1");
    const before = backend.requests.length;
    await redis.halt();
    const answer = post("send", { signal, pair: "EUR/USD" });
    await expect.poll(() => backend.requests.length).toBe(before + 1);
    await redis.start();
    expect(await answer).toMatchObject(sent(1));
  });

  it("publishes any text for whoever drives the sandbox", async () => {
    await expect.poll(() => listener.status).toBe("ready");
    await expect.poll(() => backend.publish("not even JSON")).toBe(1);
    await expect.poll(() => received).toContain("not even JSON");
  });

  it("ends hanging requests at once when the backend is closed", async () => {
    const lonely = await startBackend({ clock });
    const body = { discordUserId: "1", discordUsername: "carol", pair: "EUR/USD" };
    await call(lonely, "POST /notifications/subscribe", { body });
    const hanging = call(lonely, "POST /notifications/send", { body: { signal, pair: "EUR/USD" } });
    const outcome = hanging.then(
      () => "answered",
      () => "cut",
    );
    await expect.poll(() => lonely.requests.length).toBe(2);
    await lonely.close();
    expect(await outcome).toBe("cut");
  });
});
