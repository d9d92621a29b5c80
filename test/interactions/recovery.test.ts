import { afterEach, describe, expect, it } from "vitest";
import type { Command, InteractionRecord, InteractionStore } from "../../src/interactions/index.ts";
import { texts } from "../../src/presentation/texts.ts";
import { startVirtualBot, type VirtualBot } from "../support/virtual-bot.ts";

const minuteMs = 60_000;
const never = new Promise<never>(() => {});

/** Remembers what is recorded, and gives it out as if its process had died. */
class OpenRecords implements InteractionStore {
  readonly open = new Map<string, InteractionRecord>();

  record(record: InteractionRecord): void {
    this.open.set(record.target.id, record);
  }
  async claim() {
    return "ours" as const;
  }
  release(): void {}
  strike(id: string): void {
    this.open.delete(id);
  }
  async takeOver(): Promise<readonly InteractionRecord[]> {
    return [...this.open.values()];
  }
}

const hanging = (
  overrides: Pick<Command, "definition"> & { readonly effect?: "reads" | (() => "reads") },
): Command => ({
  visibility: "private",
  execute: () => never,
  ...overrides,
});
const definition = { name: "hang", description: "Never answers" };

describe("an interaction whose process died", () => {
  let bot: VirtualBot | undefined;
  afterEach(() => bot?.stop());

  const leaveOpen = async (command: Command) => {
    const store = new OpenRecords();
    bot = await startVirtualBot({ commands: [command], store });
    const { seen } = await bot.use("hang");
    await seen.until(({ saw }) => saw === "thinking");
    return { bot, store, seen };
  };

  it("of a button or a modal is answered too: by saying that nobody knows what became of it", async () => {
    const { bot, store, seen } = await leaveOpen(hanging({ definition }));
    for (const record of [...store.open.values()]) store.record({ ...record, kind: "component", command: "buy" });
    await bot.layer.recover();
    expect(seen.report().visible[0]?.content).toBe(texts.interaction.outcomeUnknown(undefined));
    expect(store.open.size).toBe(0);
  });

  it("is answered while Discord still can, also when its command hangs again", async () => {
    const { bot, seen } = await leaveOpen(hanging({ definition, effect: "reads" }));
    const recovered = bot.layer.recover();
    await seen.until(({ attempts }) => attempts.some(({ request }) => request === "get"));
    await bot.clock.advance(15 * minuteMs);
    await recovered;
    expect(bot.events.at(-1)).toMatchObject({ kind: "interactionRecovered", outcome: "failed" });
  });

  it("harms nobody when its command cannot even say whether it only reads", async () => {
    const broken = hanging({
      definition,
      effect: () => {
        throw new Error("broken");
      },
    });
    const { bot, store } = await leaveOpen(broken);
    expect(await bot.layer.recover()).toBe(1);
    expect(bot.events.at(-1)).toMatchObject({ kind: "interactionRecovered", outcome: "unanswered" });
    expect(store.open.size).toBe(1);
  });

  it("is left to others by a process that is stopping", async () => {
    const { bot, store } = await leaveOpen(hanging({ definition }));
    const open = [...store.open.values()];
    const drained = bot.layer.drain(1000);
    await bot.clock.advance(3000);
    await drained;
    for (const record of open) store.record(record);
    expect(await bot.layer.recover()).toBe(0);
  });
});
