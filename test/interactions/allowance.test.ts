import { afterEach, describe, expect, it } from "vitest";
import type { Allowance, Command, Component, Excess, ModalSubmit, Used } from "../../src/interactions/index.ts";
import { OpenRecords } from "../support/open-records.ts";
import { startVirtualBot, type Use, type VirtualBot, type VirtualBotOptions } from "../support/virtual-bot.ts";
import { settle } from "../support/virtual-clock.ts";

const never = new Promise<never>(() => {});
const define = (name: string) => ({ name, description: `Tests ${name}` });

/** What was run, by name. */
let ran: string[] = [];
const running = <Content>(name: string, content: Content) => ({
  execute: async (): Promise<Content> => {
    ran.push(name);
    return content;
  },
});
const done = { content: "done" };
const field = { type: 4 as const, custom_id: "why", label: "Why", style: 1 as const };
const modal = {
  modal: { custom_id: "form", title: "Form", components: [{ type: 1 as const, components: [field] }] },
};

const button = (name: string) => ({ type: 2 as const, style: 1 as const, label: name, custom_id: name });
const panel = {
  content: "panel",
  components: [{ type: 1 as const, components: ["tell", "page", "turn"].map(button) }],
};

const commands: readonly Command[] = [
  { definition: define("panel"), visibility: "public", ...running("panel", panel) },
  { definition: define("private"), visibility: "private", effect: "reads", ...running("private", done) },
  { definition: define("public"), visibility: "public", ...running("public", done) },
  {
    definition: define("within"),
    visibility: "public",
    acknowledge: "within",
    withinMs: 300,
    effect: "reads",
    ...running("within", done),
    complete: async () => {
      ran.push("complete");
      return [{ name: "One", value: "one" }];
    },
  },
  { definition: define("opens"), acknowledge: "modal", ...running("opens", modal) },
];
const components: readonly Component[] = [
  { name: "tell", visibility: "private", ...running("tell", done) },
  { name: "page", acknowledge: "update", ...running("page", done) },
  { name: "turn", acknowledge: "updateWithin", withinMs: 300, effect: "reads", ...running("turn", done) },
];
const modals: readonly ModalSubmit[] = [{ name: "form", visibility: "private", ...running("form", done) }];

/** An allowance that is used up for whoever is asked about, unless it is told otherwise. */
class UsedUp implements Allowance {
  readonly asked: (Used & { readonly personId: string })[] = [];
  answer: Promise<Excess | undefined> = Promise.resolve({
    ...{ allowance: "commands", mostPerMinute: 20, first: true },
    waitMs: 12_345,
  });

  take(personId: string, used: Used): Promise<Excess | undefined> {
    this.asked.push({ personId, ...used });
    return this.answer;
  }
}

describe("somebody who has used up their allowance", () => {
  let bot: VirtualBot | undefined;
  afterEach(() => bot?.stop());

  const start = async (options: Partial<VirtualBotOptions> = {}) => {
    const allowance = new UsedUp();
    bot = await startVirtualBot({ commands, components, modals, allowance, ...options });
    return { bot, allowance, ...bot };
  };
  /** A message with buttons, which somebody could still get. */
  const startWithPanel = async () => {
    const world = await start();
    const { answer } = world.allowance;
    world.allowance.answer = Promise.resolve(undefined);
    const { seen, ended } = await world.use("panel");
    await ended;
    world.allowance.answer = answer;
    world.allowance.asked.length = 0;
    ran = [];
    const shown = () => seen.report().visible;
    const messageId = shown()[0]?.id ?? "";
    return { ...world, press: (customId: string): Use => ({ kind: "button", customId, messageId }), messageId, shown };
  };

  it.each<readonly [string, string | Use, Used]>([
    ["a private command", "private", { kind: "command", name: "private" }],
    ["a public command", "public", { kind: "command", name: "public" }],
    ["a command that may answer at once", "within", { kind: "command", name: "within" }],
    ["a command that opens a form", "opens", { kind: "command", name: "opens" }],
    ["a form", { kind: "modal", customId: "form:7", fields: {} }, { kind: "modal", name: "form" }],
  ])("is told so alone by %s, once, with when to go on, and nothing runs", async (_what, what, used) => {
    ran = [];
    const { use, allowance, events, outcomes, clock } = await start();
    const { seen, personId, ended } = await use(what);
    await ended;
    const { visible } = await seen.until(({ visible }) => visible.length === 1 && visible[0]?.ephemeral === true);
    const goOn = Math.ceil((clock.now() + 12_345) / 1000);
    expect(visible[0]?.content).toMatch(new RegExp(`commands can be used 20 times a minute.*<t:${goOn}:R>`));
    expect({ ran, outcomes: outcomes(seen.id) }).toEqual({ ran: [], outcomes: ["overAllowance"] });
    expect(allowance.asked).toEqual([{ personId, ...used }]);
    expect(events.filter(({ kind }) => kind === "allowanceRefused")).toEqual([
      expect.objectContaining({ interactionId: seen.id, personId, allowance: "commands", first: true }),
    ]);
    expect(events.filter(({ kind }) => kind === "commandFailed")).toEqual([]);
  });

  it.each(["tell", "page", "turn"])("is told so beside the message whose button %s they press", async (name) => {
    const { use, press, messageId, shown, allowance, outcomes } = await startWithPanel();
    const { seen, personId, ended } = await use(press(name));
    await ended;
    const { visible } = seen.report();
    const others = visible.filter(({ id }) => id !== messageId);
    expect(others).toEqual([
      expect.objectContaining({ ephemeral: true, content: expect.stringContaining("go on <t:") }),
    ]);
    expect(shown()).toEqual([expect.objectContaining({ content: "panel" })]);
    expect(outcomes(seen.id)).toEqual(["overAllowance"]);
    expect(allowance.asked).toEqual([{ personId, kind: "component", name }]);
    expect(ran).toEqual([]);
  });

  const typing: Use = { kind: "autocomplete", name: "within", focused: { name: "what", value: "o" } };

  it("is suggested nothing, and nobody is asked for suggestions", async () => {
    ran = [];
    const { use, allowance, events } = await start();
    const { seen, personId, ended } = await use(typing);
    await ended;
    expect(seen.report()).toMatchObject({ saw: "answered", choices: [] });
    expect(ran).toEqual([]);
    expect(allowance.asked).toEqual([{ personId, kind: "autocomplete", name: "within" }]);
    expect(events.map(({ kind }) => kind)).toContain("allowanceRefused");
    expect(events.map(({ kind }) => kind)).not.toContain("commandFailed");
  });

  it("is told so directly when the command arrives too late to be acknowledged", async () => {
    ran = [];
    const direct: (string | undefined)[] = [];
    const deliver = async (_personId: string, { content }: { readonly content?: string }) => direct.push(content) > 0;
    const { use, clock, discordClock, allowance } = await start({ lateAnswers: { deliver } });
    discordClock.sampleDate(new Date(clock.now()).toUTCString(), clock.now(), clock.now());
    const { ended } = await use("private", { deliverAfterMs: 2800 });
    await clock.advance(5000);
    await ended;
    expect(direct).toEqual([expect.stringContaining("go on <t:")]);
    expect({ ran, asked: allowance.asked.length }).toEqual({ ran: [], asked: 1 });
  });

  it("answers everybody else as before", async () => {
    ran = [];
    const { use, allowance, outcomes } = await start();
    allowance.answer = Promise.resolve(undefined);
    for (const what of ["private", "public", "within", "opens", typing]) {
      const { seen, ended } = await use(what);
      await ended;
      expect(outcomes(seen.id)).toEqual(["answered"]);
    }
    expect(ran).toEqual(["private", "public", "within", "opens", "complete"]);
  });

  it("delays no acknowledgement, not even by an allowance that never answers", async () => {
    const { use, allowance, clock } = await start();
    allowance.answer = never;
    const { seen: atOnce } = await use("private");
    expect((await atOnce.until(({ saw }) => saw === "thinking")).acknowledgedAtMs).toBe(0);
    const { seen: within } = await use("within");
    await clock.advance(300);
    const { attempts } = await within.until(({ saw }) => saw === "thinking");
    expect(attempts.map(({ callbackType, atMs }) => ({ callbackType, atMs }))).toEqual([
      { callbackType: 5, atMs: 300 },
    ]);
    const { seen: typed } = await use(typing);
    await clock.advance(2500);
    expect(await typed.answered()).toMatchObject({ choices: [] });
  });

  it("is answered for a process that died without being counted again", async () => {
    ran = [];
    const store = new OpenRecords();
    const { use, allowance, layer } = await start({ store });
    allowance.answer = never;
    const { seen } = await use("private");
    await seen.until(({ saw }) => saw === "thinking");
    await settle();
    expect(await layer.recover()).toBe(1);
    expect((await seen.answered()).visible).toEqual([expect.objectContaining({ content: "done" })]);
    expect({ ran, asked: allowance.asked.length }).toEqual({ ran: ["private"], asked: 1 });
  });
});
