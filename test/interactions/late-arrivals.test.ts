import { afterEach, describe, expect, it } from "vitest";
import { type Answer, type InteractionStore, Refusal } from "../../src/interactions/index.ts";
import { startVirtualBot, type VirtualBot } from "../support/virtual-bot.ts";

/** A store in which another process may have been first. */
const storeSaying = (claim: "ours" | "taken"): InteractionStore => ({
  record: () => {},
  claim: async () => claim,
  markShown: () => {},
  release: () => {},
  strike: () => {},
  takeOver: async () => [],
});

describe("an event that arrives too late to be acknowledged", () => {
  let bot: VirtualBot | undefined;
  afterEach(() => bot?.stop());

  let runs: number;
  let direct: string[];
  let contents: (string | undefined)[];
  const start = async (
    store?: InteractionStore,
    execute = async (): Promise<Answer> => ({ content: "seen" }),
  ): Promise<VirtualBot> => {
    runs = 0;
    direct = [];
    contents = [];
    bot = await startVirtualBot({
      store,
      commands: [
        {
          definition: { name: "look", description: "Only reads" },
          visibility: "private",
          effect: "reads",
          execute: async () => {
            runs += 1;
            return execute();
          },
        },
      ],
      lateAnswers: {
        deliver: async (personId, { content }) => {
          direct.push(personId);
          contents.push(content);
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

  it("is answered directly when the process that claimed it died before it could acknowledge", async () => {
    const { use, clock } = await start({ ...storeSaying("taken"), whoHad: async () => "dead" });
    const { personId, ended } = await use("look", { deliverAfterMs: 2800 });
    await clock.advance(5000);
    await ended;
    expect(direct).toEqual([personId]);
  });

  it.each<readonly [string, Error, string]>([
    ["a refusal", new Refusal("not like this"), "not like this"],
    ["a failure", new Error("broken"), "it failed"],
  ])("is answered directly also by %s, and that is told like any other late answer", async (_what, error, sentence) => {
    const { use, clock, events } = await start(undefined, () => Promise.reject(error));
    const { personId, ended } = await use("look", { deliverAfterMs: 2800 });
    await clock.advance(5000);
    await ended;
    expect({ direct, contents }).toEqual({ direct: [personId], contents: [sentence] });
    expect(events).toContainEqual(
      expect.objectContaining({ kind: "lateAnswer", reason: "arrivedTooLate", delivered: true }),
    );
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
    const released: string[] = [];
    const { use, clock } = await start({
      ...storeSaying("ours"),
      release: (id) => void released.push(id),
      claim: async () => {
        claimedAtMs.push(clock.monotonic());
        return "ours";
      },
    });
    const usedAtMs = clock.monotonic();
    const { ended, seen } = await use("look", { deliverAfterMs: 2800 });
    await clock.advance(5000);
    await ended;
    expect(claimedAtMs).toHaveLength(1);
    // That one may have acknowledged it and died: it stays open to whoever looks for such.
    expect(released).toEqual([seen.id]);
    expect((claimedAtMs[0] ?? 0) - usedAtMs).toBeGreaterThanOrEqual(5000);
    expect(runs).toBe(1);
  });
});
