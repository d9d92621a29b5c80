import {
  CloseCodes,
  type IShardingStrategy,
  type SessionInfo,
  type WebSocketManager,
  WebSocketShardEvents,
} from "@discordjs/ws";
import {
  GatewayDispatchEvents,
  GatewayOpcodes,
  type GatewayReadyDispatchData,
  type GatewaySendPayload,
} from "discord-api-types/v10";
import { type KeptSession, readyOf, welcomeOf } from "./kept-session.ts";
import type { SessionStore } from "./session-store.ts";
import type { Shards } from "./shards.ts";

/**
 * Goes on with the sessions of the process before, and leaves its own to the next one. Left alone, the library keeps a
 * session in memory, and ends it at Discord with its own end.
 */
export class ResumingStrategy implements IShardingStrategy {
  readonly #manager: WebSocketManager;
  readonly #shards: Shards;
  readonly #sessions: SessionStore;
  /** By shard, as the library has them. */
  readonly #current = new Map<number, SessionInfo>();
  /** By shard, what was taken over from the process before and has not been resumed yet. */
  readonly #found = new Map<number, KeptSession>();
  #welcomingBack = false;
  #ended = false;

  /** @param shards created before, with the same manager */
  constructor(manager: WebSocketManager, sessions: SessionStore, shards: Shards) {
    this.#manager = manager;
    this.#shards = shards;
    this.#sessions = sessions;
    const { options } = manager;
    const { updateSessionInfo } = options;
    options.updateSessionInfo = (shardId, info) => {
      // The library forgets a session whose connection it closes. At our end it is the next process's.
      if (info === null && this.#ended) return undefined;
      this.#take(shardId, info);
      return updateSessionInfo(shardId, info);
    };
    // Whether a session may be started is decided before each IDENTIFY. The library would refuse to resume one as well.
    const fetchGatewayInformation = manager.fetchGatewayInformation.bind(manager);
    manager.fetchGatewayInformation = async (force) => {
      const information = await fetchGatewayInformation(force);
      const { session_start_limit: limit, shards } = information;
      return { ...information, session_start_limit: { ...limit, remaining: Math.max(limit.remaining, shards) } };
    };
  }

  async connect(): Promise<void> {
    const manager = this.#manager;
    await this.#findSessions();
    // Only now, so that the library's own listeners are called first.
    manager.on(WebSocketShardEvents.Ready, ({ data, shardId }) => this.#welcomed(shardId, data));
    manager.on(WebSocketShardEvents.Resumed, ({ shardId }) => this.#welcomeBack(shardId));
    await this.#shards.connect();
  }

  async spawn(shardIds: number[]): Promise<void> {
    this.#ended = false;
    await this.#shards.spawn(shardIds);
  }

  async destroy(options: Parameters<WebSocketManager["destroy"]>[0] = {}): Promise<void> {
    this.#ended = true;
    // With the library's 1000 Discord would end the session; with any other code it keeps it (`discord-facts.md` 3.2).
    const closing = this.#shards.destroy({ ...options, code: CloseCodes.Resuming });
    // What has been emitted by then is all: this is where the next process goes on.
    await this.#shards.quiet();
    await this.#sessions.handOver();
    await closing;
  }

  async send(shardId: number, payload: GatewaySendPayload): Promise<void> {
    await this.#shards.send(shardId, payload);
  }

  fetchStatus(): ReturnType<IShardingStrategy["fetchStatus"]> {
    return this.#shards.fetchStatus();
  }

  async #findSessions(): Promise<void> {
    const { options } = this.#manager;
    const shardIds = await this.#manager.getShardIds();
    const shardCount = await this.#manager.getShardCount();
    const found = await Promise.all(shardIds.map((shardId) => this.#sessions.find(shardId)));
    for (const session of found) {
      if (session?.info.shardCount !== shardCount || session.intents !== options.intents) continue;
      const { info } = session;
      this.#sessions.keep(session);
      await options.updateSessionInfo(info.shardId, info);
      this.#found.set(info.shardId, session);
    }
  }

  /** Called before the event is emitted, in the same turn: what is kept is never behind what was emitted. */
  #take(shardId: number, info: SessionInfo | null): void {
    if (info === null) {
      this.#current.delete(shardId);
      this.#found.delete(shardId);
      this.#sessions.forget(shardId);
      return;
    }
    this.#current.set(shardId, info);
    this.#sessions.advance(info);
    this.#welcomeBack(shardId);
  }

  #welcomed(shardId: number, ready: GatewayReadyDispatchData): void {
    if (this.#welcomingBack) return;
    const info = this.#current.get(shardId);
    const welcome = welcomeOf(ready);
    const { intents } = this.#manager.options;
    if (info !== undefined && welcome !== undefined) this.#sessions.keep({ info, intents, welcome });
  }

  /**
   * Discord sends no READY for a session that is resumed, and discord.js holds everything back until each shard had one. It
   * gets it before the first event that comes again: by then Discord has accepted the session.
   */
  #welcomeBack(shardId: number): void {
    const manager = this.#manager;
    const session = this.#found.get(shardId);
    if (session === undefined) return;
    this.#found.delete(shardId);
    const d = readyOf(session);
    this.#welcomingBack = true;
    // Without guilds to wait for: none will be told of again.
    manager.emit(WebSocketShardEvents.Ready, { data: { ...d, guilds: [] }, shardId });
    this.#welcomingBack = false;
    const data = { op: GatewayOpcodes.Dispatch, t: GatewayDispatchEvents.Ready, s: session.info.sequence, d } as const;
    manager.emit(WebSocketShardEvents.Dispatch, { data, shardId });
  }
}
