import { afterEach, describe, expect, it } from "vitest";
import type {
  Answer,
  Command,
  Component,
  ComponentContext,
  ModalSubmit,
  ModalSubmitContext,
} from "../../src/interactions/index.ts";
import { texts } from "../../src/presentation/texts.ts";
import { OpenRecords } from "../support/open-records.ts";
import { startVirtualBot, type Use, type VirtualBot } from "../support/virtual-bot.ts";

const never = new Promise<never>(() => {});
const unknown = texts.interaction.outcomeUnknown(undefined);

/** What is run again when its process died, and hangs while its own process lives. */
const onlyAlone =
  <Context extends ComponentContext | ModalSubmitContext>(answer: (context: Context) => string) =>
  async (context: Context): Promise<Answer> => {
    ran.push(context.interaction === undefined ? "again" : "first");
    begin();
    return context.interaction === undefined ? { content: answer(context) } : never;
  };
let ran: string[] = [];
let begin = (): void => {};

const row = (...components: readonly object[]) => ({ type: 1 as const, components });
const button = (customId: string) => ({ type: 2 as const, style: 1 as const, label: customId, custom_id: customId });
const customIds = ["look:7", "buy:7", "sell:7", "page:2", "turn:2", "delete:2"];
const panel: Command = {
  definition: { name: "panel", description: "Shows buttons" },
  visibility: "public",
  execute: async () => ({
    content: "panel",
    components: [
      row(...customIds.slice(0, 3).map(button)),
      row(...customIds.slice(3).map(button)),
      row({ type: 3, custom_id: "choose:a", options: ["one", "two"].map((value) => ({ label: value, value })) }),
    ].map((each) => JSON.parse(JSON.stringify(each))),
  }),
};

const who = "seen by";
const components: readonly Component[] = [
  {
    name: "look",
    visibility: "private",
    effect: "reads",
    execute: onlyAlone(({ argument, person }) => `${argument} ${who} ${person.id}`),
  },
  { name: "choose", visibility: "private", effect: "reads", execute: onlyAlone(({ values }) => values.join()) },
  {
    name: "buy",
    visibility: "private",
    execute: onlyAlone(() => "bought twice"),
    recover: async ({ argument }) => ({ content: `bought ${argument} after all` }),
  },
  { name: "sell", visibility: "private", execute: onlyAlone(() => "sold twice") },
  { name: "page", acknowledge: "update", effect: "reads", execute: onlyAlone(({ argument }) => `page ${argument}`) },
  {
    name: "turn",
    acknowledge: "update",
    effect: ({ argument }) => (argument === "" ? "reads" : "writes"),
    execute: onlyAlone(() => "turned twice"),
    recover: async () => ({ content: "turned after all" }),
  },
  { name: "delete", acknowledge: "update", execute: onlyAlone(() => "deleted twice") },
];
const modals: readonly ModalSubmit[] = [
  {
    name: "ask",
    visibility: "private",
    effect: ({ fields }) => (fields.why === "to know" ? "reads" : "writes"),
    execute: onlyAlone(({ fields, argument }) => `${fields.why} (${argument})`),
  },
  { name: "edit", acknowledge: "update", execute: onlyAlone(() => "edited twice") },
];

describe("a button, a select or a modal whose process died", () => {
  let bot: VirtualBot | undefined;
  afterEach(() => bot?.stop());

  const start = async () => {
    ran = [];
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const store = new OpenRecords();
    bot = await startVirtualBot({ commands: [panel], components, modals, store });
    const shown = await bot.use("panel");
    await shown.ended;
    const message = shown.seen.report().visible[0];
    if (message === undefined) throw new Error("there is no panel");
    const press = (customId: string): Use => ({ kind: "button", customId, messageId: message.id });
    return { bot, store, message, press, begun };
  };

  /** Used and acknowledged, then left to whoever answers for the dead. */
  const leave = async (what: (world: Awaited<ReturnType<typeof start>>) => Use) => {
    const world = await start();
    const { bot, store, message, begun } = world;
    const { seen, personId } = await bot.use(what(world));
    await begun;
    const recovered = await bot.layer.recover();
    expect({ recovered, open: store.open.size }).toEqual({ recovered: 1, open: 0 });
    const { visible } = seen.report();
    const beside = visible
      .filter(({ id }) => id !== message.id)
      .map(({ content, ephemeral }) => ({ content, ephemeral }));
    return { beside, inPlace: visible.find(({ id }) => id === message.id)?.content, personId };
  };

  it("is run again with what was pressed and by whom when it only reads", async () => {
    const { beside, personId } = await leave(({ press }) => press("look:7"));
    expect(beside).toEqual([{ content: `7 ${who} ${personId}`, ephemeral: true }]);
    expect(ran).toEqual(["first", "again"]);
  });

  it("is run again with what was chosen", async () => {
    const { beside } = await leave(({ message }) => ({
      kind: "select",
      customId: "choose:a",
      messageId: message.id,
      values: ["two"],
    }));
    expect(beside).toEqual([{ content: "two", ephemeral: true }]);
  });

  it("is run again with what was entered", async () => {
    const { beside } = await leave(() => ({ kind: "modal", customId: "ask:9", fields: { why: "to know" } }));
    expect(beside).toEqual([{ content: "to know (9)", ephemeral: true }]);
  });

  it("is looked up when it writes, and not run again", async () => {
    const { beside } = await leave(({ press }) => press("buy:7"));
    expect(beside).toEqual([{ content: "bought 7 after all", ephemeral: true }]);
    expect(ran).toEqual(["first"]);
  });

  it.each<readonly [string, Use | string]>([
    ["a button", "sell:7"],
    ["a modal", { kind: "modal", customId: "ask:9", fields: { why: "to do" } }],
  ])("is said to be unknown when it writes and cannot be looked up: %s", async (_what, use) => {
    const { beside } = await leave(({ press }) => (typeof use === "string" ? press(use) : use));
    expect(beside).toEqual([{ content: unknown, ephemeral: true }]);
    expect(ran).toEqual(["first"]);
  });

  it("changes its message after all when it only reads, although nothing shows that somebody waits", async () => {
    const { inPlace, beside } = await leave(({ press }) => press("page:2"));
    expect({ inPlace, beside }).toEqual({ inPlace: "page 2", beside: [] });
  });

  it("changes its message by what was looked up when it writes", async () => {
    const { inPlace, beside } = await leave(({ press }) => press("turn:2"));
    expect({ inPlace, beside }).toEqual({ inPlace: "turned after all", beside: [] });
    expect(ran).toEqual(["first"]);
  });

  it("leaves its message alone, and tells the person beside it that nobody knows", async () => {
    const { inPlace, beside } = await leave(({ press }) => press("delete:2"));
    expect({ inPlace, beside }).toEqual({ inPlace: "panel", beside: [{ content: unknown, ephemeral: true }] });
    expect(ran).toEqual(["first"]);
  });

  it("tells the person beside its message when that is gone", async () => {
    const { bot, press, message, begun } = await start();
    const { seen } = await bot.use(press("page:2"));
    await begun;
    const url = `${bot.discord.apiUrl}/v10/channels/${message.channelId}/messages/${message.id}`;
    await fetch(url, { method: "DELETE", headers: { authorization: `Bot ${bot.discord.botToken}` } });
    await bot.layer.recover();
    expect(seen.report().visible).toEqual([expect.objectContaining({ content: "page 2", ephemeral: true })]);
  });

  it("is left alone when no acknowledgement of it took effect", async () => {
    const { bot, store, press } = await start();
    const { seen, ended } = await bot.use(press("delete:2"), { unknownForMs: 60_000 });
    await seen.until(({ attempts }) => attempts.filter(({ request }) => request === "get").length === 1);
    await bot.clock.advance(3000);
    await ended;
    expect(bot.outcomes(seen.id)).toEqual(["expired"]);
    expect(await bot.layer.recover()).toBe(1);
    expect(bot.events.at(-1)).toMatchObject({ kind: "interactionRecovered", outcome: "notNeeded" });
    expect(store.open.size).toBe(0);
  });

  it("is struck off once it has changed its message", async () => {
    const store = new OpenRecords();
    const paging: Component = {
      name: "page",
      acknowledge: "update",
      effect: "reads",
      execute: async () => ({ content: "turned" }),
    };
    bot = await startVirtualBot({ commands: [panel], components: [paging], store });
    const shown = await bot.use("panel");
    await shown.ended;
    const messageId = shown.seen.report().visible[0]?.id ?? "";
    const { ended } = await bot.use({ kind: "button", customId: "page:2", messageId });
    await ended;
    expect(store.open.size).toBe(0);
  });

  it("is struck off when Discord refused its acknowledgement and took a sentence instead", async () => {
    const { bot, store } = await start();
    // Not opened by a component, so there is no message to change.
    const { ended, seen } = await bot.use({ kind: "modal", customId: "edit", fields: {} });
    await ended;
    expect(seen.report().visible).toHaveLength(1);
    expect(store.open.size).toBe(0);
  });
});
