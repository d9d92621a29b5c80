import { afterEach, describe, expect, it } from "vitest";
import { delay } from "../../src/clock.ts";
import type { Command, InteractionLane, InteractionStore } from "../../src/interactions/index.ts";
import { OpenRecords } from "../support/open-records.ts";
import { startVirtualBot, type VirtualBot } from "../support/virtual-bot.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const withinMs = 300;

const silentLane: InteractionLane = {
  callback: async () => ({ kind: "unaccounted" }),
  probe: async () => ({ kind: "unknown" }),
  editOriginal: async () => {},
  followUp: async () => {},
  deleteOriginal: async () => {},
};

describe("a command that may answer at once, and is deferred otherwise", () => {
  let bot: VirtualBot | undefined;
  afterEach(() => bot?.stop());

  const slow: Command = {
    definition: { name: "look", description: "Takes longer" },
    visibility: "private",
    acknowledge: "within",
    withinMs,
    effect: "reads",
    execute: () => new Promise(() => {}),
  };

  const deferredAfterMs = async (claim: InteractionStore["claim"], clock: VirtualClock) => {
    bot = await startVirtualBot({ commands: [slow], store: Object.assign(new OpenRecords(), { claim }), clock });
    const { seen } = await bot.use("look");
    await clock.advance(withinMs);
    const { attempts } = await seen.until(({ saw }) => saw === "thinking");
    return attempts.map(({ callbackType, atMs }) => ({ callbackType, atMs }));
  };

  it.each<readonly [string, (clock: VirtualClock) => Promise<"ours" | "unknown">]>([
    ["answers at once", async () => "ours"],
    ["gives up after a while", (clock) => delay(clock, 80).then(() => "unknown")],
    ["takes all of it", (clock) => delay(clock, withinMs).then(() => "ours")],
    ["never answers", () => new Promise(() => {})],
  ])("is deferred as long after it arrived as it says when the store %s", async (_what, claim) => {
    const clock = new VirtualClock();
    expect(await deferredAfterMs(() => claim(clock), clock)).toEqual([{ callbackType: 5, atMs: withinMs }]);
  });

  it("is on record before its deferral leaves, so that no death in between can leave anybody at thinking", async () => {
    const clock = new VirtualClock();
    const store = new OpenRecords();
    const recorded: string[][] = [];
    const lane: InteractionLane = {
      ...silentLane,
      async callback() {
        recorded.push([...store.open.keys()]);
        return { kind: "accepted" };
      },
    };
    bot = await startVirtualBot({ commands: [slow], store, clock, lane });
    const { seen } = await bot.use("look");
    expect(store.open.size).toBe(0);
    await clock.advance(withinMs);
    expect(recorded).toEqual([[seen.id]]);
  });

  it("is let go of when another process acknowledged it", async () => {
    const released: string[] = [];
    const clock = new VirtualClock();
    const lane = { ...silentLane, callback: async () => ({ kind: "refused", status: 400, code: 40060 }) as const };
    const store = Object.assign(new OpenRecords(), { release: (id: string) => void released.push(id) });
    bot = await startVirtualBot({ commands: [slow], store, clock, lane });
    const { seen, ended } = await bot.use("look");
    await clock.advance(withinMs);
    await ended;
    expect(bot.outcomes(seen.id)).toEqual(["foreign"]);
    expect(released).toEqual([seen.id]);
  });
});
