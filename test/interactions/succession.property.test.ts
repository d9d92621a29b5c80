import { ChatInputCommandInteraction, Client, SnowflakeUtil } from "discord.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Command,
  type CommandRequest,
  createInteractionLayer,
  DiscordClock,
  type InteractionEvent,
  type InteractionLane,
  type InteractionLayer,
  type InteractionStore,
  keepRecovering,
} from "../../src/interactions/index.ts";
import { texts } from "../../src/presentation/texts.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";
import { type Fate, ModelDiscord, ModelLane } from "./support/model-discord.ts";
import { ModelStore } from "./support/model-store.ts";

const client = new Client({ intents: [] });
const never = new Promise<never>(() => {});
const commandNames = ["looking", "quick", "writing"] as const;
type CommandName = (typeof commandNames)[number];

interface Story {
  readonly command: CommandName;
  readonly runForMs: number;
  readonly firstAfterMs: number;
  /** When the first process dies: before something takes effect, or a while after the event came to it. */
  readonly dies: "never" | "record" | "claim" | "strike" | number;
  /** From the use, ms; the event does not come again before. */
  readonly nextBeginsMs: number;
  readonly againMs: number;
  readonly thereMs: number;
  readonly backMs: number;
}

const stories: fc.Arbitrary<Story> = fc.record({
  command: fc.constantFrom(...commandNames),
  runForMs: fc.constantFrom(0, 30, 200, 3000),
  firstAfterMs: fc.integer({ min: 0, max: 300 }),
  dies: fc.oneof(
    fc.constantFrom("never", "record", "record", "claim", "strike"),
    fc.integer({ min: 0, max: 60 }),
    fc.integer({ min: 0, max: 2000 }),
  ),
  nextBeginsMs: fc.integer({ min: 1, max: 4000 }),
  againMs: fc.oneof(fc.integer({ min: 1, max: 2400 }), fc.integer({ min: 1, max: 9000 })),
  thereMs: fc.integer({ min: 1, max: 60 }),
  backMs: fc.integer({ min: 1, max: 60 }),
});

/** One interaction, the process that got it, and the one that comes after it or beside it. */
class World {
  readonly clock = new VirtualClock();
  readonly discord = new ModelDiscord(this.clock);
  readonly store = new ModelStore(this.clock);
  readonly events: InteractionEvent[] = [];
  readonly direct: string[] = [];
  readonly story: Story;
  readonly id = String(SnowflakeUtil.generate({ timestamp: this.clock.now() }));
  runs = 0;
  edits = 0;
  diedAtMs = Number.POSITIVE_INFINITY;
  cameAgainAtMs = 0;

  constructor(story: Story) {
    this.story = story;
    this.discord.create(this.id);
  }

  start(name: string, dying: Partial<InteractionStore> = {}): InteractionLayer {
    const { clock } = this;
    const discordClock = new DiscordClock(clock);
    discordClock.sampleDate(new Date(clock.now()).toUTCString(), clock.now(), clock.now());
    return createInteractionLayer({
      ...{ clock, discordClock, lane: this.#lane(name), commands: this.#commands() },
      explain: () => ({ content: "it failed" }),
      texts: texts.interaction,
      publish: (event) => void this.events.push(event),
      ...{ maxAgeMs: 2500, callbackTimeoutMs: 2500 },
      store: { ...this.store.of(name), ...dying },
      lateAnswers: {
        deliver: async (_personId, { content = "" }) => {
          this.direct.push(content);
          return true;
        },
      },
    });
  }

  deliver(layer: InteractionLayer): void {
    void layer.handle(interactionOf(this.id, this.story.command));
  }

  /** What a dead process sends never leaves, and what it had sent arrives. */
  #lane(name: string): InteractionLane {
    const { thereMs, backMs } = this.story;
    const lane = new ModelLane(name, this.clock, this.discord);
    const fate: Fate = { kind: "heard", lands: true, thereMs, backMs };
    const ifAlive = async <T>(send: () => Promise<T>): Promise<T> => {
      if (this.store.dead.has(name)) return never;
      lane.fates.set(this.id, [fate]);
      const result = await send();
      return this.store.dead.has(name) ? never : result;
    };
    return {
      callback: (...given) => ifAlive(() => lane.callback(...given)),
      probe: (...given) => ifAlive(() => lane.probe(...given)),
      editOriginal: (...given) =>
        ifAlive(() => {
          this.edits += 1;
          return lane.editOriginal(...given);
        }),
      followUp: (...given) => ifAlive(() => lane.followUp(...given)),
      deleteOriginal: (...given) => ifAlive(() => lane.deleteOriginal(...given)),
    };
  }

  #commands(): readonly Command[] {
    const execute = async (_request: CommandRequest) => {
      this.runs += 1;
      await new Promise<void>((resolve) => void this.clock.schedule(this.story.runForMs, resolve));
      return { content: "the answer" };
    };
    const define = (name: CommandName) => ({ name, description: "of a model" });
    return [
      { definition: define("looking"), visibility: "private", effect: "reads", execute },
      { definition: define("writing"), visibility: "private", execute },
      {
        ...{ definition: define("quick"), visibility: "private", effect: "reads", execute },
        ...{ acknowledge: "within", withinMs: 50 },
      },
    ];
  }
}

/** discord.js's own object, as it makes it of an event. */
const interactionOf = (id: string, name: CommandName): ChatInputCommandInteraction =>
  Reflect.construct(ChatInputCommandInteraction, [
    client,
    {
      ...{ id, application_id: "900000000000000001", type: 2, token: "token", version: 1 },
      user: { id: "800000000000000001", username: "nobody", discriminator: "0", avatar: null },
      ...{ locale: "en-US", entitlements: [], authorizing_integration_owners: {} },
      data: { id: "1", name, type: 1, options: [] },
    },
  ]);

async function tell(story: Story): Promise<World> {
  const { dies, firstAfterMs, nextBeginsMs, againMs } = story;
  const world = new World(story);
  const { clock, store } = world;
  const die = (): void => {
    store.dead.add("first");
    world.diedAtMs = Math.min(world.diedAtMs, clock.monotonic());
  };
  const first = world.start("first", {
    ...(dies === "record" && { record: die }),
    ...(dies === "strike" && { strike: die }),
    ...(dies === "claim" && {
      claim() {
        die();
        return never;
      },
    }),
  });
  clock.schedule(firstAfterMs, () => world.deliver(first));
  if (typeof dies === "number") clock.schedule(firstAfterMs + dies, die);
  let stop = () => {};
  clock.schedule(nextBeginsMs, () => {
    const next = world.start("next");
    stop = keepRecovering(next, clock);
    clock.schedule(Math.max(0, againMs - nextBeginsMs), () => {
      world.cameAgainAtMs = clock.monotonic();
      world.deliver(next);
    });
  });
  await clock.advance(10 * 60_000);
  stop();
  await settle();
  return world;
}

describe("an interaction whose process dies at any moment, or lives, and whose event comes again to the next one", () => {
  it("is answered once, in Discord if anybody acknowledged it, and written once at most", async () => {
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        const world = await tell(story);
        const { acknowledgedBy, content, followUps } = world.discord.held(world.id);
        const { runs, edits, direct, events } = world;
        const seen = JSON.stringify({ acknowledgedBy, content, followUps, runs, edits, direct, events });
        expect(followUps, seen).toEqual([]);
        expect(edits, seen).toBeLessThanOrEqual(1);
        if (story.command === "writing") expect(runs, seen).toBeLessThanOrEqual(1);
        if (acknowledgedBy === undefined) {
          // Nobody could know yet that the first would die before it acknowledged.
          const cameWhileItLived = world.cameAgainAtMs <= world.diedAtMs;
          const owed = story.command === "writing" || cameWhileItLived ? [] : ["the answer"];
          expect(direct, seen).toEqual(owed);
        } else {
          const sentences = ["the answer", texts.interaction.outcomeUnknown("writing")];
          expect(sentences.slice(0, story.command === "writing" ? 2 : 1), seen).toContain(content);
          expect(direct, seen).toEqual([]);
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
