import { Client } from "discord.js";
import type { InteractionEvent, InteractionLayer, ProtectOptions } from "../../src/interactions/index.ts";
import { protect } from "../../src/interactions/index.ts";
import type { SandboxDiscord } from "../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";

export interface LibraryBot {
  readonly discord: SandboxDiscord;
  readonly client: Client;
  readonly layer: InteractionLayer;
  readonly events: readonly InteractionEvent[];
  /** Resolves with the first event, told already or to come, for which `predicate` holds. */
  told(predicate: (event: InteractionEvent) => boolean): Promise<InteractionEvent>;
  stop(): Promise<void>;
}

/** An unmodified discord.js client in this process with the safety layer before its commands, in a sandbox of its own. */
export async function startLibraryBot(options: ProtectOptions, sharedDiscord?: SandboxDiscord): Promise<LibraryBot> {
  const discord = sharedDiscord ?? (await startSandboxDiscord());
  const client = new Client({ intents: [], rest: { api: discord.apiUrl } });
  const events: InteractionEvent[] = [];
  const watchers = new Set<(event: InteractionEvent) => void>();
  const layer = protect(client, {
    ...options,
    onEvent: (event) => {
      events.push(event);
      for (const watch of watchers) watch(event);
    },
  });
  const ready = new Promise((resolve) => client.once("clientReady", resolve));
  await client.login(discord.botToken);
  await ready;
  return {
    discord,
    client,
    layer,
    events,
    told: (predicate) =>
      new Promise((resolve) => {
        const watch = (event: InteractionEvent): void => {
          if (!predicate(event)) return;
          watchers.delete(watch);
          resolve(event);
        };
        watchers.add(watch);
        for (const event of [...events]) watch(event);
      }),
    async stop() {
      await client.destroy();
      await layer.drain(2000);
      if (sharedDiscord === undefined) await discord.close();
    },
  };
}
