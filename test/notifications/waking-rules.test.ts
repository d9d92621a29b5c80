import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { writeItem } from "../../src/notifications/person-records.ts";
import type { NotificationQueue } from "../../src/notifications/queue.ts";
import { createRuleStore, type RuleStore } from "../../src/notifications/rule-store.ts";
import { wakingRules } from "../../src/notifications/waking-rules.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { openTestQueue } from "./support/queue.ts";

const alice = "200000000000000001";
const bob = "200000000000000002";

let server: OwnRedis;
let queue: NotificationQueue;
let rules: RuleStore;

beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true });
  queue = await openTestQueue(server);
  rules = wakingRules(createRuleStore({ redis: queue.redis, keys: queue.keys }), queue);
});
afterAll(async () => {
  await queue.close();
  await server.stop();
});
beforeEach(() => queue.redis.flushall());

/** A notification that waits for a day in the person's box. */
async function waitsFor(personId: string, identity: string, slot = "EUR/USD|1h"): Promise<void> {
  const data = { payload: "{}", receivedAtMs: 1, way: "channel", receipt: "r" } as const;
  await queue.jobs.add("notification", data, { jobId: identity, delay: 24 * 3_600_000 });
  const item = { identity, slot, orderMs: 1, receivedAtMs: 1, payload: "{}" };
  await queue.redis.hset(queue.keys.person(personId).box, slot, writeItem(item));
}

const stateOf = (identity: string) => queue.jobs.getJobState(identity);

describe("a person who changes their mind", () => {
  it("lets all that waits for them be judged anew, and nothing that waits for others", async () => {
    await waitsFor(alice, "first");
    await waitsFor(alice, "second", "USD/JPY|");
    await waitsFor(bob, "third");
    expect(await rules.change(alice, { mutedUntilMs: null })).toMatchObject({ mutedUntilMs: undefined });
    expect([await stateOf("first"), await stateOf("second"), await stateOf("third")]).toEqual([
      ...["waiting", "waiting"],
      "delayed",
    ]);
  });

  it("does so also by asking for fewer", async () => {
    await waitsFor(alice, "first");
    expect((await rules.addFewer(alice, "EUR/USD|1h")).fewer).toEqual(["EUR/USD|1h"]);
    expect(await stateOf("first")).toBe("waiting");
  });

  it("has it changed although something cannot be woken", async () => {
    await waitsFor(alice, "first");
    await waitsFor(alice, "gone", "GBP/USD|");
    await (await queue.jobs.getJob("gone"))?.remove();
    await queue.redis.hset(queue.keys.person(alice).box, "damaged", "{");
    await rules.change(alice, { strongOnly: true });
    // What is woken already cannot be woken again.
    expect(await rules.change(alice, { strongOnly: false })).toMatchObject({ strongOnly: false });
    expect(await stateOf("first")).toBe("waiting");
    await queue.redis.set(queue.keys.person(bob).box, "no box");
    expect(await rules.change(bob, { strongOnly: true })).toMatchObject({ strongOnly: true });
  });

  it("wakes nothing by only looking", async () => {
    await waitsFor(alice, "first");
    await rules.read(alice);
    await rules.takeStopNotice(alice);
    expect(await stateOf("first")).toBe("delayed");
  });
});
