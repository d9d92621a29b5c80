import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { StepOutcome } from "../../src/notifications/delivery-step.ts";
import type { DeferReason } from "../../src/notifications/events.ts";
import type { NotificationQueue } from "../../src/notifications/queue.ts";
import { createDeliveryWorker } from "../../src/notifications/worker.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { EventRecord } from "./support/event-record.ts";
import { db, openTestQueue, published } from "./support/queue.ts";

let server: OwnRedis;
let queue: NotificationQueue;

beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true });
  queue = await openTestQueue(server);
});
afterAll(async () => {
  await queue.close();
  await server.stop();
});
beforeEach(() => queue.redis.flushall());

const hourMs = 3_600_000;
const ended: StepOutcome = { kind: "ended", done: { end: "delivered", attempts: 1, atMs: 1 } };

/** A worker whose first look at a notification puts it off for an hour; `stillWaits` is asked then. */
function working(reason: DeferReason, stillWaits: () => Promise<boolean>) {
  const events = new EventRecord();
  let looks = 0;
  const worker = createDeliveryWorker({
    redis: { url: server.url, db },
    keys: queue.keys,
    clock: systemClock,
    notifications: {
      run: async () => {
        looks += 1;
        return looks === 1 ? { kind: "wait", untilMs: Date.now() + hourMs, reason } : ended;
      },
      stillWaits,
    },
    changes: { run: () => Promise.reject(new Error("no change is published here")) },
    accept: () => Promise.resolve(),
    publish: events.publish,
  });
  worker.start();
  return { worker, events };
}

const publish = () =>
  queue.jobs.add(
    "notification",
    { payload: published(), receivedAtMs: Date.now(), way: "channel", receipt: "r" },
    { jobId: "one" },
  );

it.each(["muted", "quietHours"] as const)(
  "goes on with what was put off (%s) while the person changed their mind",
  async (reason) => {
    const { worker, events } = working(reason, async () => false);
    await publish();
    await events.reach("notificationEnded", 1);
    expect(events.all.map(({ kind }) => kind)).toEqual(["notificationDeferred", "notificationEnded"]);
    await worker.stop(1000);
  },
);

it.each<readonly [what: string, reason: DeferReason, stillWaits: () => Promise<boolean>]>([
  ["the person's rules still say so", "muted", async () => true],
  ["the person's rules cannot be read", "quietHours", () => Promise.reject(new Error("Connection is closed."))],
  ["something else than the person lets it wait", "pace", async () => false],
])("leaves it put off when %s", async (_what, reason, stillWaits) => {
  const { worker, events } = working(reason, stillWaits);
  await publish();
  await events.reach("notificationDeferred", 1);
  // Leaves what is under way to end.
  await worker.stop(10_000);
  expect(events.all.map(({ kind }) => kind)).toEqual(["notificationDeferred"]);
  expect(await queue.jobs.getJobState("one")).toBe("delayed");
});
