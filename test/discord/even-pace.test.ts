import { describe, expect, it } from "vitest";
import { EvenPace } from "../../src/discord/even-pace.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";

describe("an even pace", () => {
  const start = () => {
    const clock = new VirtualClock();
    const pace = new EvenPace(clock, 4);
    const turnsAtMs: number[] = [];
    const ask = (signal?: AbortSignal) => pace.turn(signal).then(() => void turnsAtMs.push(clock.monotonic()));
    return { clock, turnsAtMs, ask };
  };

  it("spreads what is asked for together", async () => {
    const { clock, turnsAtMs, ask } = start();
    for (let nth = 0; nth < 5; nth += 1) void ask();
    await clock.advance(10_000);
    expect(turnsAtMs).toEqual([0, 250, 500, 750, 1000]);
  });

  it("keeps nobody waiting after a pause, and saves nothing up for a burst", async () => {
    const { clock, turnsAtMs, ask } = start();
    await ask();
    await clock.advance(10_000);
    for (let nth = 0; nth < 3; nth += 1) void ask();
    await clock.advance(10_000);
    expect(turnsAtMs).toEqual([0, 10_000, 10_250, 10_500]);
  });

  it("ends the waiting of somebody who gave up, and nobody else's", async () => {
    const { clock, turnsAtMs, ask } = start();
    const gaveUp = new AbortController();
    void ask();
    void ask(gaveUp.signal);
    void ask();
    gaveUp.abort();
    await settle();
    expect(turnsAtMs).toEqual([0, 0]);
    await clock.advance(1000);
    expect(turnsAtMs).toEqual([0, 0, 500]);
    expect(clock.pending).toBe(0);
  });
});
