import { beforeEach, describe, expect, it } from "vitest";
import { DeliveryGate } from "../../src/notifications/delivery-gate.ts";
import type { Halted } from "../../src/notifications/queue.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";
import { EventRecord } from "./support/event-record.ts";

/** The queue as all processes see it. */
let halted: Halted | undefined;
let away: boolean;
let clock: VirtualClock;
let events: EventRecord;
let worker: string[];

beforeEach(() => {
  halted = undefined;
  away = false;
  clock = new VirtualClock();
  events = new EventRecord();
  worker = [];
});

function gate(): DeliveryGate {
  return new DeliveryGate({
    queue: {
      async halt(reason, atMs) {
        halted = { reason, atMs };
      },
      async halted() {
        if (away) throw new Error("Redis is away");
        return halted;
      },
    },
    worker: () => ({
      pause: async () => void worker.push("pause"),
      resume: async () => void worker.push("resume"),
    }),
    clock,
    publish: events.publish,
  });
}
const told = () => events.all.map((event) => ("reason" in event ? `${event.kind} ${event.reason}` : event.kind));

describe("a quarantine", () => {
  it("halts the queue of all processes, and is told once", async () => {
    const one = gate();
    expect(one.closed).toBe(false);
    await Promise.all([one.halt("quarantined"), one.halt("quarantined")]);
    expect(halted).toEqual({ reason: "quarantined", atMs: clock.now() });
    expect(one.closed).toBe(true);
    expect(told()).toEqual(["deliveriesHalted quarantined"]);
  });

  it("is noticed by the others, and by whoever starts days later", async () => {
    const other = gate();
    other.start();
    await settle();
    expect(other.closed).toBe(false);
    halted = { reason: "quarantined", atMs: 0 };
    await clock.advance(5_000);
    expect(other.closed).toBe(true);
    const later = gate();
    later.start();
    await settle();
    expect(later.closed).toBe(true);
    expect(told()).toEqual(["deliveriesHalted quarantined", "deliveriesHalted quarantined"]);
    other.stop();
    later.stop();
    expect(clock.pending).toBe(0);
  });

  it("is over when an operator says so, without a restart", async () => {
    const one = gate();
    one.start();
    await one.halt("quarantined");
    halted = undefined;
    await clock.advance(5_000);
    expect(one.closed).toBe(false);
    expect(told()).toEqual(["deliveriesHalted quarantined", "deliveriesResumed"]);
    one.stop();
  });

  it("holds while Redis is away", async () => {
    const one = gate();
    one.start();
    await one.halt("quarantined");
    away = true;
    await clock.advance(60_000);
    expect(one.closed).toBe(true);
    one.stop();
  });
});

it("tells that somebody paused the queue by hand", async () => {
  halted = { reason: "paused", atMs: undefined };
  const one = gate();
  one.start();
  await settle();
  expect(told()).toEqual(["deliveriesHalted paused"]);
  one.stop();
});

it("leaves a refused token to this process, and its queue to the others", async () => {
  const one = gate();
  one.start();
  await one.halt("unauthorized");
  await clock.advance(60_000);
  expect(halted).toBeUndefined();
  expect(told()).toEqual(["deliveriesHalted unauthorized"]);
  one.stop();
});

describe("very many refused requests", () => {
  it("pause this process until Discord counts anew, well before it shuts the machine out", async () => {
    const one = gate();
    one.invalidRequests(4_500, 300_000);
    expect(one.closed).toBe(false);
    one.invalidRequests(5_000, 200_000);
    expect(one.closed).toBe(true);
    expect(events.of("deliveriesPaused")).toEqual([
      { kind: "deliveriesPaused", refusedRequests: 5_000, waitMs: 200_000 },
    ]);
    await clock.advance(199_999);
    expect(worker).toEqual(["pause"]);
    await clock.advance(1);
    expect(worker).toEqual(["pause", "resume"]);
    expect(one.closed).toBe(false);
    expect(told()).toEqual(["deliveriesPaused", "deliveriesResumed"]);
  });

  it("are told once, though those on their way go on being refused", async () => {
    const one = gate();
    one.invalidRequests(5_000, 200_000);
    await clock.advance(1_000);
    one.invalidRequests(5_500, 199_000);
    expect(told()).toEqual(["deliveriesPaused"]);
  });
});
