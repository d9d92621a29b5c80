import { afterEach, describe, expect, it } from "vitest";
import type { InteractionStore } from "../../src/interactions/index.ts";
import { startVirtualBot, type VirtualBot } from "../support/virtual-bot.ts";

/** A store in which another process may have been first. */
const storeSaying = (claim: "ours" | "taken"): InteractionStore => ({
  record: () => {},
  claim: async () => claim,
  strike: () => {},
  takeOver: async () => [],
});

describe("an event that arrives too late to be acknowledged", () => {
  let bot: VirtualBot | undefined;
  afterEach(() => bot?.stop());

  let runs: number;
  let direct: string[];
  const start = async (store?: InteractionStore): Promise<VirtualBot> => {
    runs = 0;
    direct = [];
    bot = await startVirtualBot({
      store,
      commands: [
        {
          definition: { name: "look", description: "Only reads" },
          visibility: "private",
          effect: "reads",
          execute: async () => {
            runs += 1;
            return { content: "seen" };
          },
        },
      ],
      lateAnswers: {
        deliver: async (personId) => {
          direct.push(personId);
          return true;
        },
      },
    });
    // What makes an age trustworthy.
    bot.discordClock.sampleDate(new Date(bot.clock.now()).toUTCString(), bot.clock.now(), bot.clock.now());
    return bot;
  };

  it("is answered directly", async () => {
    const { use, clock, outcomes } = await start();
    const { seen, personId, ended } = await use("look", { deliverAfterMs: 2800 });
    await clock.advance(5000);
    await ended;
    expect({ runs, direct, outcomes: outcomes(seen.id) }).toEqual({
      runs: 1,
      direct: [personId],
      outcomes: ["skipped"],
    });
  });

  it("is a duplicate when it was handled before, however late it comes again", async () => {
    const { use, clock, outcomes, again } = await start();
    const { seen, ended } = await use("look", { duplicateAfterMs: 4000 });
    await ended;
    const repeated = again();
    await clock.advance(10_000);
    await repeated;
    expect({ runs, direct, outcomes: outcomes(seen.id) }).toEqual({
      runs: 1,
      direct: [],
      outcomes: ["answered", "duplicate"],
    });
  });

  it("is remembered as long as its token lives, and forgotten then", async () => {
    const { use, clock, discordClock, outcomes, again } = await start();
    const minuteMs = 60_000;
    const { seen, ended } = await use("look", { duplicateAfterMs: 17 * minuteMs });
    await ended;
    await clock.advance(16 * minuteMs);
    discordClock.sampleDate(new Date(clock.now()).toUTCString(), clock.now(), clock.now());
    await (await use("look")).ended;
    const repeated = again();
    await clock.advance(minuteMs);
    await repeated;
    expect(outcomes(seen.id)).toEqual(["answered", "skipped"]);
  });

  it("is left to the process that it reached in time", async () => {
    const { use, clock, outcomes } = await start(storeSaying("taken"));
    const { seen, ended } = await use("look", { deliverAfterMs: 2800 });
    await clock.advance(5000);
    await ended;
    expect({ runs, direct, outcomes: outcomes(seen.id) }).toEqual({ runs: 0, direct: [], outcomes: ["skipped"] });
  });

  it("is not claimed before a process that it reached in time has had the time to", async () => {
    const claimedAtMs: number[] = [];
    const { use, clock } = await start({
      ...storeSaying("ours"),
      claim: async () => {
        claimedAtMs.push(clock.monotonic());
        return "ours";
      },
    });
    const usedAtMs = clock.monotonic();
    const { ended } = await use("look", { deliverAfterMs: 2800 });
    await clock.advance(5000);
    await ended;
    expect(claimedAtMs).toHaveLength(1);
    expect((claimedAtMs[0] ?? 0) - usedAtMs).toBeGreaterThanOrEqual(5000);
    expect(runs).toBe(1);
  });
});
