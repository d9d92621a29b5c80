import { describe, expect, it } from "vitest";
import type { Signal } from "../../src/backend/signal.ts";
import { contentDigest, notificationNonce } from "../../src/notifications/identity.ts";
import type { Notification } from "../../src/notifications/message.ts";
import { notification, signal } from "./support/notification.ts";

const published = Date.UTC(2026, 10, 21, 20, 38, 31, 484);

describe("the identity of a notification", () => {
  it("is the same whenever and in whatever order its content comes", () => {
    const { pair, timeframe, ...rest } = signal();
    const reordered: Signal = { ...rest, timeframe, pair };
    const one = notification({ publishedAtMs: published, receivedAtMs: 1 });
    const other = { ...notification({ publishedAtMs: published, receivedAtMs: 2 }), signal: reordered };
    expect(contentDigest(other)).toBe(contentDigest(one));
  });

  it.each<[string, Partial<Notification>]>([
    ["another person", { personId: "200000000000000002" }],
    ["another publication time", { publishedAtMs: published + 1 }],
    ["another price", { signal: signal({ entryPrice: 1.0854 }) }],
    ["another direction", { signal: signal({ direction: "sell", word: "sell" }) }],
  ])("differs for %s", (_name, change) => {
    const original = notification({ publishedAtMs: published });
    expect(contentDigest({ ...original, ...change })).not.toBe(contentDigest(original));
  });
});

describe("the nonce", () => {
  it("is at most 25 characters of a safe alphabet, and always the same for the same", () => {
    const nonce = notificationNonce("identity", "200000000000000001");
    expect(nonce).toMatch(/^[\w-]{25}$/);
    expect(notificationNonce("identity", "200000000000000001")).toBe(nonce);
  });

  it("depends on the person, because Discord compares over all channels of the bot", () => {
    expect(notificationNonce("identity", "1")).not.toBe(notificationNonce("identity", "2"));
  });
});
