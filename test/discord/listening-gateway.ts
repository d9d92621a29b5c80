import type { Interaction } from "discord.js";
import {
  createGateway,
  type Gateway,
  type GatewayClosedError,
  type GatewayOptions,
} from "../../src/discord/gateway.ts";
import type { SandboxDiscord } from "../../src/sandbox/discord/api.ts";

export interface ListeningGateway {
  readonly gateway: Gateway;
  /** `up`, or `down: reason`, in order. */
  readonly told: readonly string[];
  readonly interactions: readonly Interaction[];
  readonly closedForGood: readonly GatewayClosedError[];
  /** How often it said that a session went on. */
  readonly resumed: () => number;
  /** Resolves when the predicate holds, which is asked whenever something was told. */
  until(holds: () => boolean): Promise<void>;
}

/** A gateway of the bot's, with everything it told, in order. */
export function createListeningGateway(
  discord: SandboxDiscord,
  settings: Partial<Omit<GatewayOptions, `on${string}`>> = {},
): ListeningGateway {
  const told: string[] = [];
  const interactions: Interaction[] = [];
  const closedForGood: GatewayClosedError[] = [];
  let resumed = 0;
  const waiting = new Set<() => void>();
  const changed = () => {
    for (const check of waiting) check();
  };
  const gateway = createGateway({
    apiUrl: discord.apiUrl,
    token: discord.botToken,
    applicationId: discord.applicationId,
    sampleDate: () => {},
    ...settings,
    onInteraction: (interaction) => {
      interactions.push(interaction);
      changed();
    },
    onState: (state, reason) => {
      told.push(reason === undefined ? state : `${state}: ${reason}`);
      changed();
    },
    onResumed: () => {
      resumed += 1;
      changed();
    },
    onClosedForGood: (error) => {
      closedForGood.push(error);
      changed();
    },
    onWarning: () => {},
  });
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!holds()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return { gateway, told, interactions, closedForGood, resumed: () => resumed, until };
}
