import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Command, Component, ModalSubmit } from "../../src/interactions/index.ts";
import { Refusal } from "../../src/interactions/index.ts";
import type { InteractionReport } from "../../src/sandbox/discord/api.ts";
import { type LibraryBot, startLibraryBot } from "../support/library-bot.ts";

const button = (customId: string) => ({
  type: 1 as const,
  components: [{ type: 2 as const, style: 1 as const, label: customId, custom_id: customId }],
});

/** Lets a test decide when a command goes on. */
const gate = () => {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
};

const nameModal = {
  modal: {
    custom_id: "name:7",
    title: "Your name",
    components: [
      {
        type: 1 as const,
        components: [{ type: 4 as const, custom_id: "first", label: "First name", style: 1 as const }],
      },
    ],
  },
};

let slow = gate();

const define = (name: string) => ({ name, description: `Tests ${name}` });

const commands: readonly Command[] = [
  {
    definition: define("panel"),
    visibility: "public",
    execute: async () => ({
      content: "panel",
      components: [button("count:1"), button("toggle:a"), button("later:b"), button("form:c"), button("gone:x")],
    }),
  },
  {
    definition: define("progress"),
    visibility: "private",
    execute: async ({ show }) => {
      await show({ content: "half-way" });
      await slow.opened;
      return { content: "done" };
    },
  },
  {
    definition: define("quick"),
    visibility: "public",
    acknowledge: "within",
    withinMs: 1000,
    effect: "reads",
    execute: async () => ({ content: "at once" }),
  },
  {
    definition: define("sluggish"),
    visibility: "public",
    acknowledge: "within",
    withinMs: 30,
    effect: "reads",
    execute: async () => {
      await slow.opened;
      return { content: "at last" };
    },
  },
  {
    definition: define("choosy"),
    visibility: "public",
    acknowledge: "within",
    withinMs: 1000,
    effect: "reads",
    execute: async () => {
      throw new Refusal("not like this");
    },
  },
  { definition: define("ask"), acknowledge: "modal", execute: async () => nameModal },
  {
    definition: define("broken"),
    acknowledge: "modal",
    execute: async () => {
      throw new Error("no modal today");
    },
  },
];

const components: readonly Component[] = [
  { name: "count", acknowledge: "update", execute: async ({ argument }) => ({ content: `counted ${argument}` }) },
  {
    name: "toggle",
    acknowledge: "updateWithin",
    withinMs: 1000,
    effect: "reads",
    execute: async ({ argument }) => ({ content: `toggled ${argument}` }),
  },
  {
    name: "later",
    visibility: "private",
    execute: async ({ argument, person }) => ({ content: `${person.displayName} pressed ${argument}` }),
  },
  { name: "form", acknowledge: "modal", execute: async () => nameModal },
];

const modals: readonly ModalSubmit[] = [
  {
    name: "name",
    visibility: "private",
    execute: async ({ fields, argument }) => ({ content: `hello ${fields.first} (${argument})` }),
  },
];

describe("how an interaction is acknowledged is part of its type", () => {
  let bot: LibraryBot;
  let personId: string;

  beforeAll(async () => {
    bot = await startLibraryBot({ commands, components, modals });
    personId = bot.discord.addPerson({ displayName: "Visitor" }).id;
  });
  afterAll(() => bot.stop());

  const use = (name: string) => bot.discord.interact({ kind: "command", name, personId });
  const press = (customId: string, messageId: string) =>
    bot.discord.interact({ kind: "button", customId, messageId, personId });
  const panel = async (): Promise<string> => (await use("panel").answered()).visible[0]?.id ?? "";
  const callbackTypes = ({ attempts }: InteractionReport) =>
    attempts.flatMap(({ callbackType }) => (callbackType === undefined ? [] : [callbackType]));

  it("at once: deferred before the command has done anything, and progress shown on the way", async () => {
    slow = gate();
    const interaction = use("progress");
    const halfWay = await interaction.until(({ visible }) => visible[0]?.content === "half-way");
    expect(callbackTypes(halfWay)).toEqual([5]);
    slow.open();
    const report = await interaction.until(({ visible }) => visible[0]?.content === "done");
    expect(report.visible).toHaveLength(1);
    expect(report.visible[0]?.ephemeral).toBe(true);
  });

  it("within: a fast answer is the one reply, without thinking", async () => {
    const report = await use("quick").answered();
    expect(callbackTypes(report)).toEqual([4]);
    expect(report.attempts).toHaveLength(1);
    expect(report.visible[0]?.content).toBe("at once");
  });

  it("within: a slow one is deferred in time, and answered", async () => {
    slow = gate();
    const interaction = use("sluggish");
    const thinking = await interaction.until(({ saw }) => saw === "thinking");
    expect(callbackTypes(thinking)).toEqual([5]);
    slow.open();
    expect((await interaction.answered()).visible[0]?.content).toBe("at last");
  });

  it("within: a refusal of a public command is private from the start", async () => {
    const report = await use("choosy").answered();
    expect(report.attempts).toHaveLength(1);
    expect(report.visible).toEqual([expect.objectContaining({ content: "not like this", ephemeral: true })]);
  });

  it("modal: opened as the first answer, and its submission answered like a command", async () => {
    const report = await use("ask").answered();
    expect(report.modal).toMatchObject({ custom_id: "name:7" });
    const submitted = bot.discord.interact({ kind: "modal", customId: "name:7", fields: { first: "Ada" }, personId });
    expect((await submitted.answered()).visible[0]).toMatchObject({ content: "hello Ada (7)", ephemeral: true });
  });

  it("modal: a sentence instead when it cannot be made", async () => {
    const report = await use("broken").answered();
    expect(callbackTypes(report)).toEqual([4]);
    expect(report.visible[0]).toMatchObject({ ephemeral: true, content: expect.stringContaining("Reference") });
  });

  it("update: a component is acknowledged silently and its own message changed", async () => {
    const messageId = await panel();
    const report = await press("count:1", messageId).until(({ visible }) =>
      visible.some(({ id, content }) => id === messageId && content === "counted 1"),
    );
    expect(callbackTypes(report)).toEqual([6]);
  });

  it("updateWithin: a fast one changes its message by the callback itself", async () => {
    const messageId = await panel();
    const report = await press("toggle:a", messageId).answered();
    expect(callbackTypes(report)).toEqual([7]);
    expect(report.visible).toContainEqual(expect.objectContaining({ id: messageId, content: "toggled a" }));
  });

  it("at once: a component answers with a message of its own", async () => {
    const report = await press("later:b", await panel()).answered();
    expect(report.visible).toContainEqual(expect.objectContaining({ content: "Visitor pressed b", ephemeral: true }));
  });

  it("modal: a component opens one", async () => {
    expect((await press("form:c", await panel()).answered()).modal).toMatchObject({ title: "Your name" });
  });

  it("answers a component nobody knows any more with a sentence", async () => {
    const report = await press("gone:x", await panel()).answered();
    expect(report.visible).toContainEqual(
      expect.objectContaining({ ephemeral: true, content: expect.stringContaining("not known here") }),
    );
  });

  it("gives components the guarantees of commands: a lost response, and the same event twice", async () => {
    const messageId = await panel();
    const lost = { outcome: { kind: "reset", processed: true } } as const;
    const interaction = bot.discord.interact(
      { kind: "button", customId: "later:b", messageId, personId },
      { callbacks: [lost], duplicateAfterMs: 5 },
    );
    const report = await interaction.answered();
    expect(report.answersShown).toBe(1);
    await bot.told((event) => event.kind === "interactionFinished" && event.outcome === "duplicate");
  });

  it("leaves discord.js's own object usable after an acknowledgement whose response was lost", async () => {
    const lost = { outcome: { kind: "status", status: 503, processed: true } } as const;
    const seen = new Promise<boolean>((resolve) => {
      bot.client.once("interactionCreate", async (interaction) => {
        if (!interaction.isChatInputCommand()) return;
        await bot.told((event) => event.kind === "interactionFinished" && event.interactionId === interaction.id);
        await interaction.followUp({ content: "and one more thing" });
        resolve(interaction.deferred);
      });
    });
    bot.discord.interact({ kind: "command", name: "panel", personId }, { callbacks: [lost] });
    expect(await seen).toBe(true);
  });
});
