import { Client } from "discord.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type Answer,
  createInteractionLayer,
  createRestLane,
  DiscordClock,
  type InteractionLayer,
  type LateReason,
  type RestLane,
} from "../../src/interactions/index.ts";
import { texts } from "../../src/presentation/texts.ts";
import type { SandboxDiscord } from "../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const minuteMs = 60_000;

describe("an answer that takes longer than the interaction lives", () => {
  let clock: VirtualClock;
  let discord: SandboxDiscord;
  let client: Client;
  let lane: RestLane;
  let layer: InteractionLayer;
  let finish: (answer: Answer) => void;
  let aborted: boolean;
  const late: { personId: string; answer: Answer; reason: LateReason }[] = [];

  const start = async (withLateAnswers: boolean) => {
    clock = new VirtualClock();
    discord = await startSandboxDiscord({ clock, heartbeatIntervalMs: 24 * 60 * minuteMs });
    client = new Client({ intents: [], rest: { api: discord.apiUrl } });
    lane = createRestLane({ apiUrl: discord.apiUrl, sampleDate: () => {} });
    aborted = false;
    layer = createInteractionLayer({
      clock,
      discordClock: new DiscordClock(clock),
      lane,
      commands: [
        {
          definition: { name: "long", description: "Takes long" },
          visibility: "private",
          execute: ({ signal }) =>
            new Promise((resolve) => {
              finish = resolve;
              signal.addEventListener("abort", () => {
                aborted = true;
              });
            }),
        },
      ],
      explain: () => ({ content: "it took too long" }),
      texts: texts.interaction,
      publish: () => {},
      maxAgeMs: 2500,
      callbackTimeoutMs: 2500,
      ...(withLateAnswers
        ? {
            lateAnswers: {
              deliver: async (personId: string, answer: Answer, reason: LateReason) => {
                late.push({ personId, answer, reason });
                return true;
              },
            },
          }
        : {}),
    });
    const ready = new Promise((resolve) => client.once("clientReady", resolve));
    await client.login(discord.botToken);
    await ready;
  };
  beforeEach(() => {
    late.length = 0;
  });
  afterEach(async () => {
    await client.destroy();
    await lane.close();
    await discord.close();
  });

  /** Uses the command; resolves when it is running and shown to be. */
  const use = async () => {
    const running: Promise<void>[] = [];
    client.once("interactionCreate", (interaction) => void running.push(layer.handle(interaction)));
    const personId = discord.addPerson().id;
    const interaction = discord.interact({ kind: "command", name: "long", personId });
    await clock.advance(0);
    await interaction.until(({ saw }) => saw === "thinking");
    return { interaction, personId, ended: () => Promise.all(running) };
  };

  it("goes to the person by direct message, who is told so while Discord still can", async () => {
    await start(true);
    const { interaction, personId, ended } = await use();
    await clock.advance(14 * minuteMs + 1000);
    const told = await interaction.answered();
    expect(told.visible[0]?.content).toBe(texts.interaction.answerFollowsDirectly);
    await clock.advance(10 * minuteMs);
    expect(aborted).toBe(false);
    finish({ content: "done at last" });
    await ended();
    expect(late).toEqual([{ personId, answer: { content: "done at last" }, reason: "tookTooLong" }]);
  });

  it("is cut short by a sentence in time when direct messages are switched off", async () => {
    await start(false);
    const { interaction, ended } = await use();
    await clock.advance(14 * minuteMs + 1000);
    await ended();
    expect(aborted).toBe(true);
    expect(interaction.report()).toMatchObject({ saw: "answered", visible: [{ content: "it took too long" }] });
  });
});
