import { ChatInputCommandInteraction, Client, SnowflakeUtil } from "discord.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxInFlight } from "../../src/interactions/acknowledgement.ts";
import {
  type Command,
  createInteractionLayer,
  DiscordClock,
  type InteractionEvent,
  type InteractionLayer,
  type InteractionStore,
  Refusal,
} from "../../src/interactions/index.ts";
import { texts } from "../../src/presentation/texts.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";
import { type Fate, ModelDiscord, ModelLane } from "./support/model-discord.ts";

const client = new Client({ intents: [] });
const applicationId = "900000000000000001";
const { onlyForYou, answerMayBeLost } = texts.interaction;

/** By how they are acknowledged and where they answer. */
const commandNames = ["plain", "refusing", "quick"] as const;
type CommandName = (typeof commandNames)[number];

/** How the store of a process is: `slow` answers after the process has stopped waiting. */
type StoreState = "up" | "down" | "slow";

/** Several processes of ours with one token, a Discord, a store that they share, and everything that goes wrong. */
class World {
  readonly clock = new VirtualClock();
  readonly discord = new ModelDiscord(this.clock);
  readonly claims = new Map<string, string>();
  readonly runForMs = new Map<string, number>();
  readonly runs = new Map<string, number>();
  /** Interactions of which a claim had no answer in time: then each journal decides alone. */
  readonly unclaimed = new Set<string>();
  readonly processes = ["a", "b"].map((name) => new Process(name, this));
  last: { readonly id: string; readonly command: CommandName } | undefined;
  #made = 0n;

  use(command: CommandName, runForMs: number): string {
    this.#made += 1n;
    const id = String(SnowflakeUtil.generate({ timestamp: this.clock.now(), increment: this.#made }));
    this.discord.create(id);
    this.last = { id, command };
    this.runForMs.set(id, runForMs);
    return id;
  }

  deliver(to: Process, afterMs: number): void {
    const { last } = this;
    if (last !== undefined) this.clock.schedule(afterMs, () => to.receive(last.id, last.command));
  }
}

class Process {
  readonly lane: ModelLane;
  readonly events: InteractionEvent[] = [];
  received = 0;
  storeState: StoreState = "up";
  readonly name: string;
  readonly #world: World;
  readonly #layer: InteractionLayer;

  constructor(name: string, world: World) {
    this.name = name;
    this.#world = world;
    const { clock, discord } = world;
    const discordClock = new DiscordClock(clock);
    discordClock.sampleDate(new Date(clock.now()).toUTCString(), clock.now(), clock.now());
    this.lane = new ModelLane(name, clock, discord);
    this.#layer = createInteractionLayer({
      clock,
      discordClock,
      lane: this.lane,
      commands: this.#commands(),
      explain: () => ({ content: "it failed" }),
      texts: texts.interaction,
      publish: (event) => void this.events.push(event),
      maxAgeMs: 2500,
      callbackTimeoutMs: 2500,
      store: this.#store(),
    });
  }

  receive(id: string, command: CommandName): void {
    this.received += 1;
    void this.#layer.handle(interactionOf(id, command));
  }

  outcomes(id: string): readonly string[] {
    return this.events.flatMap((event) =>
      event.kind === "interactionFinished" && event.interactionId === id ? [event.outcome] : [],
    );
  }

  #commands(): readonly Command[] {
    const run = async (id: string | undefined): Promise<void> => {
      if (id === undefined) throw new Error("not run for its own interaction");
      const { runs, runForMs, clock } = this.#world;
      runs.set(id, (runs.get(id) ?? 0) + 1);
      await new Promise<void>((resolve) => void clock.schedule(runForMs.get(id) ?? 0, resolve));
    };
    const define = (name: CommandName) => ({ name, description: "of a model" });
    return [
      {
        definition: define("plain"),
        visibility: "private",
        execute: async ({ interaction }) => {
          await run(interaction?.id);
          return { content: "the answer" };
        },
      },
      {
        definition: define("refusing"),
        visibility: "public",
        execute: async ({ interaction }) => {
          await run(interaction?.id);
          throw new Refusal("the answer");
        },
      },
      {
        definition: define("quick"),
        visibility: "private",
        acknowledge: "within",
        withinMs: 300,
        effect: "reads",
        execute: async ({ interaction }) => {
          await run(interaction?.id);
          return { content: "the answer" };
        },
      },
    ];
  }

  #store(): InteractionStore {
    const { clock, claims, unclaimed } = this.#world;
    const take = (id: string): string => {
      const holder = claims.get(id) ?? this.name;
      claims.set(id, holder);
      return holder;
    };
    return {
      record: () => {},
      markShown: () => {},
      release: () => {},
      claim: async (id, evidence) => {
        if (this.storeState === "up") return take(id) === this.name ? "ours" : "taken";
        unclaimed.add(id);
        if (this.storeState === "down") return "unknown";
        const limitMs = evidence === "accepted" ? 80 : 500;
        clock.schedule(limitMs + 100, () => take(id));
        await new Promise<void>((resolve) => void clock.schedule(limitMs, resolve));
        return "unknown";
      },
      strike: () => {},
      takeOver: async () => [],
    };
  }
}

/** discord.js's own object, as it makes it of an event. */
const interactionOf = (id: string, name: CommandName): ChatInputCommandInteraction =>
  Reflect.construct(ChatInputCommandInteraction, [
    client,
    {
      id,
      application_id: applicationId,
      type: 2,
      token: "token",
      version: 1,
      user: { id: "800000000000000001", username: "nobody", discriminator: "0", avatar: null },
      locale: "en-US",
      entitlements: [],
      authorizing_integration_owners: {},
      data: { id: "1", name, type: 1, options: [] },
    },
  ]);

const someMs = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 200 }) },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 3500 }) },
);
const fates: fc.Arbitrary<Fate[]> = fc.array(
  fc.record({
    kind: fc.constantFrom("heard", "lost", "lost", "unsent", "limited", "unknown"),
    lands: fc.boolean(),
    thereMs: someMs,
    backMs: someMs,
  }),
  { maxLength: 8 },
);

type Step = fc.AsyncCommand<object, World>;

const step = (name: string, run: (world: World) => unknown): Step => ({
  check: () => true,
  run: async (_model, world) => void (await run(world)),
  toString: () => name,
});

const whichProcess = fc.integer({ min: 0, max: 1 });
const onlyOf = (world: World, index: number): Process => {
  const process = world.processes[index];
  if (process === undefined) throw new Error("there are two processes");
  return process;
};

const somebodyUses = fc
  .record({
    command: fc.constantFrom(...commandNames),
    to: fc.constantFrom([0], [1], [0, 1], [0, 1], [0, 1]),
    afterMs: fc.tuple(fc.integer({ min: 0, max: 2900 }), fc.integer({ min: 0, max: 100 })),
    meeting: fc.tuple(fates, fates),
    runForMs: fc.constantFrom(0, 100, 1000, 20_000),
  })
  .map((given) =>
    step(`somebody uses ${JSON.stringify(given)}`, (world) => {
      const { command, to, afterMs, meeting, runForMs } = given;
      const id = world.use(command, runForMs);
      for (const index of to) {
        const process = onlyOf(world, index);
        process.lane.fates.set(id, [...(meeting[index] ?? [])]);
        world.deliver(process, afterMs[index] ?? 0);
      }
    }),
  );

const steps: fc.Arbitrary<Step>[] = [
  somebodyUses,
  somebodyUses,
  somebodyUses,
  fc
    .tuple(whichProcess, fc.integer({ min: 0, max: 3000 }))
    .map(([index, afterMs]) =>
      step(`the last event comes again to ${index} after ${afterMs} ms`, (world) =>
        world.deliver(onlyOf(world, index), afterMs),
      ),
    ),
  fc.tuple(whichProcess, fc.constantFrom<StoreState>("up", "down", "slow")).map(([index, state]) =>
    step(`the store of ${index} is ${state}`, (world) => {
      onlyOf(world, index).storeState = state;
    }),
  ),
  fc.constant(
    step("a bot that is not ours acknowledges", ({ last, discord }) => {
      if (last !== undefined) discord.acknowledge("somebody else", last.id, "theirs");
    }),
  ),
  fc.integer({ min: 1, max: 1500 }).map((ms) => step(`${ms} ms pass`, ({ clock }) => clock.advance(ms))),
];

describe("the layer, in any order of faults of the lane, the store, the gateway and a second process", () => {
  it("acknowledges once, runs once, answers once what is its own, and always comes to an end", async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(steps, { maxCommands: 15, size: "max" }), async (run) => {
        const world = new World();
        await fc.asyncModelRun(() => ({ model: {}, real: world }), run);
        await world.clock.advance(16 * 60_000);
        await settle();
        for (const { lane, events, received } of world.processes) {
          expect(lane.violations).toEqual([]);
          expect(lane.mostInFlight).toBeLessThanOrEqual(maxInFlight);
          expect([...lane.first.values()].filter((count) => count > 1)).toEqual([]);
          expect(events.filter(({ kind }) => kind === "interactionFinished")).toHaveLength(received);
          expect(events.filter((event) => "outcome" in event && event.outcome === "unanswered")).toEqual([]);
        }
        for (const [id, held] of world.discord.interactions) endsWell(world, id, held);
      }),
      { seed: 1, numRuns: 150 },
    );
  });
});

function endsWell(world: World, id: string, held: ReturnType<ModelDiscord["held"]>): void {
  const { acknowledgedBy, content, deleted, followUps } = held;
  const outcomes = world.processes.flatMap((process) => process.outcomes(id));
  const runs = world.runs.get(id) ?? 0;
  const seen = JSON.stringify({ ...held, outcomes, runs });
  if (!world.unclaimed.has(id)) expect(runs, seen).toBeLessThanOrEqual(1);
  for (const process of world.processes) {
    const mayAnswer = acknowledgedBy === process.name || process.lane.doubtful.has(id);
    if (!mayAnswer) expect(process.outcomes(id).filter(isAnswered), seen).toEqual([]);
  }
  if (acknowledgedBy !== "a" && acknowledgedBy !== "b") return;
  const shown = [...(deleted ? [] : [content]), ...followUps];
  const answers = shown.filter((text) => text === "the answer").length;
  const pointers = shown.filter((text) => text === answerMayBeLost).length;
  expect(shown, seen).not.toContain(undefined);
  expect(answers + pointers, seen).toBeGreaterThanOrEqual(1);
  if (runs <= 1) expect(answers, seen).toBeLessThanOrEqual(1);
  if (content === onlyForYou && !deleted) expect(followUps, seen).toContain("the answer");
}

const isAnswered = (outcome: string): boolean => ["answered", "refused", "failed"].includes(outcome);
