import { describe, expect, it } from "vitest";
import { type ClockOffset, watchClock } from "../../src/operations/clock-watch.ts";
import { EventBus } from "../../src/operations/event-bus.ts";
import type { BotEvent } from "../../src/operations/events.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const arrival: BotEvent = {
  kind: "interactionArrived",
  interactionId: "1",
  interactionKind: "command",
  command: "ping",
  ageMs: 10,
};

function watch(offset: ClockOffset) {
  const bus = new EventBus<BotEvent>(() => {});
  const clock = new VirtualClock();
  const said: number[] = [];
  watchClock({ bus, clock, offset: () => offset, onWrong: (offsetMs) => said.push(offsetMs) });
  return { bus, clock, said };
}

describe("a machine whose clock is wrong", () => {
  it("is reported once, and again an hour later", async () => {
    const { bus, clock, said } = watch({ offsetMs: 5000, trusted: true });
    bus.publish(arrival);
    bus.publish(arrival);
    expect(said).toEqual([5000]);
    await clock.advance(60 * 60_000);
    bus.publish(arrival);
    expect(said).toEqual([5000, 5000]);
  });

  it.each([
    ["a small offset", { offsetMs: -400, trusted: true }],
    ["an offset that is not proved", { offsetMs: -60_000, trusted: false }],
  ])("is not reported for %s", (_what, offset) => {
    const { bus, said } = watch(offset);
    bus.publish(arrival);
    expect(said).toEqual([]);
  });
});
