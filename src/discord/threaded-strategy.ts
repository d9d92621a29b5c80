import { Worker } from "node:worker_threads";
import type { IIdentifyThrottler, SessionInfo, WebSocketManager } from "@discordjs/ws";
import type { GatewaySendPayload } from "discord-api-types/v10";
import type { Modes } from "../interactions/modes.ts";
import type { OfferedTurns } from "../interactions/stall-guard.ts";
import type { EndOptions, FromThread, ThreadData, ToThread } from "./gateway-messages.ts";
import type { Shards } from "./shards.ts";
import type { SharedDeadline } from "./shared-deadline.ts";

/** The thread that holds the connections to Discord and acknowledges when this one stalls. */
export interface GuardThread {
  /** The program of the thread: `gateway-thread.js`, as the build makes it. */
  readonly program: URL;
  /** Told of every interaction before its event. */
  readonly turns: OfferedTurns;
  readonly modes: Modes;
  readonly maxAgeMs: number;
  readonly callbackTimeoutMs: number;
  /** Until when this process may act. */
  readonly mayActUntil: SharedDeadline;
  /** Called when the thread has died, and with it the connections. */
  readonly onDied: (error: Error) => void;
}

/** Runs the library's shards in a thread of their own, and emits here what happens there, in its order. */
export class ThreadedStrategy implements Shards {
  readonly #manager: WebSocketManager;
  readonly #guard: GuardThread & { readonly apiUrl: string };
  readonly #identifying = new Map<number, AbortController>();
  #throttler: Promise<IIdentifyThrottler> | undefined;
  #thread: Worker | undefined;
  #connected: (error: Error | undefined) => void = () => {};
  #isQuiet: () => void = () => {};
  #hasEnded: () => void = () => {};
  #quiet: Promise<void> = Promise.resolve();

  constructor(manager: WebSocketManager, guard: GuardThread & { readonly apiUrl: string }) {
    this.#manager = manager;
    this.#guard = guard;
  }

  async spawn(shardIds: number[]): Promise<void> {
    const manager = this.#manager;
    const { program, turns, modes, maxAgeMs, callbackTimeoutMs, mayActUntil, apiUrl, onDied } = this.#guard;
    // What is a function stays here.
    const { rest, buildStrategy, buildIdentifyThrottler, retrieveSessionInfo, updateSessionInfo, ...options } =
      manager.options;
    const data: ThreadData = {
      manager: { ...options, shardCount: await manager.getShardCount() },
      gatewayInformation: await manager.fetchGatewayInformation(),
      shardIds,
      guard: { apiUrl, modes, maxAgeMs, callbackTimeoutMs, mayActUntil: mayActUntil.memory },
    };
    // What a program was started with is not meant for its threads.
    const thread = new Worker(program, { name: "gateway", workerData: data, execArgv: [] });
    this.#thread = thread;
    thread.on("message", (message: FromThread) => this.#take(message));
    thread.on("error", (error) => {
      turns.lost();
      this.#connected(error);
      onDied(error);
    });
    thread.on("exit", () => {
      // There is nobody left who could be asked to end.
      if (this.#thread === thread) this.#thread = undefined;
      turns.lost();
      this.#isQuiet();
      this.#hasEnded();
    });
  }

  async connect(): Promise<void> {
    const { options } = this.#manager;
    const shardIds = await this.#manager.getShardIds();
    const found = await Promise.all(shardIds.map((shardId) => options.retrieveSessionInfo(shardId)));
    const sessions = found.filter((info): info is SessionInfo => info !== null && info !== undefined);
    await new Promise<void>((resolve, reject) => {
      this.#connected = (error) => (error === undefined ? resolve() : reject(error));
      this.#tell({ kind: "connect", sessions });
    });
  }

  async destroy(options?: EndOptions): Promise<void> {
    const thread = this.#thread;
    if (thread === undefined) return;
    this.#thread = undefined;
    this.#quiet = new Promise((resolve) => {
      this.#isQuiet = resolve;
    });
    const ended = new Promise<void>((resolve) => {
      this.#hasEnded = resolve;
    });
    for (const abort of this.#identifying.values()) abort.abort();
    const message: ToThread = { kind: "end", options };
    thread.postMessage(message);
    await ended;
    await thread.terminate();
  }

  quiet(): Promise<void> {
    return this.#quiet;
  }

  async send(shardId: number, payload: GatewaySendPayload): Promise<void> {
    this.#tell({ kind: "send", shardId, payload });
  }

  /** Nobody asks; and who did would have to be told what was so a moment ago. */
  fetchStatus(): never {
    throw new Error("the state of the shards is known to their thread only");
  }

  #tell(message: ToThread): void {
    this.#thread?.postMessage(message);
  }

  #take(message: FromThread): void {
    const manager = this.#manager;
    switch (message.kind) {
      case "session":
        void manager.options.updateSessionInfo(message.shardId, message.info);
        break;
      case "event": {
        const { event, payload, offer } = message;
        if (offer !== undefined) this.#guard.turns.offered(offer.id, offer.turn);
        // Of the library's types, only those of one event at a time would fit.
        Reflect.apply(manager.emit, manager, [event, payload]);
        break;
      }
      case "acknowledged":
        this.#guard.turns.ended(message.id, message.acknowledged);
        break;
      case "identify":
        void this.#identify(message.shardId, message.ask);
        break;
      case "identifyNoMore":
        this.#identifying.get(message.ask)?.abort();
        break;
      case "connected":
        this.#connected(message.error);
        break;
      case "quiet":
        this.#isQuiet();
        break;
      case "ended":
        this.#hasEnded();
    }
  }

  async #identify(shardId: number, ask: number): Promise<void> {
    const abort = new AbortController();
    this.#identifying.set(ask, abort);
    let refused = false;
    try {
      this.#throttler ??= Promise.resolve(this.#manager.options.buildIdentifyThrottler(this.#manager));
      await (await this.#throttler).waitForIdentify(shardId, abort.signal);
    } catch {
      // The library's shard asks again.
      refused = true;
    }
    this.#identifying.delete(ask);
    this.#tell({ kind: "mayIdentify", ask, refused });
  }
}
