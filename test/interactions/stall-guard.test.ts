import { Client, type Interaction } from "discord.js";
import { InteractionType } from "discord-api-types/v10";
import { afterEach, describe, expect, it } from "vitest";
import {
  type Command,
  createInteractionLayer,
  createRestLane,
  DiscordClock,
  type InteractionEvent,
  type InteractionLane,
  type InteractionStore,
  OfferedTurns,
} from "../../src/interactions/index.ts";
import type { Modes } from "../../src/interactions/modes.ts";
import type { GuardedAcknowledgement } from "../../src/interactions/stall-guard.ts";
import { StandIn, type StandInOptions } from "../../src/interactions/stand-in.ts";
import { texts } from "../../src/presentation/texts.ts";
import type { InteractionFaults } from "../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";
import { OpenRecords } from "../support/open-records.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";

const answer = async () => ({ content: "here" });
const define = (name: string) => ({ name, description: `Tests ${name}` });
const commands: readonly Command[] = [
  { definition: define("private"), visibility: "private", effect: "reads", execute: answer },
  { definition: define("public"), visibility: "public", execute: answer },
  {
    ...{ definition: define("fast"), visibility: "public", effect: "reads", execute: answer },
    ...{ acknowledge: "within", withinMs: 50 },
  },
];

/** The layer and its stand-in on one virtual clock; while it stalls, nothing reaches the layer. */
async function startGuarded({ mayAct = () => true }: { readonly mayAct?: () => boolean } = {}) {
  const clock = new VirtualClock();
  const discord = await startSandboxDiscord({ clock, heartbeatIntervalMs: 24 * 60 * 60_000 });
  const client = new Client({ intents: [], rest: { api: discord.apiUrl } });
  const discordClock = new DiscordClock(clock);
  discordClock.sampleDate(new Date(clock.now()).toUTCString(), clock.now(), clock.now());
  const lane = createRestLane({ apiUrl: discord.apiUrl, sampleDate: () => {} });
  const turns = new OfferedTurns();
  const events: InteractionEvent[] = [];
  const waits = { maxAgeMs: 2500, callbackTimeoutMs: 2500 };
  const createLayer = (guard: OfferedTurns, store?: InteractionStore) =>
    createInteractionLayer({
      ...{ clock, discordClock, lane, commands, guard, ...waits, store },
      explain: () => ({ content: "it failed" }),
      texts: texts.interaction,
      publish: (event) => void events.push(event),
    });
  const layer = createLayer(turns);
  let told = true;
  const ended: [string, GuardedAcknowledgement][] = [];
  const standIn = new StandIn({
    ...{ clock, discordClock, lane, modes: layer.modes, ...waits, mayAct },
    onEnded(id, acknowledged) {
      ended.push([id, acknowledged]);
      if (told) turns.ended(id, acknowledged);
    },
  });
  client.on("raw", ({ t, d }: { t: string; d: { id: string } }) => {
    const turn = t === "INTERACTION_CREATE" ? standIn.watch(d) : undefined;
    if (turn !== undefined) turns.offered(d.id, turn);
  });
  const waiting: Interaction[] = [];
  client.on("interactionCreate", (interaction) => waiting.push(interaction));
  const ready = new Promise((resolve) => client.once("clientReady", resolve));
  await client.login(discord.botToken);
  await ready;
  return {
    ...{ clock, discord, turns, standIn, events, waiting, ended, createLayer },
    /** Resolves when its event has come, and nobody has looked at it yet. */
    async use(name: string, faults: InteractionFaults = {}) {
      const arrived = new Promise((resolve) => client.once("interactionCreate", resolve));
      const used = discord.interact({ kind: "command", name, personId: discord.addPerson().id }, faults);
      await clock.advance(faults.deliverAfterMs ?? 0);
      await arrived;
      return used;
    },
    goOn: () => Promise.all(waiting.splice(0).map((interaction) => layer.handle(interaction))),
    dies() {
      told = false;
      turns.lost();
    },
    causes: () =>
      events.flatMap((event) => (event.kind === "acknowledged" ? [`${event.ownership}: ${event.cause}`] : [])),
    async stop() {
      await client.destroy();
      await lane.close();
      await discord.close();
    },
  };
}

describe("an interaction that the main thread", () => {
  let bot: Awaited<ReturnType<typeof startGuarded>> | undefined;
  afterEach(() => bot?.stop());

  it("takes in time is acknowledged by it alone", async () => {
    bot = await startGuarded();
    const used = await bot.use("private");
    await bot.clock.advance(799);
    await bot.goOn();
    await bot.clock.advance(5000);
    expect(used.report().attempts.map(({ request }) => request)).toEqual(["callback", "edit"]);
    expect([bot.causes(), bot.ended]).toEqual([["owned: accepted"], []]);
  });

  it.each([
    ["private", true],
    ["public", false],
    ["fast", false],
    ["unknown here", true],
  ])("does not take in time is acknowledged once, and answered when it goes on: /%s", async (name, ephemeral) => {
    bot = await startGuarded();
    const used = await bot.use(name);
    await bot.clock.advance(800);
    const { acknowledgedAtMs } = await used.until(({ saw }) => saw === "thinking");
    expect(acknowledgedAtMs).toBe(800);
    await bot.standIn.idle();
    await bot.clock.advance(9200);
    const [interaction] = bot.waiting;
    await bot.goOn();
    const { attempts, visible, answersShown } = used.report();
    expect(attempts.map(({ request }) => request)).toEqual(["callback", "edit"]);
    expect(visible.map((message) => message.ephemeral)).toEqual([ephemeral]);
    expect([answersShown, bot.causes()]).toEqual([1, ["owned: stallGuard"]]);
    expect(interaction?.isRepliable() && interaction.deferred).toBe(true);
    expect(bot.events.find(({ kind }) => kind === "acknowledged")).toMatchObject({ durationMs: 800, ageMs: 800 });
  });

  it("gets late is waited for no longer than the deadline allows", async () => {
    bot = await startGuarded();
    const used = await bot.use("private", { deliverAfterMs: 1000 });
    await bot.clock.advance(200);
    expect((await used.until(({ saw }) => saw === "thinking")).acknowledgedAtMs).toBe(1200);
    await bot.standIn.idle();
  });

  it("gets too late is left to it", async () => {
    bot = await startGuarded();
    const used = await bot.use("private", { deliverAfterMs: 2600 });
    await bot.clock.advance(5000);
    await bot.goOn();
    expect(used.report().attempts).toEqual([]);
  });

  it("asks for while the guard's request is under way waits for what comes of it, and sends none itself", async () => {
    bot = await startGuarded();
    const used = await bot.use("private", { callbacks: [{ outcome: { kind: "reset", processed: true } }] });
    await bot.clock.advance(800);
    await bot.goOn();
    const { attempts, answersShown } = used.report();
    expect(attempts.filter(({ request, processed }) => request === "callback" && processed)).toHaveLength(1);
    expect([answersShown, bot.causes()]).toEqual([1, ["owned: stallGuard"]]);
    expect(bot.events.filter(({ kind }) => kind === "discordError")).toHaveLength(1);
  });

  it("cannot ask the guard about any more, because that died, is looked up and answered", async () => {
    bot = await startGuarded();
    const used = await bot.use("private");
    bot.dies();
    await bot.clock.advance(800);
    await used.until(({ saw }) => saw === "thinking");
    const done = bot.goOn();
    await bot.clock.advance(1000);
    await done;
    expect([used.report().answersShown, bot.causes()]).toEqual([1, ["owned: stallGuard"]]);
  });
});

describe("an interaction of a process that died before its main thread came to it", () => {
  let bot: Awaited<ReturnType<typeof startGuarded>> | undefined;
  afterEach(() => bot?.stop());

  it("is answered for it when its event comes again", async () => {
    bot = await startGuarded();
    const { clock, standIn, waiting, createLayer, events } = bot;
    const used = await bot.use("private", { duplicateAfterMs: 6000 });
    await clock.advance(800);
    await standIn.idle();
    await clock.advance(4200);
    waiting.splice(0);
    const next = createLayer(
      new OfferedTurns(),
      Object.assign(new OpenRecords(), { adopt: async () => "ours" as const }),
    );
    await clock.advance(1000);
    while (waiting.length === 0) await settle();
    await Promise.all(waiting.splice(0).map((interaction) => next.handle(interaction)));
    expect(events).toContainEqual(expect.objectContaining({ kind: "interactionRecovered", outcome: "answered" }));
    expect(used.report()).toMatchObject({ answersShown: 1, visible: [{ content: "here" }] });
  });
});

describe("the stand-in", () => {
  const mode = (surface: "reply" | "update" | "modal", visibility: "public" | "private") =>
    ({ surface, visibility, withinMs: 0 }) as const;
  const modes: Modes = {
    command: new Map([
      ["open", mode("reply", "public")],
      ["form", mode("modal", "private")],
    ]),
    component: new Map([
      ["turn", mode("update", "private")],
      ["ask", mode("modal", "private")],
    ]),
    modal: new Map([["sent", mode("reply", "private")]]),
  };

  function watching(options: Partial<StandInOptions> = {}) {
    const clock = new VirtualClock();
    const discordClock = new DiscordClock(clock);
    const sent: unknown[] = [];
    const ended: GuardedAcknowledgement[] = [];
    const unused = () => Promise.reject(new Error("not asked for"));
    const lane: InteractionLane = {
      async callback(_target, body) {
        sent.push(body);
        return { kind: "accepted" };
      },
      ...{ probe: unused, editOriginal: unused, followUp: unused, deleteOriginal: unused },
    };
    const onEnded = (_id: string, acknowledged: GuardedAcknowledgement) => void ended.push(acknowledged);
    const rest = { maxAgeMs: 2500, callbackTimeoutMs: 2500, mayAct: () => true, onEnded, ...options };
    return { clock, sent, ended, standIn: new StandIn({ clock, discordClock, lane, modes, ...rest }) };
  }
  const event = (type: InteractionType, data: object) => {
    const id = String((BigInt(new VirtualClock().now()) - 1_420_070_400_000n) << 22n);
    return { id, application_id: "1", token: "token", type, data };
  };
  const command = (name: string) => event(InteractionType.ApplicationCommand, { name });
  const component = (customId: string) => event(InteractionType.MessageComponent, { custom_id: customId });

  it.each([
    ["a public command", command("open"), { type: 5 }],
    ["a command that nobody knows", command("gone"), { type: 5, data: { flags: 64 } }],
    ["a component that changes its message", component("turn:1"), { type: 6 }],
    ["a form", event(InteractionType.ModalSubmit, { custom_id: "sent:1" }), { type: 5, data: { flags: 64 } }],
  ])("acknowledges %s as it is to be", async (_what, used, body) => {
    const { clock, sent, standIn } = watching();
    expect(standIn.watch(used)).toBeDefined();
    await clock.advance(800);
    expect(sent).toEqual([body]);
  });

  it.each([
    ["a command that opens a form", command("form")],
    ["a button that opens a form", component("ask")],
    ["suggestions", event(InteractionType.ApplicationCommandAutocomplete, { name: "open" })],
    ["what is no interaction", { id: 1 }],
  ])("leaves %s alone", async (_what, used) => {
    const { clock, sent, standIn } = watching();
    expect(standIn.watch(used)).toBeUndefined();
    await clock.advance(5000);
    expect(sent).toEqual([]);
  });

  it("watches the first of two events of one interaction", async () => {
    const { clock, sent, standIn } = watching();
    standIn.watch(command("open"));
    expect(standIn.watch(command("open"))).toBeUndefined();
    await clock.advance(5000);
    expect(sent).toHaveLength(1);
  });

  it("sends nothing once the process may not act any more", async () => {
    let acting = true;
    const { clock, sent, standIn } = watching({ mayAct: () => acting });
    standIn.watch(command("open"));
    acting = false;
    await clock.advance(5000);
    expect(sent).toEqual([]);
  });

  it("sends nothing either when that ends between its decision and its request", async () => {
    let asked = 0;
    const { clock, sent, ended, standIn } = watching({
      mayAct() {
        asked += 1;
        return asked === 1;
      },
    });
    standIn.watch(command("open"));
    await clock.advance(5000);
    await settle();
    expect(sent).toEqual([]);
    expect(ended).toMatchObject([{ ownership: "unreachable", mayHaveLanded: false }]);
  });
});
