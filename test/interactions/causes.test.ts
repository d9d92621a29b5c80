import { afterEach, describe, expect, it } from "vitest";
import type { Command, Holder, InteractionStore } from "../../src/interactions/index.ts";
import type { InteractionFaults, RequestFault } from "../../src/sandbox/discord/api.ts";
import { startVirtualBot, type VirtualBot } from "../support/virtual-bot.ts";

const define = (name: string) => ({ name, description: `Tests ${name}` });

const commands: readonly Command[] = [
  { definition: define("answer"), visibility: "private", execute: async () => ({ content: "here" }) },
  {
    definition: define("meddle"),
    visibility: "private",
    acknowledge: "within",
    withinMs: 1000,
    effect: "reads",
    // What nobody should do beside the layer.
    execute: async ({ interaction }) => {
      await interaction?.deferReply();
      return { content: "here" };
    },
  },
];

const refused = (status: number, code: number): RequestFault => ({
  outcome: { kind: "error", status, code, processed: false },
});
const somebodyElse: InteractionFaults = { callbacks: [refused(400, 40060)] };

/** A store that knows of each interaction only who had it. */
const storeThat = (holder: Holder): InteractionStore => ({
  record: () => {},
  claim: async () => "ours",
  markShown: () => {},
  release: () => {},
  whoHad: async () => holder,
  strike: () => {},
  takeOver: async () => [],
});

describe("the cause of an ownership", () => {
  let bot: VirtualBot | undefined;
  afterEach(() => bot?.stop());

  const causeOf = async (name: string, faults: InteractionFaults, store?: InteractionStore): Promise<string> => {
    bot = await startVirtualBot({ commands, store });
    const { ended } = await bot.use(name, faults);
    await ended;
    const [told] = bot.events.flatMap((event) => (event.kind === "acknowledged" ? [event] : []));
    return `${told?.ownership}: ${told?.cause}`;
  };

  it("is Discord's word where it accepted", async () => {
    expect(await causeOf("answer", {})).toBe("owned: accepted");
  });

  it("is our lost response where one of our own had landed", async () => {
    const lost: RequestFault = { outcome: { kind: "reset", processed: true } };
    expect(await causeOf("answer", { callbacks: [lost] })).toBe("owned: ourLostResponse");
  });

  it("is another process, as far as anybody knows, where a clean attempt came second", async () => {
    expect(await causeOf("answer", somebodyElse)).toBe("foreign: anotherProcess");
    await bot?.stop();
    for (const holder of ["living", "nobody", "unknown"] as const) {
      expect(await causeOf("answer", somebodyElse, storeThat(holder))).toBe("foreign: anotherProcess");
      await bot?.stop();
    }
  });

  it("is a repeated event where the store knows of a process that has ended since", async () => {
    expect(await causeOf("answer", somebodyElse, storeThat("dead"))).toBe("foreign: repeatedEvent");
  });

  it("is a bug of ours where other code of this process acknowledged, whatever the store knows", async () => {
    expect(await causeOf("meddle", {}, storeThat("dead"))).toBe("foreign: bugOfOurs");
  });

  it("is a bug of ours where Discord refused the form of the acknowledgement", async () => {
    expect(await causeOf("answer", { callbacks: [refused(400, 50035)] })).toBe("owned: bugOfOurs");
  });
});
