import { Client } from "discord.js";
import { afterEach, describe, expect, it } from "vitest";
import { type AtOnceCommand, protect } from "../../src/interactions/index.ts";
import { type LibraryBot, startLibraryBot } from "../support/library-bot.ts";
import { OpenRecords } from "../support/open-records.ts";

/** One that is used by its own process and gives nothing out, like one that knows its process to live. */
class OwnRecords extends OpenRecords {
  override async takeOver() {
    return [];
  }
}

/** What the process before left open, found at the second look; and what it is asked to do, in order. */
class LeftRecords extends OpenRecords {
  readonly asked: string[] = [];
  start(): void {
    this.asked.push("start");
  }
  async stop(): Promise<void> {
    this.asked.push("stop");
  }
  override async takeOver() {
    this.asked.push("look");
    return this.asked.filter((what) => what === "look").length === 2 ? super.takeOver() : [];
  }
}

describe("a bot under protection that has a store", () => {
  const bots: LibraryBot[] = [];
  afterEach(async () => {
    for (const bot of bots.splice(0).reverse()) await bot.stop();
  });

  const look = (execute: AtOnceCommand["execute"]): AtOnceCommand => ({
    definition: { name: "look", description: "Only reads" },
    visibility: "private",
    effect: "reads",
    execute,
  });

  it("answers what a dead process left open, without being asked, and looks again and again until it is drained", async () => {
    const own = new OwnRecords();
    let stop = (): void => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const dead = await startLibraryBot({
      commands: [look(() => stopped.then(() => ({ content: "nobody waits" })))],
      store: own,
    });
    bots.push(dead);
    const personId = dead.discord.addPerson().id;
    const interaction = dead.discord.interact({ kind: "command", name: "look", personId });
    await dead.told(({ kind }) => kind === "runClaimed");
    const left = new LeftRecords();
    for (const record of own.open.values()) left.record(record);

    const next = await startLibraryBot(
      { commands: [look(async () => ({ content: "seen" }))], store: left },
      dead.discord,
    );
    await next.told(({ kind }) => kind === "interactionRecovered");
    expect(interaction.report().visible).toEqual([expect.objectContaining({ content: "seen" })]);
    expect(left.open.size).toBe(0);

    await next.stop();
    expect(left.asked[0]).toBe("start");
    expect(left.asked.at(-1)).toBe("stop");
    stop();
  });

  it("begins nothing when it is drained before its client was ever ready", async () => {
    const client = new Client({ intents: [] });
    const left = new LeftRecords();
    const layer = protect(client, { commands: [], store: left });
    await layer.drain(0);
    expect(client.listenerCount("clientReady")).toBe(0);
    expect(left.asked).toEqual(["start", "stop"]);
  });
});
