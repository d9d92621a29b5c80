import type { Interaction } from "discord.js";
import { createGateway } from "../../src/discord/gateway.ts";
import { createManagementRest } from "../../src/discord/management-rest.ts";
import { deploy } from "../../src/discord/registration.ts";
import type { InteractionTarget } from "../../src/interactions/index.ts";
import type { InteractionFaults, SandboxDiscord, SandboxInteraction } from "../../src/sandbox/discord/api.ts";

/** An interaction as it reached this process: what to answer with, and what the person sees of it. */
export interface Arrived {
  readonly target: InteractionTarget;
  readonly seen: SandboxInteraction;
}

export interface Arrivals {
  /** Somebody uses `/ping`; resolves when its event came over the gateway. */
  next(faults?: InteractionFaults): Promise<Arrived>;
  stop(): Promise<void>;
}

/** Connects to a sandbox Discord as the bot does, so that real tokens of real interactions are at hand. */
export async function listenForArrivals(discord: SandboxDiscord): Promise<Arrivals> {
  const settings = { apiUrl: discord.apiUrl, sampleDate: () => {} };
  const scope = { applicationId: discord.applicationId, guildId: discord.guildId };
  await deploy(createManagementRest(settings, discord.botToken), scope, [{ name: "ping", description: "Here?" }]);
  const waiting = new Map<string, (interaction: Interaction) => void>();
  const gateway = createGateway({
    ...settings,
    token: discord.botToken,
    applicationId: discord.applicationId,
    onInteraction: (interaction) => waiting.get(interaction.id)?.(interaction),
    onState: () => {},
    onClosedForGood: () => {},
    onWarning: () => {},
  });
  await gateway.connect();
  const person = discord.addPerson();
  return {
    async next(faults) {
      const seen = discord.interact({ kind: "command", name: "ping", personId: person.id }, faults);
      const { id, applicationId, token } = await new Promise<Interaction>((resolve) => waiting.set(seen.id, resolve));
      return { target: { id, applicationId, token }, seen };
    },
    stop: () => gateway.close(),
  };
}
