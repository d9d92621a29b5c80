import { Client } from "discord.js";
import {
  createInteractionLayer,
  createRestLane,
  DiscordClock,
  type InteractionEvent,
  type InteractionLayer,
  type InteractionLayerOptions,
} from "../../src/interactions/index.ts";
import { texts } from "../../src/presentation/texts.ts";
import type {
  InteractionFaults,
  InteractionInput,
  SandboxDiscord,
  SandboxInteraction,
} from "../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";
import { VirtualClock } from "./virtual-clock.ts";

const hourMs = 60 * 60_000;

/** An interaction that reached the layer. */
export interface Handled {
  readonly seen: SandboxInteraction;
  readonly personId: string;
  /** Resolves when the layer is done with it. */
  readonly ended: Promise<void>;
}

type WithoutPerson<T> = T extends unknown ? Omit<T, "personId"> : never;

/** What somebody does, whoever it is. */
export type Use = WithoutPerson<InteractionInput>;

export interface VirtualBot {
  readonly clock: VirtualClock;
  readonly discord: SandboxDiscord;
  readonly discordClock: DiscordClock;
  readonly layer: InteractionLayer;
  readonly events: readonly InteractionEvent[];
  /** Somebody uses a command, by its name, or something else; resolves when its event has come. */
  use(what: string | Use, faults?: InteractionFaults): Promise<Handled>;
  /** Resolves when the layer is done with the next event that comes by itself. */
  again(): Promise<void>;
  /** How the interaction ended, as often as it did. */
  outcomes(id: string): readonly string[];
  stop(): Promise<void>;
}

export interface VirtualBotOptions extends Partial<Omit<InteractionLayerOptions, "clock" | "commands">> {
  readonly commands: InteractionLayerOptions["commands"];
  readonly clock?: VirtualClock;
}

/** The layer under an unmodified discord.js client and a sandbox Discord, all on one virtual clock. */
export async function startVirtualBot(options: VirtualBotOptions): Promise<VirtualBot> {
  const { clock = new VirtualClock() } = options;
  const discord = await startSandboxDiscord({ clock, heartbeatIntervalMs: 24 * hourMs });
  const client = new Client({ intents: [], rest: { api: discord.apiUrl } });
  const { discordClock = new DiscordClock(clock) } = options;
  const lane = createRestLane({ apiUrl: discord.apiUrl, sampleDate: () => {} });
  const events: InteractionEvent[] = [];
  const layer = createInteractionLayer({
    clock,
    discordClock,
    lane,
    explain: () => ({ content: "it failed" }),
    texts: texts.interaction,
    publish: (event) => void events.push(event),
    maxAgeMs: 2500,
    callbackTimeoutMs: 2500,
    ...options,
  });
  const ready = new Promise((resolve) => client.once("clientReady", resolve));
  await client.login(discord.botToken);
  await ready;
  const again = (): Promise<void> =>
    new Promise((resolve) => {
      client.once("interactionCreate", (interaction) => resolve(layer.handle(interaction)));
    });
  return {
    clock,
    discord,
    discordClock,
    layer,
    again,
    events,
    async use(what, faults) {
      const personId = discord.addPerson().id;
      const ended = again();
      const arrived = new Promise((resolve) => client.once("interactionCreate", resolve));
      const use: Use = typeof what === "string" ? { kind: "command", name: what } : what;
      const seen = discord.interact({ ...use, personId }, faults);
      await clock.advance(faults?.deliverAfterMs ?? 0);
      await arrived;
      return { seen, personId, ended };
    },
    outcomes: (id) =>
      events.flatMap((event) =>
        event.kind === "interactionFinished" && event.interactionId === id ? [event.outcome] : [],
      ),
    async stop() {
      await client.destroy();
      await lane.close();
      await discord.close();
    },
  };
}
