import { beforeEach, describe, expect, it } from "vitest";
import { createDelivery } from "../../src/notifications/delivery.ts";
import type { NotificationEvent } from "../../src/notifications/events.ts";
import { createIntake, type IntakeOptions } from "../../src/notifications/intake.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";
import { discord, network, ScriptedLane } from "./support/scripted-lane.ts";

const minute = 60_000;
let clock: VirtualClock;
let lane: ScriptedLane;
let events: NotificationEvent[];

beforeEach(() => {
  clock = new VirtualClock();
  lane = new ScriptedLane();
  events = [];
});

const open = (options: Partial<IntakeOptions> = {}) => {
  const publish = (event: NotificationEvent) => events.push(event);
  const delivery = createDelivery({ lane, clock, publish, random: () => 1 });
  return createIntake({ clock, delivery, publish, paceIntervalMs: minute, ...options });
};

const message = (changes: Record<string, unknown> = {}) =>
  JSON.stringify({
    discordUserId: "200000000000000001",
    signal: { signal: "buy", entryPrice: 1.0853 },
    pair: "EUR/USD",
    timeframe: "4h",
    timestamp: new Date(clock.now() - 40).toISOString(),
    ...changes,
  });
const kinds = () => events.map(({ kind }) => kind);
const of = <K extends NotificationEvent["kind"]>(kind: K) =>
  events.filter((event): event is Extract<NotificationEvent, { kind: K }> => event.kind === kind);

describe("the intake", () => {
  it("turns a published signal into one direct message about it, without any wait", async () => {
    open().receive(message());
    await settle();
    expect(clock.monotonic()).toBe(0);
    expect(lane.sends).toHaveLength(1);
    expect(JSON.stringify(lane.sends[0]?.body)).toContain("EUR/USD");
    expect(of("notificationDelivered")).toMatchObject([
      { personId: "200000000000000001", attempts: 1, latencyMs: 0, sincePublicationMs: 40 },
    ]);
  });

  it("counts a slow delivery from reception, and says nothing of a time the message did not carry", async () => {
    lane.sendSteps.push(network);
    open().receive(message({ timestamp: undefined }));
    await clock.advance(500);
    expect(of("notificationDelivered")).toMatchObject([{ attempts: 2, latencyMs: 500, sincePublicationMs: undefined }]);
  });

  it("does not take a publisher's clock ahead of ours for a negative wait", async () => {
    open().receive(message({ timestamp: new Date(clock.now() + 5_000).toISOString() }));
    await settle();
    expect(of("notificationDelivered")).toMatchObject([{ sincePublicationMs: 0 }]);
  });

  it("delivers what is published twice once", async () => {
    const intake = open();
    intake.receive(message());
    intake.receive(message());
    await clock.advance(5 * minute);
    expect(lane.sends).toHaveLength(1);
    expect(of("notificationDuplicate")).toHaveLength(1);
    expect(of("notificationDuplicate")[0]?.identity).toBe(of("notificationDelivered")[0]?.identity);
  });

  it("keeps what comes sooner than a minute waiting, and delivers it then", async () => {
    const intake = open();
    intake.receive(message());
    intake.receive(message({ pair: "GBP/USD" }));
    await settle();
    expect(intake.waiting).toBe(1);
    expect(of("notificationDeferred")).toMatchObject([{ ahead: 0 }]);
    await clock.advance(minute);
    expect(lane.sends).toHaveLength(2);
    expect(of("notificationDelivered")).toMatchObject([{ latencyMs: 0 }, { latencyMs: minute }]);
  });

  it("reports what cannot be read, without any of it, and goes on", async () => {
    const intake = open();
    intake.receive("@everyone {");
    intake.receive(message({ discordUserId: 5 }));
    intake.receive(message());
    await settle();
    expect(of("notificationMalformed")).toEqual([
      { kind: "notificationMalformed", reason: "notJson", path: "" },
      { kind: "notificationMalformed", reason: "noPerson", path: "discordUserId" },
    ]);
    expect(lane.sends).toHaveLength(1);
  });

  it("says how a delivery ended that did not succeed", async () => {
    lane.openSteps.push(discord(404, 10013));
    open().receive(message());
    await settle();
    expect(of("notificationNotDelivered")).toMatchObject([{ end: { kind: "unknownPerson", code: 10013 } }]);
  });

  it("survives a card that cannot be made", async () => {
    const intake = open({
      render: () => {
        throw new Error("a defect");
      },
    });
    intake.receive(message());
    await settle();
    expect(kinds()).toEqual(["notificationReceived", "cardFailed"]);
  });

  it("counts what still waits when it stops, so that every one received has an end", async () => {
    const intake = open();
    for (const pair of ["EUR/USD", "GBP/USD", "USD/JPY"]) intake.receive(message({ pair }));
    await settle();
    intake.stop();
    intake.receive(message({ pair: "AUD/USD" }));
    expect(of("notificationsAbandoned")).toEqual([
      { kind: "notificationsAbandoned", count: 2, reason: "stopping" },
      { kind: "notificationsAbandoned", count: 1, reason: "stopping" },
    ]);
    expect(of("notificationReceived")).toHaveLength(4);
    expect(of("notificationDelivered")).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it("gives each of three hundred people theirs, without waiting for any clock", async () => {
    const intake = open();
    for (let index = 0; index < 300; index += 1) intake.receive(message({ discordUserId: String(2e17 + index * 100) }));
    while (lane.visible < 300) await settle();
    expect(lane.visible).toBe(300);
    expect(new Set(lane.opens).size).toBe(300);
  });
});
