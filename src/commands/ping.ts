import type { RESTPostAPIChatInputApplicationCommandsJSONBody } from "discord-api-types/v10";
import { type Asker, type Backend, BackendError, type BackendState } from "../backend/backend.ts";
import { pingCard } from "../presentation/ping-card.ts";
import { askerOf, type PlainCommand, whereUsable } from "./plain-command.ts";

/** What only the process knows about its own connections. */
export interface Connections {
  /** Between a heartbeat and its acknowledgement; absent or negative before the first. */
  readonly gatewayLatencyMs?: number | undefined;
  readonly redis: "up" | "down";
}

export const pingDefinition: RESTPostAPIChatInputApplicationCommandsJSONBody = {
  name: "ping",
  description: "Whether the bot and what it needs are there, and how fast",
  ...whereUsable,
};

export function createPingCommand({
  backend,
  connections,
}: {
  readonly backend: Backend;
  readonly connections: () => Connections;
}): PlainCommand {
  return {
    definition: pingDefinition,
    visibility: "private",
    effect: "reads",

    async execute(request) {
      // Worth nothing that somebody else could be answered with.
      const asker = askerOf(request, "refresh");
      return pingCard({ ...request.timing, ...connections(), backend: await stateOf(backend, asker) });
    },
  };
}

/** Nothing when even that could not be learned: the rest of the answer is worth having just then. */
async function stateOf(backend: Backend, asker: Asker): Promise<BackendState | undefined> {
  try {
    return await backend.probe(asker);
  } catch (error) {
    if (error instanceof BackendError) return undefined;
    throw error;
  }
}
