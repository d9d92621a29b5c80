import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { createDelivery } from "../../src/notifications/delivery.ts";
import type { NotificationEvent } from "../../src/notifications/events.ts";
import { createIntake } from "../../src/notifications/intake.ts";
import { createSubscriber } from "../../src/notifications/subscriber.ts";
import { EventBus } from "../../src/operations/event-bus.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { ScriptedLane } from "./support/scripted-lane.ts";

let redis: OwnRedis;
beforeAll(async () => {
  redis = await startRedis({ ignoreEnvironment: true, appendOnly: false });
});
afterAll(() => redis.stop());

it("turns PUBLISH into a direct message in far less than 200 ms, through a real Redis", async () => {
  const clock = systemClock;
  const lane = new ScriptedLane();
  const bus = new EventBus<NotificationEvent>((error) => {
    throw error;
  });
  const { publish } = bus;
  const delivery = createDelivery({ lane, clock, publish });
  const intake = createIntake({ clock, delivery, publish, paceIntervalMs: 60_000 });
  const subscriber = createSubscriber({ redisUrl: redis.url, clock, publish, onMessage: intake.receive });
  const publisher = new Redis(redis.url);
  const up = new Promise((resolve) => bus.on("subscriberState", resolve));
  const delivered = new Promise<Extract<NotificationEvent, { kind: "notificationDelivered" }>>((resolve) =>
    bus.on("notificationDelivered", resolve),
  );
  subscriber.start();
  await up;

  const message = { discordUserId: "200000000000000001", signal: "buy", pair: "EUR/USD" };
  const publishedAtMs = performance.now();
  await publisher.publish("trading-signals", JSON.stringify({ ...message, timestamp: new Date().toISOString() }));
  const { latencyMs, sincePublicationMs } = await delivered;

  expect(performance.now() - publishedAtMs).toBeLessThan(200);
  expect(latencyMs).toBeLessThan(100);
  expect(sincePublicationMs).toBeLessThan(200);
  expect(lane.sends).toHaveLength(1);
  intake.stop();
  await Promise.all([subscriber.stop(), delivery.stop(0)]);
  publisher.disconnect();
});
