import type { APIInteractionResponse } from "discord-api-types/v10";
import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type {
  Answer,
  Command,
  Component,
  InteractionLane,
  InteractionLayer,
  InteractionLayerOptions,
  InteractionRecord,
  InteractionStore,
} from "../../src/interactions/index.ts";
import { texts } from "../../src/presentation/texts.ts";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { agesBy, connect, type Process, Processes, person } from "../recovery/support.ts";
import { deferred, type Passed, type Succession, startSuccession } from "./support/successor.ts";

let server: OwnRedis;
let redis: Redis;
let processes: Processes;
let world: Succession;
let dead: Process;
let ours: Process;
let runs: string[];

beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
});
afterAll(() => server.stop());
beforeEach(async () => {
  runs = [];
  redis = await connect(server.url);
  await redis.flushall();
  processes = new Processes(server.url);
  dead = await processes.start("dead");
  ours = await processes.start("ours", { claimTimeoutMs: 60_000, isKnownDead: (id) => id === "dead" });
  world = await startSuccession(processes.clock);
});
afterEach(async () => {
  await world.stop();
  await processes.end();
  redis.disconnect();
});

const define = (name: string) => ({ name, description: `Tests ${name}` });
const answering = (name: string) => async (): Promise<Answer> => {
  runs.push(name);
  return { content: `${name} done` };
};
const commands: readonly Command[] = [
  { definition: define("look"), visibility: "private", effect: "reads", execute: answering("look") },
  {
    ...{ definition: define("quick"), visibility: "private", effect: "reads", execute: answering("quick") },
    ...{ acknowledge: "within", withinMs: 50 },
  },
  { definition: define("buy"), visibility: "private", execute: answering("buy") },
  {
    ...{ definition: define("sell"), visibility: "private", execute: answering("sell") },
    recover: async () => ({ content: "sold after all" }),
  },
];
const components: readonly Component[] = [
  { name: "page", acknowledge: "update", effect: "reads", execute: answering("page") },
  { name: "flick", acknowledge: "updateWithin", withinMs: 50, effect: "reads", execute: answering("flick") },
  { name: "delete", acknowledge: "update", execute: answering("delete") },
];

const early = 1000;
const late = 4000;
type Acts = (passed: Passed) => Promise<unknown>;
/** What Discord was sent by the process that is gone now. */
const sent =
  (body: APIInteractionResponse): Acts =>
  ({ target }) =>
    world.lane.callback(target, body, { timeoutMs: 10_000, fresh: false });
const acknowledged = sent(deferred());
const claimed: Acts = ({ target }) => dead.store.claim(target.id, "unsent");
const recordOf = (name: string, { target }: Passed): InteractionRecord => ({
  ...{ kind: "command", input: { options: {}, person }, target, command: name },
  ...{ surface: "reply", visibility: "private" },
});

/** Used; then the process that got it does what is said, and is gone; then a layer begins, and the event comes again. */
async function passOn(
  name: string,
  againAfterMs: number,
  acts: readonly Acts[],
  given: { readonly store?: InteractionStore; readonly inBetween?: () => Promise<void> } = {},
) {
  const passed = await world.use({ kind: "command", name }, againAfterMs);
  for (const act of acts) await act(passed);
  await dead.die();
  await processes.clock.advance(10);
  const layer = world.begin({ commands, components, store: given.store ?? ours.store });
  await world.comesAgain(passed, againAfterMs, given.inBetween);
  return { ...passed, layer };
}

const outcomes = () =>
  world.events.flatMap((event) =>
    event.kind === "interactionFinished" || event.kind === "interactionRecovered" ? [event.outcome] : [],
  );
const shown = ({ seen }: Pick<Passed, "seen">) => {
  const { visible, answersShown, saw } = seen.report();
  return { saw, answersShown, contents: visible.map(({ content }) => content) };
};
const once = (content: string) => ({ saw: "answered", answersShown: 1, contents: [content] });

describe.each([
  ["in time to acknowledge", early, "foreign"],
  ["too late to acknowledge", late, "skipped"],
] as const)(
  "an event that comes again %s, of a process that died when it had acknowledged",
  (_when, afterMs, first) => {
    it.each(["look", "quick"])("and left nothing in Redis, is answered at once: /%s", async (name) => {
      const passed = await passOn(name, afterMs, [acknowledged]);
      expect(shown(passed)).toEqual(once(`${name} done`));
      expect(outcomes()).toEqual([first, "answered"]);
      expect(await redis.keys("*:open")).toEqual([]);
      expect(await passed.layer.recover()).toBe(0);
      expect(world.direct).toEqual([]);
    });

    it.each(["look", "quick"])("and left its claim alone, is answered by whoever looks next: /%s", async (name) => {
      const passed = await passOn(name, afterMs, [claimed, acknowledged]);
      await passed.layer.recover();
      expect(shown(passed)).toEqual(once(`${name} done`));
      expect(outcomes()).toEqual([first, "answered"]);
      expect(await redis.keys("*:open")).toEqual([]);
      expect(world.direct).toEqual([]);
    });

    it.each([
      ["nothing is known of it", []],
      ["it was claimed", [claimed]],
    ])("is not run again when it writes: it is looked up, or said to be unknown; %s", async (_what, acts) => {
      const sold = await passOn("sell", afterMs, [...acts, acknowledged]);
      await sold.layer.recover();
      expect(shown(sold)).toEqual(once("sold after all"));
      dead = await processes.start("dead");
      const bought = await passOn("buy", afterMs, [...acts, acknowledged]);
      await bought.layer.recover();
      expect(shown(bought)).toEqual(once(texts.interaction.outcomeUnknown("buy")));
      expect(runs).toEqual([]);
    });

    it("and recorded it, is left to whoever answers for the dead, and answered once", async () => {
      const passed = await passOn("look", afterMs, [
        async (given) => dead.store.record(recordOf("look", given)),
        () => processes.roundTrip(),
        acknowledged,
      ]);
      expect(runs).toEqual([]);
      await agesBy(redis, passed.seen.id, 5_100);
      await passed.layer.recover();
      expect(shown(passed)).toEqual(once("look done"));
      expect(outcomes()).toEqual([first, "answered"]);
    });

    it("and answered, is left alone", async () => {
      const passed = await passOn("look", afterMs, [claimed, sent({ type: 4, data: { content: "seen before" } })]);
      await passed.layer.recover();
      expect(shown(passed)).toEqual(once("seen before"));
      expect({ runs, outcomes: outcomes(), direct: world.direct }).toEqual({ runs: [], outcomes: [first], direct: [] });
    });

    it("is left alone while the store is away", async () => {
      await passOn("look", afterMs, [acknowledged], {
        store: { ...ours.store, whoHad: async () => "unknown", adopt: async () => "unknown" },
      });
      expect({ runs, outcomes: outcomes(), direct: world.direct }).toEqual({ runs: [], outcomes: [first], direct: [] });
    });

    it("is answered here when a process that lives acknowledged it and has not claimed it yet, which is told so", async () => {
      const other = await processes.start("other", { claimTimeoutMs: 60_000 });
      const passed = await passOn("look", afterMs, [acknowledged]);
      other.store.record(recordOf("look", passed));
      expect(await other.store.claim(passed.seen.id, "accepted")).toBe("taken");
      expect(shown(passed)).toEqual(once("look done"));
      expect(runs).toEqual(["look"]);
    });

    it("is left to a process that lives and has claimed it", async () => {
      const other = await processes.start("other");
      const passed = await passOn("look", afterMs, [
        ({ target }) => other.store.claim(target.id, "accepted"),
        acknowledged,
      ]);
      await agesBy(redis, passed.seen.id, 5_100);
      expect(await passed.layer.recover()).toBe(0);
      expect({ runs, outcomes: outcomes(), direct: world.direct }).toEqual({ runs: [], outcomes: [first], direct: [] });
    });
  },
);

describe("an event that comes again, of a process that died before it could acknowledge", () => {
  const recorded: Acts = async (passed) => {
    dead.store.record(recordOf("quick", passed));
    await processes.roundTrip();
  };

  it.each([
    ["claimed", [claimed]],
    ["not even claimed", []],
  ])("is acknowledged and answered in time: it had been %s", async (_what, acts) => {
    const passed = await passOn("quick", early, acts);
    expect(shown(passed)).toEqual(once("quick done"));
    expect(outcomes()).toEqual(["answered"]);
    expect(await passed.layer.recover()).toBe(0);
  });

  it("is acknowledged and answered in time also when it had been recorded, and struck off meanwhile", async () => {
    const passed = await world.use({ kind: "command", name: "quick" }, early);
    for (const act of [claimed, recorded]) await act(passed);
    await dead.die();
    await processes.clock.advance(10);
    const layer = world.begin({
      commands,
      store: {
        ...ours.store,
        async claim(id, evidence) {
          const claim = await ours.store.claim(id, evidence);
          // As far as this process is by then when its look finds nobody waiting.
          if (claim === "taken") await layer.recover();
          return claim;
        },
      },
    });
    await world.comesAgain(passed, early);
    expect(shown(passed)).toEqual(once("quick done"));
    expect(outcomes()).toEqual(["notNeeded", "answered"]);
    expect(runs).toEqual(["quick"]);
  });

  it.each([
    ["claimed", [claimed]],
    ["not even claimed", []],
  ])("too late, is answered by direct message: it had been %s", async (_what, acts) => {
    const waits = () =>
      expect
        .poll(
          async () => {
            await processes.clock.advance(200);
            return world.direct.length;
          },
          { timeout: 10_000 },
        )
        .toBe(1);
    const passed = await passOn("look", late, acts, { inBetween: waits });
    expect(world.direct).toEqual(["look done"]);
    expect(passed.seen.report().visible).toEqual([]);
  });
});

describe("an event that comes again, of a process that died when it had acknowledged,", () => {
  it.each([
    ["look", "nothing", []],
    ["look", "its claim", [claimed]],
    ["quick", "nothing", []],
    ["quick", "its claim", [claimed]],
  ])(
    "is answered also when Discord says that it does not know it any more: /%s, of which it left %s",
    async (name, _what, acts) => {
      const passed = await world.use({ kind: "command", name }, early, { secondAckUnknown: true });
      for (const act of [...acts, acknowledged]) await act(passed);
      await dead.die();
      await processes.clock.advance(10);
      const layer = world.begin({ commands, store: ours.store });
      await world.comesAgain(passed, early);
      await layer.recover();
      expect(shown(passed)).toEqual(once(`${name} done`));
      expect(await redis.keys("*:open")).toEqual([]);
    },
  );

  it("costs nothing where it cannot have been: no question to Discord, and none to Redis but the claim", async () => {
    const asked: string[] = [];
    const counted = new Proxy(ours.store, {
      get(store, name, receiver) {
        asked.push(String(name));
        return Reflect.get(store, name, receiver);
      },
    });
    const layer = world.begin({ commands, store: counted });
    await processes.clock.advance(10);
    const foreign = await world.use({ kind: "command", name: "quick" }, early);
    await acknowledged(foreign);
    await world.comesAgain(foreign, early);
    expect({ asked, requests: world.requests }).toEqual({
      asked: ["claim", "whoHad", "release"],
      requests: ["callback"],
    });
    asked.length = 0;
    world.requests.length = 0;
    const skipped = await world.use({ kind: "command", name: "buy" }, late);
    await acknowledged(skipped);
    await world.comesAgain(skipped, late);
    expect({ asked, requests: world.requests }).toEqual({ asked: [], requests: [] });
    expect([outcomes(), layer.inFlight]).toEqual([["foreign", "skipped"], 0]);
  });
});

describe.each([
  ["in time to acknowledge", early],
  ["too late to acknowledge", late],
] as const)(
  "the event of a button that changes its message comes again %s, of a process that died when it had acknowledged",
  (_when, afterMs) => {
    const row = (customId: string) => ({
      ...{ type: 1 as const },
      components: [{ type: 2 as const, style: 1 as const, label: customId, custom_id: customId }],
    });
    let layer: InteractionLayer;
    const press = async (customId: string, acts: readonly Acts[], given: Partial<InteractionLayerOptions> = {}) => {
      const panel = await world.use({ kind: "command", name: "look" }, 60_000);
      await sent({ type: 4, data: { content: "panel", components: [row(customId)] } })(panel);
      const messageId = panel.seen.report().visible[0]?.id ?? "";
      const passed = await world.use({ kind: "button", customId, messageId }, afterMs);
      for (const act of acts) await act(passed);
      await dead.die();
      await processes.clock.advance(10);
      layer = world.begin({ commands, components, store: ours.store, ...given });
      await world.comesAgain(passed, afterMs);
      await layer.recover();
      return {
        runs,
        inPlace: panel.seen.report().visible[0]?.content,
        beside: passed.seen.report().visible.flatMap(({ id, content }) => (id === messageId ? [] : [content])),
      };
    };
    const silently = sent({ type: 6 });

    it.each(["page", "flick"])("changes it when nothing is in Redis: %s", async (name) => {
      const { inPlace, beside } = await press(name, [silently]);
      expect({ inPlace, beside }).toEqual({ inPlace: `${name} done`, beside: [] });
    });

    it.each(["page", "flick"])("leaves it alone when it was claimed, and so perhaps changed: %s", async (name) => {
      const { inPlace, beside } = await press(name, [claimed, silently]);
      expect({ inPlace, beside }).toEqual({ inPlace: "panel", beside: [] });
    });

    it("changes it once when whoever answers for the dead did so while Discord was asked about it", async () => {
      const recorded: Acts = async ({ target }) => {
        const input = { person, argument: "", values: [] };
        const given = { kind: "component", input, target, command: "page", surface: "update" } as const;
        dead.store.record({ ...given, visibility: "private" });
        await processes.roundTrip();
        await agesBy(redis, target.id, 5_100);
      };
      let looked = false;
      const probe: InteractionLane["probe"] = async (target, options) => {
        const look = await world.lane.probe(target, options);
        if (!looked) {
          looked = true;
          await layer.recover();
        }
        return look;
      };
      const { inPlace } = await press("page", [recorded, silently], { lane: { ...world.lane, probe } });
      expect({ inPlace, runs }).toEqual({ inPlace: "page done", runs: ["page"] });
    });

    it("says beside it that nobody knows, when it writes", async () => {
      const unknown = texts.interaction.outcomeUnknown(undefined);
      expect(await press("delete", [silently])).toEqual({ runs: [], inPlace: "panel", beside: [unknown] });
    });
  },
);
