import { Client, type Interaction } from "discord.js";
import type { APIInteractionResponse } from "discord-api-types/v10";
import {
  createInteractionLayer,
  createRestLane,
  DiscordClock,
  type InteractionEvent,
  type InteractionLane,
  type InteractionLayer,
  type InteractionLayerOptions,
  type InteractionTarget,
} from "../../../src/interactions/index.ts";
import { texts } from "../../../src/presentation/texts.ts";
import type { InteractionFaults, SandboxDiscord, SandboxInteraction } from "../../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../../src/sandbox/discord/index.ts";
import type { Use } from "../../support/virtual-bot.ts";
import type { VirtualClock } from "../../support/virtual-clock.ts";

/** An interaction whose event came to a process that is gone, and is to come again. */
export interface Passed {
  readonly seen: SandboxInteraction;
  readonly target: InteractionTarget;
  /** From its creation until now, ms. */
  age(): number;
}

/** A Discord whose events come to a process that does with them what a test says, and again to the layer after it. */
export interface Succession {
  readonly discord: SandboxDiscord;
  /** What the process before it sends with. */
  readonly lane: InteractionLane;
  /** Requests that the layer made itself. */
  readonly requests: string[];
  readonly events: InteractionEvent[];
  readonly direct: string[];
  /** Of everything that happens from now on, nothing is from before the layer. */
  begin(
    options: Pick<InteractionLayerOptions, "commands" | "components" | "store"> & Partial<InteractionLayerOptions>,
  ): InteractionLayer;
  /** Somebody uses something; resolves when its event has come once. */
  use(what: Use, againAfterMs: number, faults?: InteractionFaults): Promise<Passed>;
  /** The event comes to the layer; resolves when that is done with it, and with `inBetween` when it waits for something. */
  comesAgain(passed: Passed, againAfterMs: number, inBetween?: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export async function startSuccession(clock: VirtualClock): Promise<Succession> {
  const discord = await startSandboxDiscord({ clock, heartbeatIntervalMs: 24 * 60 * 60_000 });
  const client = new Client({ intents: [], rest: { api: discord.apiUrl } });
  const discordClock = new DiscordClock(clock);
  discordClock.sampleDate(new Date(clock.now()).toUTCString(), clock.now(), clock.now());
  const lane = createRestLane({ apiUrl: discord.apiUrl, sampleDate: () => {} });
  const requests: string[] = [];
  const counting =
    <Args extends readonly unknown[], Result>(name: string, send: (...args: Args) => Result) =>
    (...args: Args): Result => {
      requests.push(name);
      return send(...args);
    };
  const counted: InteractionLane = {
    callback: counting("callback", lane.callback),
    probe: counting("probe", lane.probe),
    editOriginal: counting("edit", lane.editOriginal),
    followUp: counting("followUp", lane.followUp),
    deleteOriginal: counting("delete", lane.deleteOriginal),
  };
  const events: InteractionEvent[] = [];
  const direct: string[] = [];
  let layer: InteractionLayer | undefined;
  const nextEvent = () => new Promise<Interaction>((resolve) => void client.once("interactionCreate", resolve));
  const ready = new Promise((resolve) => client.once("clientReady", resolve));
  await client.login(discord.botToken);
  await ready;
  return {
    ...{ discord, lane, requests, events, direct },
    begin(options) {
      layer = createInteractionLayer({
        ...{ clock, discordClock, lane: counted, maxAgeMs: 2500, callbackTimeoutMs: 2500 },
        explain: () => ({ content: "it failed" }),
        texts: texts.interaction,
        publish: (event) => void events.push(event),
        lateAnswers: {
          async deliver(_personId, { content }) {
            direct.push(content ?? "");
            return true;
          },
        },
        ...options,
      });
      return layer;
    },
    async use(what, againAfterMs, faults = {}) {
      const usedAtMs = clock.monotonic();
      const event = nextEvent();
      const input = { ...what, personId: discord.addPerson().id };
      const seen = discord.interact(input, { ...faults, duplicateAfterMs: againAfterMs });
      const { id, applicationId, token } = await event;
      return { seen, target: { id, applicationId, token }, age: () => clock.monotonic() - usedAtMs };
    },
    async comesAgain({ age }, againAfterMs, inBetween = async () => {}) {
      const event = nextEvent();
      await clock.advance(againAfterMs - age());
      const handled = layer?.handle(await event);
      await inBetween();
      await handled;
    },
    async stop() {
      await client.destroy();
      await lane.close();
      await discord.close();
    },
  };
}

/** How the process before it acknowledged. */
export const deferred = (ephemeral = true): APIInteractionResponse => ({
  type: 5,
  data: ephemeral ? { flags: 64 } : {},
});
