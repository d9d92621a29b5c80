import { beforeEach, describe, expect, it } from "vitest";
import { EventBus } from "../../src/operations/event-bus.ts";
import type { BotEvent } from "../../src/operations/events.ts";
import { Readiness } from "../../src/operations/readiness.ts";

let bus: EventBus<BotEvent>;
let readiness: Readiness;

beforeEach(() => {
  bus = new EventBus<BotEvent>((error) => {
    throw error;
  });
  readiness = new Readiness(bus);
});

const up = () => {
  bus.publish({ kind: "gateway", state: "up" });
  bus.publish({ kind: "redis", state: "up" });
  bus.publish({ kind: "subscriberState", state: "up", reason: undefined });
};

describe("readiness", () => {
  it("is not ready while starting, and says what is missing", () => {
    expect(readiness.report()).toEqual({
      status: "notReady",
      reasons: ["starting: the gateway is not connected yet", "redis is not connected yet: no signals are received"],
    });
  });

  it("says why it may not connect yet, until it may", () => {
    const until = "2026-01-05T12:05:00.000Z";
    bus.publish({ kind: "sessionStartDelayed", reason: "started 3 times in vain", waitMs: 1, until });
    const why = "started 3 times in vain (waiting until 2026-01-05T12:05:00.000Z)";
    expect(readiness.report()).toMatchObject({
      status: "notReady",
      reasons: [`starting: the gateway is not connected yet: ${why}`, expect.any(String)],
    });
    up();
    expect(readiness.report()).toEqual({ status: "ready" });
    bus.publish({ kind: "gateway", state: "down", reason: "reconnecting" });
    bus.publish({ kind: "sessionStartDelayed", reason: "started 3 times in vain", waitMs: 1, until });
    expect(readiness.report()).toMatchObject({ reasons: [`the gateway is down: ${why}`] });
    bus.publish({ kind: "gatewaySession", how: "identify" });
    expect(readiness.report()).toMatchObject({ reasons: ["the gateway is down: reconnecting"] });
  });

  it("is ready when the gateway and Redis are connected", () => {
    up();
    expect(readiness.report()).toEqual({ status: "ready" });
    expect([readiness.gateway, readiness.redis]).toEqual(["up", "up"]);
  });

  it("is degraded, not unready, without Redis, and ready again with it", () => {
    up();
    bus.publish({ kind: "subscriberState", state: "down", reason: "ECONNREFUSED" });
    expect(readiness.report()).toEqual({
      status: "degraded",
      reasons: ["redis is down, no signals are received: ECONNREFUSED"],
    });
    expect(readiness.redis).toBe("down");
    bus.publish({ kind: "subscriberState", state: "up", reason: undefined });
    expect(readiness.report()).toEqual({ status: "ready" });
  });

  it("is degraded while a part of the backend is left alone, and shows what is left of its limit", () => {
    up();
    bus.publish({ kind: "backendBudget", limit: 100, remaining: 12 });
    bus.publish({ kind: "backendCircuit", family: "trading", state: "open" });
    bus.publish({ kind: "backendCircuit", family: "trading", state: "halfOpen" });
    expect(readiness.report()).toEqual({
      status: "degraded",
      reasons: ["the backend is in trouble, and asked again from time to time: trading"],
    });
    expect(readiness.backend).toEqual({ leftAlone: ["trading"], budget: { limit: 100, remaining: 12 } });
    bus.publish({ kind: "backendCircuit", family: "trading", state: "closed" });
    expect(readiness.report()).toEqual({ status: "ready" });
  });

  it("gives the reason that is known when another user of Redis knows none", () => {
    up();
    bus.publish({ kind: "redis", state: "down" });
    bus.publish({ kind: "subscriberState", state: "down", reason: "NOAUTH" });
    expect(readiness.report()).toMatchObject({ reasons: ["redis is down, no signals are received: NOAUTH"] });
  });

  it("is degraded while any user of Redis cannot use it, and says what is missing then", () => {
    up();
    bus.publish({ kind: "redis", state: "down", reason: "REDIS_DB 99 cannot be used on this server" });
    expect(readiness.report()).toEqual({
      status: "degraded",
      reasons: ["redis is down, open interactions are not kept: REDIS_DB 99 cannot be used on this server"],
    });
    expect(readiness.redis).toBe("down");
  });

  it("is not ready when the gateway is down, and names everything that is wrong", () => {
    up();
    bus.publish({ kind: "gateway", state: "down", reason: "reconnecting" });
    bus.publish({ kind: "redis", state: "down" });
    expect(readiness.report()).toEqual({
      status: "notReady",
      reasons: ["the gateway is down: reconnecting", "redis is down, open interactions are not kept"],
    });
    expect(readiness.gateway).toBe("down");
  });

  it("is degraded when no direct messages may be sent any more", () => {
    up();
    bus.publish({ kind: "deliveriesHalted", reason: "quarantined" });
    expect(readiness.report()).toEqual({ status: "degraded", reasons: ["no direct messages are sent: quarantined"] });
  });

  it("is not ready any more when stopping, whatever still works", () => {
    up();
    bus.publish({ kind: "stopping" });
    expect(readiness.report()).toEqual({ status: "notReady", reasons: ["stopping"] });
    bus.publish({ kind: "subscriberState", state: "down", reason: "stopped" });
    expect(readiness.report()).toEqual({ status: "notReady", reasons: ["stopping"] });
  });
});
