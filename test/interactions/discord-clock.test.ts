import { describe, expect, it } from "vitest";
import { DiscordClock, snowflakeTimeMs } from "../../src/interactions/discord-clock.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const epochMs = 1_420_070_400_000;
const snowflakeAt = (ms: number): string => (BigInt(ms - epochMs) << 22n).toString();

/** A machine whose clock is `skewMs` ahead of Discord's. */
function machine(skewMs: number) {
  const clock = new VirtualClock();
  const discordNow = () => clock.now() - skewMs;
  const discordClock = new DiscordClock(clock);
  return {
    clock,
    discordClock,
    discordNow,
    /** A request whose response was dated half-way through its round trip. */
    request(roundTripMs = 40) {
      const sentAtMs = clock.now();
      const date = new Date(Math.floor((discordNow() + roundTripMs / 2) / 1000) * 1000).toUTCString();
      discordClock.sampleDate(date, sentAtMs, sentAtMs + roundTripMs);
    },
  };
}

describe("the age of an interaction", () => {
  it("reads the time of a snowflake as Discord documents it [discord-facts.md 6]", () => {
    expect(snowflakeTimeMs("175928847299117063")).toBe(1_462_015_105_796);
  });

  it("is exact while our clock can be right", () => {
    const { discordClock, discordNow, request } = machine(0);
    request();
    expect(discordClock.age(snowflakeAt(discordNow() - 2800))).toEqual({ ageMs: 2800, trusted: true });
  });

  it("is not trusted before Discord's clock has been seen", () => {
    const { discordClock, discordNow } = machine(60_000);
    expect(discordClock.age(snowflakeAt(discordNow())).trusted).toBe(false);
  });

  for (const skewMs of [60_000, 5_000, -5_000, -60_000]) {
    it(`is never taken for older than it is with a clock ${skewMs} ms off`, async () => {
      const { clock, discordClock, discordNow, request } = machine(skewMs);
      for (let sample = 0; sample < 12; sample += 1) {
        request();
        await clock.advance(370);
        const { ageMs } = discordClock.age(snowflakeAt(discordNow() - 1500));
        expect(ageMs).toBeLessThanOrEqual(1500);
      }
      // A dozen dates at different parts of their second leave little to doubt.
      expect(discordClock.age(snowflakeAt(discordNow() - 1500)).ageMs).toBeGreaterThan(1200);
      expect(discordClock.offset().trusted).toBe(true);
    });
  }

  it("is tightened by the arrival of a snowflake", () => {
    const { discordClock, discordNow, request } = machine(60_000);
    request();
    discordClock.sampleSnowflake(snowflakeAt(discordNow() - 30));
    expect(discordClock.offset().offsetMs).toBeLessThanOrEqual(60_030);
  });

  it("follows a clock that was set", async () => {
    const before = machine(0);
    before.request();
    const { discordClock, clock } = before;
    const date = new Date(Math.floor((clock.now() - 90_000) / 1000) * 1000).toUTCString();
    discordClock.sampleDate(date, clock.now(), clock.now() + 40);
    const { ageMs } = discordClock.age(snowflakeAt(clock.now() - 90_000 - 500));
    expect(ageMs).toBeLessThanOrEqual(500);
  });

  for (const stepMs of [60_000, -60_000]) {
    it(`stays known when our clock is set by ${stepMs} ms, before Discord's is seen again`, async () => {
      const clock = new VirtualClock();
      let setByMs = 0;
      const discordClock = new DiscordClock({
        now: () => clock.now() + setByMs,
        monotonic: () => clock.monotonic(),
        schedule: (delayMs, task) => clock.schedule(delayMs, task),
      });
      discordClock.sampleDate(new Date(clock.now()).toUTCString(), clock.now() - 20, clock.now() + 20);
      setByMs = stepMs;
      const { ageMs, trusted } = discordClock.age(snowflakeAt(clock.now() - 1500));
      expect(trusted).toBe(true);
      expect(ageMs).toBeGreaterThanOrEqual(400);
      expect(ageMs).toBeLessThanOrEqual(1500);
    });
  }

  it("forgets what it learned long ago", async () => {
    const { clock, discordClock, request } = machine(5000);
    request();
    await clock.advance(11 * 60_000);
    expect(discordClock.offset().trusted).toBe(false);
  });

  it("ignores a date that is none", () => {
    const { discordClock } = machine(0);
    discordClock.sampleDate("yesterday", 0, 1);
    discordClock.sampleDate(null, 0, 1);
    expect(discordClock.offset().trusted).toBe(false);
  });
});
