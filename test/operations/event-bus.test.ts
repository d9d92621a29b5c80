import { beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { EventBus } from "../../src/operations/event-bus.ts";
import { settle } from "../support/virtual-clock.ts";

type Event = { readonly kind: "a"; readonly value: number } | { readonly kind: "b" };

let errors: unknown[];
let bus: EventBus<Event>;

beforeEach(() => {
  errors = [];
  bus = new EventBus<Event>((error) => errors.push(error));
});

describe("the event bus", () => {
  it("tells everybody, in the order they subscribed, before publish returns", () => {
    const told: string[] = [];
    bus.subscribe(() => told.push("first"));
    bus.subscribe(() => told.push("second"));
    bus.publish({ kind: "b" });
    expect(told).toEqual(["first", "second"]);
  });

  it("tells a listener of one kind about that kind only, typed", () => {
    const values: number[] = [];
    bus.on("a", (event) => {
      expectTypeOf(event).toEqualTypeOf<{ readonly kind: "a"; readonly value: number }>();
      values.push(event.value);
    });
    bus.publish({ kind: "b" });
    bus.publish({ kind: "a", value: 7 });
    expect(values).toEqual([7]);
  });

  it("keeps the publisher and the other listeners from harm, and reports it", async () => {
    const told: string[] = [];
    const thrown = new Error("thrown");
    const rejected = new Error("rejected");
    bus.subscribe(() => {
      throw thrown;
    });
    bus.subscribe(async () => Promise.reject(rejected));
    bus.subscribe(() => told.push("told"));
    bus.publish({ kind: "b" });
    await settle();
    expect(told).toEqual(["told"]);
    expect(errors).toEqual([thrown, rejected]);
  });

  it("survives a reporter that fails itself", () => {
    const fragile = new EventBus<Event>(() => {
      throw new Error("nobody left");
    });
    fragile.subscribe(() => {
      throw new Error("x");
    });
    expect(() => fragile.publish({ kind: "b" })).not.toThrow();
  });

  it("ends a subscription, also from within, and each on its own", () => {
    const told: string[] = [];
    const listener = () => told.push("twice");
    const end = bus.subscribe(listener);
    bus.subscribe(listener);
    const endOnce = bus.on("b", () => {
      told.push("once");
      endOnce();
    });
    end();
    bus.publish({ kind: "b" });
    bus.publish({ kind: "b" });
    expect(told).toEqual(["twice", "once", "twice"]);
  });

  it("can hand out its publish alone", () => {
    const { publish } = bus;
    const told: Event[] = [];
    bus.subscribe((event) => told.push(event));
    publish({ kind: "b" });
    expect(told).toEqual([{ kind: "b" }]);
  });
});
