import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { notificationChannel, notificationStream, signalChangeChannel } from "../../src/notifications/keys.ts";
import type { NotificationQueue } from "../../src/notifications/queue.ts";
import { maxKeptBytes, readPayload } from "../../src/notifications/reception.ts";
import { createStreamConsumer } from "../../src/notifications/stream-consumer.ts";
import { createSubscriber } from "../../src/notifications/subscriber.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { brokenTextSignal, hostileBytes, hostileRest, hostileSignals } from "./support/hostile-texts.ts";
import { db, fingerprint, openTestQueue, queued, takingIn } from "./support/queue.ts";

const readable = [...hostileSignals.map((text) => Buffer.from(text)), brokenTextSignal];
const unreadable = [...hostileRest.map((text) => Buffer.from(text)), ...hostileBytes];
const everything = [...readable, ...unreadable];

let redis: OwnRedis;
let queue: NotificationQueue;
let publisher: Redis;

beforeAll(async () => {
  redis = await startRedis({ ignoreEnvironment: true, appendOnly: false });
  queue = await openTestQueue(redis);
  publisher = new Redis(redis.url, { db });
});
beforeEach(async () => {
  await publisher.flushall();
});
afterAll(async () => {
  publisher.disconnect();
  await queue.close();
  await redis.stop();
});

it("takes whatever is published, and whatever is put into the stream, as one and the same", async () => {
  const { acceptance, events } = takingIn(queue);
  const options = { clock: systemClock, publish: events.publish };
  const address = { url: redis.url, db };
  const subscriber = createSubscriber({
    ...options,
    redisUrl: redis.url,
    channels: [notificationChannel, signalChangeChannel],
    onMessage: (text) => acceptance.receive(text, "notification"),
  });
  const consumer = createStreamConsumer({ ...options, redis: address, fingerprint, consumer: "me", acceptance });
  subscriber.start();
  consumer.start();
  await Promise.all([events.reach("subscriberState", 1), events.reach("streamState", 1)]);

  for (const bytes of everything) {
    await publisher.publish(notificationChannel, bytes);
    await publisher.xadd(notificationStream, "*", "payload", bytes);
  }
  const ended = ["notificationAccepted", "notificationDuplicate", "notificationMalformed"] as const;
  await events.until(() => ended.reduce((sum, kind) => sum + events.count(kind), 0) === 2 * everything.length);

  expect(events.count("notificationAccepted")).toBe(readable.length);
  expect(events.count("notificationMalformed")).toBe(unreadable.length);
  expect(events.count("notificationDuplicate")).toBe(everything.length);
  expect(events.count("intakeFailed")).toBe(0);
  const jobs = await queued(queue);
  expect(jobs).toHaveLength(everything.length);
  for (const job of jobs) {
    expect(readPayload(job).kind).toBe(job.name);
    expect(Buffer.byteLength(job.payload)).toBeLessThanOrEqual(maxKeptBytes);
  }
  expect(Object.keys(Object.prototype)).toEqual([]);
  await Promise.all([subscriber.stop(), consumer.stop()]);
});

it("takes the same on the channel of changes", async () => {
  const { acceptance, events } = takingIn(queue);
  for (const bytes of everything) acceptance.receive(bytes.toString(), "signalChange");
  await acceptance.stop(60_000);
  expect(events.count("notificationMalformed")).toBe(everything.length);
  expect((await queued(queue)).every((job) => readPayload(job).kind === "malformed")).toBe(true);
});
