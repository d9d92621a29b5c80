import { afterEach, describe, expect, it } from "vitest";
import type { Answer, Command } from "../../src/interactions/index.ts";
import { createInteractionLayer, createRestLane } from "../../src/interactions/index.ts";
import { texts } from "../../src/presentation/texts.ts";
import { OpenRecords } from "../support/open-records.ts";
import { startVirtualBot, type VirtualBot } from "../support/virtual-bot.ts";

const definition = { name: "hang", description: "Never ends." };
const never = new Promise<never>(() => {});
const reads: Command = { definition, visibility: "private", effect: "reads", execute: () => never };
const graceMs = 1000;
const minuteMs = 60_000;
const goesOn = texts.interaction.goesOnElsewhere;

describe("an interaction in flight when its process stops", () => {
  let bot: VirtualBot;
  afterEach(() => bot.stop());

  /** Somebody uses the command, and the process has no time left for it. */
  const stopDuring = async (command: Command, { store = new OpenRecords(), afterMs = 0 }: Partial<Stop> = {}) => {
    bot = await startVirtualBot({ commands: [command], store });
    const { seen, ended } = await bot.use("hang");
    await seen.until(({ saw }) => saw === "thinking");
    await bot.clock.advance(afterMs);
    const drained = bot.layer.drain(graceMs);
    await bot.clock.advance(graceMs);
    await ended;
    expect(await drained).toBe(0);
    return { seen, store };
  };
  interface Stop {
    readonly store: OpenRecords;
    readonly afterMs: number;
  }
  const outcome = () => bot.events.flatMap((event) => (event.kind === "interactionFinished" ? [event.outcome] : []));
  const failures = () => bot.events.filter(({ kind }) => kind === "commandFailed").length;
  const contents = ({ seen }: { seen: Awaited<ReturnType<VirtualBot["use"]>>["seen"] }) =>
    seen.report().visible.map(({ content }) => content);

  /** The next process, which answers what was left. */
  const goOn = async (command: Command, store: OpenRecords) => {
    const { clock, discord, discordClock } = bot;
    const lane = createRestLane({ apiUrl: discord.apiUrl, sampleDate: () => {} });
    const next = createInteractionLayer({
      ...{ clock, discordClock, lane, store, commands: [command], texts: texts.interaction },
      ...{ maxAgeMs: 2500, callbackTimeoutMs: 2500, publish: () => {} },
      explain: () => ({ content: "it failed" }),
    });
    expect(await next.recover()).toBe(1);
    await lane.close();
  };

  it("is left to the next one, which answers in the same place, and the person is told so meanwhile", async () => {
    const left = await stopDuring(reads);
    expect(contents(left)).toEqual([goesOn]);
    expect({ outcome: outcome(), failures: failures() }).toEqual({ outcome: ["leftOpen"], failures: 0 });
    await goOn({ ...reads, execute: async () => ({ content: "the answer" }) }, left.store);
    expect(contents(left)).toEqual(["the answer"]);
    expect({ answersShown: left.seen.report().answersShown, open: left.store.open.size }).toEqual({
      ...{ answersShown: 1, open: 0 },
    });
  });

  it("is looked up by the next one where it changes something that can be looked up", async () => {
    const writes: Command = { ...reads, effect: "writes", recover: async () => ({ content: "it was done" }) };
    const left = await stopDuring(writes);
    expect(contents(left)).toEqual([goesOn]);
    await goOn(writes, left.store);
    expect(contents(left)).toEqual(["it was done"]);
  });

  it.each<[string, Command, Partial<Stop>]>([
    ["it changes what cannot be looked up", { ...reads, effect: "writes" }, {}],
    [
      "nobody knows what it does",
      {
        ...reads,
        effect: () => {
          throw new Error("broken");
        },
      },
      {},
    ],
    [
      "no record of it is left",
      reads,
      {
        store: new (class extends OpenRecords {
          override leave = async () => false;
        })(),
      },
    ],
    ["the token's life is nearly over", reads, { afterMs: 13.5 * minuteMs }],
  ])("ends in a sentence when %s", async (_, command, stop) => {
    const left = await stopDuring(command, stop);
    expect(contents(left)).toEqual(["it failed"]);
    expect({ outcome: outcome(), failures: failures(), open: left.store.open.size }).toEqual({
      ...{ outcome: ["failed"], failures: 1, open: 0 },
    });
  });

  it("is not shown what its command says after that", async () => {
    let say: (answer: Answer) => Promise<void> = async () => {};
    const left = await stopDuring({
      ...reads,
      execute: ({ show }) => {
        say = show;
        return never;
      },
    });
    await say({ content: "half-way" });
    expect(contents(left)).toEqual([goesOn]);
  });
});
