import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryJitter } from "../../src/instance/lease-store.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { direct, hostClock, ModelProcess, ModelRedis, type Trip } from "./support/model-lease.ts";

const settings = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };
const nothingBack: Trip = { thereMs: 1, backMs: undefined };
const silence: Trip = { thereMs: undefined, backMs: undefined };

const room = () => {
  const clock = new VirtualClock();
  return { clock, redis: new ModelRedis(clock) };
};

/** One that leads and one that stands by, whose ways to Redis a test may change. */
async function pair() {
  const { clock, redis } = room();
  const trips = { first: direct, second: direct };
  const first = new ModelProcess(redis, "first", { settings, trip: () => trips.first });
  const second = new ModelProcess(redis, "second", { settings, trip: () => trips.second });
  first.lease.start();
  await clock.advance(10);
  second.lease.start();
  await clock.advance(10);
  expect([first.told, second.told]).toEqual([["leader 1"], ["standby 1"]]);
  return { clock, redis, trips, first, second };
}

describe("a lease", () => {
  it("is kept for as long as it is renewed, and the standby stays one", async () => {
    const { clock, first, second } = await pair();
    await clock.advance(3_600_000);
    expect(first.lease.mayAct).toBe(true);
    expect(second.lease.mayAct).toBe(false);
    expect(first.told).toEqual(["leader 1"]);
  });

  it("tells for how long its holder may act, with each renewal, and when it is over", async () => {
    const { clock, trips, first } = await pair();
    const actsUntilMs = () => (first.acting?.atMs ?? 0) + (first.acting?.forMs ?? 0);
    const atFirstMs = actsUntilMs();
    await clock.advance(60_000);
    expect(actsUntilMs() - atFirstMs).toBeGreaterThanOrEqual(60_000 - settings.retryMs);
    trips.first = silence;
    await clock.advance(actsUntilMs() - clock.monotonic() - 1);
    expect([first.lease.mayAct, first.acting?.forMs]).toEqual([true, expect.any(Number)]);
    await clock.advance(1);
    expect([first.lease.mayAct, first.acting?.forMs]).toEqual([false, 0]);
  });

  it("goes to the standby as soon as it is over after a crash, and not before", async () => {
    const { clock, trips, first, second } = await pair();
    await clock.advance(60_000);
    trips.first = silence;
    await clock.advance(settings.durationMs - settings.retryMs - 100);
    expect(second.lease.mayAct).toBe(false);
    await clock.advance(settings.retryMs + 200);
    expect(second.told.at(-1)).toBe("leader 2");
    expect(first.lease.mayAct).toBe(false);
  });

  it("is given up when no renewal is confirmed, before anybody else can have it", async () => {
    const { clock, trips, first, second } = await pair();
    trips.first = { thereMs: undefined, backMs: undefined, failsAfterMs: 500 };
    await clock.advance(settings.renewDeadlineMs - 50);
    expect(first.lease.mayAct).toBe(true);
    await clock.advance(50);
    expect(first.lease.mayAct).toBe(false);
    expect(first.lost?.message).toContain("could not be renewed in time (no answer)");
    expect(second.lease.mayAct).toBe(false);
    await clock.advance(settings.durationMs);
    expect(second.told.at(-1)).toBe("leader 2");
  });

  it("is given up when renewals hang without end", async () => {
    const { clock, trips, first } = await pair();
    trips.first = silence;
    await clock.advance(settings.renewDeadlineMs);
    expect(first.told).toEqual(["leader 1", "lost"]);
  });

  it("survives a renewal that hangs when a later one comes through", async () => {
    const { clock, trips, first } = await pair();
    trips.first = silence;
    await clock.advance(settings.renewDeadlineMs - settings.retryMs - 100);
    trips.first = direct;
    await clock.advance(60_000);
    expect(first.lease.mayAct).toBe(true);
  });

  it("counts a renewal from when it was sent, not from when its answer came", async () => {
    const { clock, trips, first } = await pair();
    trips.first = { thereMs: 1, backMs: 9_000 };
    // The first that is sent by then is answered by then; after that, nothing is.
    await clock.advance(settings.retryMs + 1);
    trips.first = silence;
    await clock.advance(settings.renewDeadlineMs + settings.retryMs);
    expect(first.told).toEqual(["leader 1", "lost"]);
    expect(first.lease.mayAct).toBe(false);
  });

  it("that was frozen past its end does nothing from its first moment on, whatever it does first", async () => {
    const { clock, redis, first, second } = await pair();
    let frozenForMs = 0;
    const frozen = new ModelProcess(redis, "third", {
      settings,
      clock: { ...hostClock(clock, {}), monotonic: () => clock.monotonic() + frozenForMs },
    });
    void second.lease.stop();
    void first.lease.stop();
    frozen.lease.start();
    await clock.advance(100);
    expect(frozen.lease.mayAct).toBe(true);
    // No timer has run yet.
    frozenForMs = settings.durationMs;
    expect(frozen.lease.mayAct).toBe(false);
  });

  it("that was given up is free at once when its former holder has stopped, and can say so", async () => {
    const { clock, trips, first, second } = await pair();
    trips.first = silence;
    await clock.advance(settings.renewDeadlineMs);
    expect(first.told.at(-1)).toBe("lost");
    trips.first = direct;
    void first.lease.stop();
    await clock.advance(10);
    expect(second.told.at(-1)).toBe("leader 2");
  });

  it("is lost to whom it was given meanwhile: the next renewal says so", async () => {
    const { clock, redis, trips, first, second } = await pair();
    redis.forget();
    trips.first = silence;
    await clock.advance(settings.durationMs);
    expect(second.told.at(-1)).toBe("leader 1");
    expect(redis.accepts(first.token ?? "")).toBe(false);
  });

  it("that Redis forgot is its holder's again", async () => {
    const { clock, redis, first, second } = await pair();
    await clock.advance(1_000);
    redis.forget();
    second.lease.look();
    await clock.advance(10);
    expect(second.told.at(-1)).toMatch(/lost its data/);
    await clock.advance(60_000);
    expect(first.told).toEqual(["leader 1"]);
    expect(second.told.at(-1)).toBe("standby 1");
    expect(redis.accepts(first.token ?? "")).toBe(true);
  });

  it("is not taken by an answer that came too late, but with the next one", async () => {
    const { clock, redis } = room();
    let trip: Trip = { thereMs: 1, backMs: settings.renewDeadlineMs };
    const process = new ModelProcess(redis, "only", { settings, trip: () => trip });
    process.lease.start();
    await clock.advance(100);
    trip = direct;
    await clock.advance(settings.renewDeadlineMs * 2);
    expect(process.told).toEqual(["leader 1"]);
    expect(redis.tokens).toEqual(["1:only"]);
    expect(process.lease.mayAct).toBe(true);
  });

  it("is taken also when the answer to the first try was lost", async () => {
    const { clock, redis } = room();
    let trip = nothingBack;
    const process = new ModelProcess(redis, "only", { settings, trip: () => trip });
    process.lease.start();
    await clock.advance(100);
    trip = direct;
    await clock.advance(settings.retryMs * (1 + retryJitter));
    expect(process.told).toEqual(["leader 1"]);
    expect(redis.tokens).toEqual(["1:only"]);
  });

  it("is asked for at times that differ, up to 1.2 times later", async () => {
    for (const [random, waitMs] of [
      [0, settings.retryMs],
      [1, settings.retryMs * (1 + retryJitter)],
    ] as const) {
      const { clock, redis } = room();
      let asked = 0;
      const trip = (): Trip => {
        asked += 1;
        return { thereMs: undefined, backMs: undefined, failsAfterMs: 1 };
      };
      new ModelProcess(redis, "only", { settings, trip, random: () => random }).lease.start();
      await clock.advance(waitMs - 1);
      expect(asked).toBe(1);
      await clock.advance(1);
      expect(asked).toBe(2);
    }
  });
});

describe("passing a lease on", () => {
  it("lets the standby lead at once, and the other end what it began", async () => {
    const { clock, redis, first, second } = await pair();
    void first.lease.passOn(20_000);
    await clock.advance(10);
    expect(second.told.at(-1)).toBe("leader 2");
    expect(second.finishing).toEqual([first.token]);
    expect(first.lease.mayAct).toBe(true);
    expect(redis.accepts(first.token ?? "")).toBe(true);
    expect(redis.accepts(second.token ?? "")).toBe(true);
    await clock.advance(20_000);
    expect(first.lease.mayAct).toBe(false);
    expect(redis.accepts(first.token ?? "")).toBe(false);
    expect(first.lost).toBeUndefined();
  });

  it("again and again leaves each of them the time to end what it began", async () => {
    const { clock, redis, first, second } = await pair();
    const third = new ModelProcess(redis, "third", { settings });
    third.lease.start();
    await clock.advance(10);
    void first.lease.passOn(20_000);
    await clock.advance(10);
    const next = second.lease.mayAct ? second : third;
    const last = next === second ? third : second;
    void next.lease.passOn(20_000);
    await clock.advance(10);
    expect(last.told.at(-1)).toBe("leader 3");
    expect(last.finishing).toEqual([first.token, next.token]);
    for (const { lease, token } of [first, next, last]) {
      expect(lease.mayAct).toBe(true);
      expect(redis.accepts(token ?? "")).toBe(true);
    }
  });

  it("is over for good when it stops: nothing it still writes is accepted", async () => {
    const { clock, redis, first } = await pair();
    void first.lease.passOn(20_000);
    await clock.advance(10);
    void first.lease.stop();
    await clock.advance(10);
    expect(first.lease.mayAct).toBe(false);
    expect(redis.accepts(first.token ?? "")).toBe(false);
  });

  it("without an answer, it acts no longer than its last renewal allows, and the standby leads when that is over", async () => {
    const { clock, trips, first, second } = await pair();
    trips.first = silence;
    void first.lease.passOn(60_000);
    await clock.advance(settings.renewDeadlineMs);
    expect(first.lease.mayAct).toBe(false);
    await clock.advance(settings.durationMs - settings.renewDeadlineMs);
    expect(second.told.at(-1)).toBe("leader 2");
  });

  it("by stopping, the standby leads at once too", async () => {
    const { clock, first, second } = await pair();
    void first.lease.stop();
    await clock.advance(10);
    expect(first.lease.mayAct).toBe(false);
    expect(second.told.at(-1)).toBe("leader 2");
  });

  it("that is stopped while it asks does not keep what it may have got", async () => {
    const { clock, redis } = room();
    const leaving = new ModelProcess(redis, "leaving", { settings, trip: () => ({ thereMs: 5, backMs: 5 }) });
    const next = new ModelProcess(redis, "next", { settings });
    leaving.lease.start();
    void leaving.lease.stop();
    await clock.advance(20);
    expect(leaving.told).toEqual([]);
    next.lease.start();
    await clock.advance(10);
    expect(next.told).toEqual(["leader 2"]);
  });
});

describe("whatever the network and the clocks do", () => {
  const time = fc.integer({ min: 1, max: 12_000 });
  const trips = fc.oneof(
    { weight: 6, arbitrary: fc.constant(direct) },
    { weight: 2, arbitrary: fc.record({ thereMs: time, backMs: time }) },
    { weight: 1, arbitrary: fc.record({ thereMs: time, backMs: fc.constant(undefined), failsAfterMs: time }) },
    {
      weight: 1,
      arbitrary: fc.record({ thereMs: fc.constant(undefined), backMs: fc.constant(undefined), failsAfterMs: time }),
    },
  );
  const host = fc.record({
    offMs: fc.integer({ min: -3_600_000, max: 3_600_000 }),
    // A third is what the deadline leaves; a clock that is off by a tenth is broken.
    rate: fc.double({ min: 0.9, max: 1.1, noNaN: true }),
    trips: fc.array(trips, { minLength: 1, maxLength: 40 }),
    randoms: fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { minLength: 1, maxLength: 10 }),
    stopsAfterMs: fc.option(fc.integer({ min: 0, max: 90_000 })),
  });

  it("never two lead at once, epochs only grow, and of a leader that may act every write is accepted", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(host, { minLength: 2, maxLength: 4 }), async (hosts) => {
        const { clock, redis } = room();
        const processes = hosts.map(({ trips: all, randoms, ...skew }, index) => {
          let trip = 0;
          let random = 0;
          return new ModelProcess(redis, `p${index}`, {
            settings,
            clock: hostClock(clock, skew),
            trip: () => all[trip++ % all.length] ?? direct,
            random: () => randoms[random++ % randoms.length] ?? 0,
          });
        });
        for (const { lease } of processes) lease.start();
        for (const [index, { stopsAfterMs }] of hosts.entries()) {
          if (stopsAfterMs !== null) clock.schedule(stopsAfterMs, () => void processes[index]?.lease.stop());
        }
        for (let passedMs = 0; passedMs < 120_000; passedMs += 250) {
          await clock.advance(250);
          const acting = processes.filter(({ lease }) => lease.mayAct);
          expect(acting.length).toBeLessThanOrEqual(1);
          for (const { token } of acting) expect(redis.accepts(token ?? "")).toBe(true);
        }
        const epochs = redis.tokens.map((token) => Number(token.split(":")[0]));
        expect(epochs).toEqual(epochs.map((_, index) => index + 1));
      }),
      { numRuns: 60 },
    );
  });
});
