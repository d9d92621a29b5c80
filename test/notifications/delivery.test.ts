import { beforeEach, describe, expect, it } from "vitest";
import { createDelivery, type DeliveryOptions } from "../../src/notifications/delivery.ts";
import type { NotificationEvent } from "../../src/notifications/events.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";
import { discord, network, ScriptedLane } from "./support/scripted-lane.ts";

const person = "200000000000000001";
const message = { content: "EUR/USD: buy" };

let clock: VirtualClock;
let lane: ScriptedLane;
let events: NotificationEvent[];
const delivery = (options: Partial<DeliveryOptions> = {}) =>
  createDelivery({ lane, clock, publish: (event) => events.push(event), random: () => 1, ...options });
const kinds = () => events.map((event) => event.kind);

beforeEach(() => {
  clock = new VirtualClock();
  lane = new ScriptedLane();
  events = [];
});

describe("a delivery", () => {
  it("opens the channel and sends the message, pinging nobody, with a nonce Discord enforces", async () => {
    const end = await delivery().deliver(person, "id-1", message);
    expect(end).toEqual({ kind: "delivered", messageId: expect.any(String), attempts: 1 });
    expect(lane.opens).toEqual([person]);
    expect(lane.sends).toEqual([
      {
        channelId: `dm-${person}`,
        body: {
          content: "EUR/USD: buy",
          nonce: expect.stringMatching(/^[\w-]{25}$/),
          enforce_nonce: true,
          allowed_mentions: { parse: [] },
        },
      },
    ]);
  });

  it("is one message to the person when a response was lost and the send repeated", async () => {
    lane.sendSteps.push(network, discord(502, 0));
    const ending = delivery().deliver(person, "id-1", message);
    await clock.advance(10_000);
    expect(await ending).toMatchObject({ kind: "delivered", attempts: 3 });
    expect(lane.sends).toHaveLength(3);
    expect(lane.visible).toBe(1);
  });

  it("uses another nonce for another notification, and for another person", async () => {
    const { deliver } = delivery();
    await deliver(person, "id-1", message);
    await deliver(person, "id-2", message);
    await deliver("200000000000000002", "id-1", message);
    expect(lane.visible).toBe(3);
  });

  it("opens a person's channel once, also when two messages for them come at the same time", async () => {
    const { deliver } = delivery();
    await Promise.all([deliver(person, "id-1", message), deliver(person, "id-2", message)]);
    await deliver(person, "id-3", message);
    expect(lane.opens).toEqual([person]);
    expect(lane.sends).toHaveLength(3);
  });

  it("asks again for a channel after opening it failed", async () => {
    lane.openSteps.push(discord(403, 50278));
    const { deliver } = delivery();
    expect(await deliver(person, "id-1", message)).toEqual({ kind: "closed", code: 50278 });
    expect(await deliver(person, "id-2", message)).toMatchObject({ kind: "delivered" });
  });

  it("reopens a channel that Discord no longer knows, and sends there", async () => {
    const { deliver } = delivery();
    await deliver(person, "id-1", message);
    lane.sendSteps.push(discord(404, 10003));
    lane.generation = "-new";
    expect(await deliver(person, "id-2", message)).toMatchObject({ kind: "delivered", attempts: 2 });
    expect(lane.sends.at(-1)?.channelId).toBe(`dm-${person}-new`);
  });

  it("reopens a channel only once", async () => {
    lane.sendSteps.push(discord(404, 10003), discord(404, 10003), discord(404, 10003));
    expect(await delivery().deliver(person, "id-1", message)).toEqual({ kind: "refused", status: 404, code: 10003 });
    expect(lane.opens).toHaveLength(2);
  });

  it.each([
    ["closed direct messages", discord(403, 50007), { kind: "closed", code: 50007 }],
    ["no shared server", discord(403, 50278), { kind: "closed", code: 50278 }],
    ["nobody with this id", discord(404, 10013), { kind: "unknownPerson", code: 10013 }],
    ["a message Discord will not take", discord(400, 50035), { kind: "refused", status: 400, code: 50035 }],
    ["explicit content", discord(403, 20009), { kind: "refused", status: 403, code: 20009 }],
  ])("ends at once, without another attempt: %s", async (_name, failure, expected) => {
    lane.sendSteps.push(failure);
    expect(await delivery().deliver(person, "id-1", message)).toEqual(expected);
    expect(lane.sends).toHaveLength(1);
  });

  it.each([
    ["429", discord(429, 0)],
    ["500", discord(500, 0)],
    ["sending disabled for now", discord(403, 40004)],
    ["the network", network],
    ["an unexpected exception of the lane", "bug" as const],
  ])("waits and tries again after %s", async (_name, step) => {
    lane.sendSteps.push(step);
    const ending = delivery().deliver(person, "id-1", message);
    await clock.advance(499);
    expect(lane.sends).toHaveLength(1);
    await clock.advance(1);
    expect(await ending).toMatchObject({ kind: "delivered", attempts: 2 });
  });

  it("waits as long as Discord says, and a minute after opening too fast", async () => {
    lane.openSteps.push(discord(403, 40003));
    lane.sendSteps.push({ kind: "rateLimited", retryAfterMs: 7_000 });
    const ending = delivery().deliver(person, "id-1", message);
    await clock.advance(59_999);
    expect(lane.opens).toHaveLength(1);
    await clock.advance(1 + 6_999);
    expect(lane.sends).toHaveLength(1);
    await clock.advance(1);
    expect(await ending).toMatchObject({ kind: "delivered" });
    expect(events).toEqual([
      { kind: "deliveryRetried", personId: person, reason: "discord", attempt: 1, waitMs: 60_000 },
      { kind: "deliveryRetried", personId: person, reason: "rateLimited", attempt: 2, waitMs: 7_000 },
    ]);
  });

  it("gives up before Discord may have forgotten the nonce", async () => {
    lane.sendSteps.push(...Array.from({ length: 100 }, () => network));
    const ending = delivery().deliver(person, "id-1", message);
    await clock.advance(120_000);
    expect(await ending).toEqual({ kind: "failed", reason: "gaveUp" });
    expect(clock.pending).toBe(0);
  });

  it("gives up on a request that never ends", async () => {
    lane.sendSteps.push("hang");
    const ending = delivery().deliver(person, "id-1", message);
    await clock.advance(120_000);
    expect(await ending).toEqual({ kind: "failed", reason: "gaveUp" });
  });

  it("gives up at once when Discord says to wait longer than there is time", async () => {
    lane.sendSteps.push({ kind: "rateLimited", retryAfterMs: 600_000 });
    expect(await delivery().deliver(person, "id-1", message)).toEqual({ kind: "failed", reason: "gaveUp" });
  });

  it("spreads the attempts of many who failed together", async () => {
    let turn = 0;
    const { deliver } = delivery({ random: () => (turn++ % 2) * 0.9 });
    lane.sendSteps.push(network, network);
    void deliver(person, "id-1", message);
    void deliver("200000000000000002", "id-2", message);
    await settle();
    const waits = events.flatMap((event) => (event.kind === "deliveryRetried" ? [event.waitMs] : []));
    expect(waits).toEqual([250, 475]);
  });
});

describe("trouble that concerns everybody", () => {
  it.each([
    ["quarantined", discord(403, 20026)],
    ["unauthorized", discord(401, 0)],
  ])("ends every delivery and says so once: %s", async (reason, failure) => {
    const room = delivery();
    lane.sendSteps.push("hang", failure);
    const hanging = room.deliver("200000000000000002", "id-1", message);
    await settle();
    expect(await room.deliver(person, "id-2", message)).toEqual({ kind: "failed", reason });
    expect(await hanging).toEqual({ kind: "failed", reason });
    expect(await room.deliver("200000000000000003", "id-3", message)).toEqual({ kind: "failed", reason });
    expect(lane.opens).not.toContain("200000000000000003");
    expect(room.halted).toBe(reason);
    expect(events).toEqual([{ kind: "deliveriesHalted", reason }]);
  });
});

describe("a confirmation", () => {
  it("is sent the same way, and reported", async () => {
    expect(await delivery().confirm(person, message, "interaction-1")).toBe("sent");
    expect(lane.sends[0]?.body).toMatchObject({ enforce_nonce: true, allowed_mentions: { parse: [] } });
    expect(kinds()).toEqual(["confirmationEnded"]);
  });

  it("tells closed direct messages from other failures", async () => {
    const { confirm } = delivery();
    lane.sendSteps.push(discord(403, 50007), discord(400, 50035));
    expect(await confirm(person, message, "interaction-1")).toBe("closed");
    expect(await confirm(person, message, "interaction-2")).toBe("failed");
  });

  it("is given up while the person still waits for the answer", async () => {
    lane.sendSteps.push("hang");
    const ending = delivery().confirm(person, message, "interaction-1");
    await clock.advance(8_000);
    expect(await ending).toBe("failed");
  });

  it("is given up when its command is", async () => {
    const command = new AbortController();
    lane.sendSteps.push("hang");
    const ending = delivery().confirm(person, message, "interaction-1", command.signal);
    await settle();
    command.abort();
    expect(await ending).toBe("failed");
    expect(clock.pending).toBe(0);
  });
});

describe("stopping", () => {
  it("lets what is under way end, and takes nothing new", async () => {
    const room = delivery();
    lane.sendSteps.push(network);
    const ending = room.deliver(person, "id-1", message);
    await settle();
    const stopping = room.stop(5_000);
    expect(await room.deliver(person, "id-2", message)).toEqual({ kind: "failed", reason: "stopping" });
    await clock.advance(500);
    expect(await ending).toMatchObject({ kind: "delivered" });
    await stopping;
    expect(clock.pending).toBe(0);
  });

  it("gives up what has not ended after the grace", async () => {
    const room = delivery();
    lane.sendSteps.push("hang");
    const ending = room.deliver(person, "id-1", message);
    await settle();
    const stopping = room.stop(5_000);
    await clock.advance(5_000);
    expect(await ending).toEqual({ kind: "failed", reason: "stopping" });
    await stopping;
    expect(room.underWay).toBe(0);
  });
});
