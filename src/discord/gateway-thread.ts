import { parentPort, workerData } from "node:worker_threads";
import { REST } from "@discordjs/rest";
import { type SessionInfo, WebSocketManager, WebSocketShardEvents } from "@discordjs/ws";
import { GatewayDispatchEvents } from "discord-api-types/v10";
import { z } from "zod";
import { systemClock } from "../clock.ts";
import { DiscordClock } from "../interactions/discord-clock.ts";
import { createRestLane } from "../interactions/rest-lane.ts";
import { StandIn } from "../interactions/stand-in.ts";
import { ClosingStrategy } from "./closing-strategy.ts";
import type { FromThread, ThreadData, ToThread } from "./gateway-messages.ts";
import { SharedDeadline } from "./shared-deadline.ts";

/**
 * The thread that holds the connections to the gateway when the stall guard is on: it goes on while the main thread stands
 * still. It has the shards of the library, under the same rules for their end, and whatever it needs of their sessions.
 */
const main = parentPort;
if (main === null) throw new Error("this is to be started as a thread of the bot");
const { manager: options, gatewayInformation, shardIds, guard }: ThreadData = workerData;
const tell = (message: FromThread): void => main.postMessage(message);

const clock = systemClock;
const discordClock = new DiscordClock(clock);
const deadline = new SharedDeadline(guard.mayActUntil);
const mayAct = (): boolean => !deadline.passed;
const lane = createRestLane({
  apiUrl: guard.apiUrl,
  sampleDate: (...sample) => discordClock.sampleDate(...sample),
  mayRequest: mayAct,
});
const standIn = new StandIn({
  ...{ clock, discordClock, lane, mayAct },
  ...{ modes: guard.modes, maxAgeMs: guard.maxAgeMs, callbackTimeoutMs: guard.callbackTimeoutMs },
  onEnded: (id, acknowledged) => tell({ kind: "acknowledged", id, acknowledged }),
});

const sessions = new Map<number, SessionInfo>();
const asking = new Map<number, (refused: boolean) => void>();
let asks = 0;

const manager = new WebSocketManager({
  ...options,
  // Asked for nothing: what it would fetch is given.
  rest: new REST(),
  shardIds: [...shardIds],
  // Once another process may lead, the session is that one's: a shard that cannot learn of it does nothing more.
  retrieveSessionInfo: (shardId) => (mayAct() ? (sessions.get(shardId) ?? null) : new Promise(() => {})),
  // Told before the event is, as the library does it, and the main thread hears both in that order.
  updateSessionInfo(shardId, info) {
    if (info === null) sessions.delete(shardId);
    else sessions.set(shardId, info);
    tell({ kind: "session", shardId, info });
  },
  // The one thing that waits for the main thread: what a session costs is counted there. None is started while it stalls.
  buildIdentifyThrottler: () => ({ waitForIdentify }),
});
manager.fetchGatewayInformation = async () => gatewayInformation;
const shards = new ClosingStrategy(manager);

const toldOf = Object.values(WebSocketShardEvents).filter((event) => event !== WebSocketShardEvents.Debug);
for (const event of toldOf) manager.on(event, (payload: unknown) => tellEvent(event, payload));

const interaction = z.object({
  data: z.object({ t: z.literal(GatewayDispatchEvents.InteractionCreate), d: z.looseObject({ id: z.string() }) }),
});

function tellEvent(event: WebSocketShardEvents, payload: unknown): void {
  const d = event === WebSocketShardEvents.Dispatch ? interaction.safeParse(payload).data?.data.d : undefined;
  const turn = d && standIn.watch(d);
  tell({ kind: "event", event, payload, ...(d && turn && { offer: { id: d.id, turn } }) });
}

function waitForIdentify(shardId: number, signal: AbortSignal): Promise<void> {
  asks += 1;
  const ask = asks;
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      asking.delete(ask);
      tell({ kind: "identifyNoMore", ask });
      reject(signal.reason);
    };
    signal.addEventListener("abort", giveUp, { once: true });
    asking.set(ask, (refused) => {
      asking.delete(ask);
      signal.removeEventListener("abort", giveUp);
      if (refused) reject(new Error("the main thread starts no session"));
      else resolve();
    });
    tell({ kind: "identify", shardId, ask });
  });
}

async function connect(found: readonly SessionInfo[]): Promise<void> {
  for (const info of found) sessions.set(info.shardId, info);
  try {
    await lane.start();
    await shards.spawn([...shardIds]);
    await shards.connect();
    tell({ kind: "connected" });
  } catch (error) {
    tell({ kind: "connected", error: error instanceof Error ? error : new Error(String(error)) });
  }
}

async function end(how: Extract<ToThread, { kind: "end" }>["options"]): Promise<void> {
  const closing = shards.destroy(how);
  await shards.quiet();
  tell({ kind: "quiet" });
  await Promise.all([closing, standIn.idle()]);
  await lane.close();
  tell({ kind: "ended" });
}

main.on("message", (message: ToThread) => {
  switch (message.kind) {
    case "connect":
      void connect(message.sessions);
      break;
    case "mayIdentify":
      asking.get(message.ask)?.(message.refused);
      break;
    case "send":
      void shards.send(message.shardId, message.payload);
      break;
    case "end":
      void end(message.options);
  }
});
