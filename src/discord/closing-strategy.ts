import { EventEmitter } from "node:events";
import { SimpleShardingStrategy, type WebSocketManager } from "@discordjs/ws";
import { z } from "zod";
import type { Shards } from "./shards.ts";

/** What is used of a connection of the library's, which is a `WebSocket` of `ws`. */
interface Connection extends EventEmitter {
  readonly readyState: number;
  terminate(): void;
}

const connecting = 0;

const isConnecting = (value: unknown): value is Connection =>
  value instanceof EventEmitter && "readyState" in value && value.readyState === connecting && "terminate" in value;

/** The library keeps its shards and their connections to itself; should they look different one day, none is found. */
const shardsOfLibrary = z.map(z.number(), z.object({ connection: z.unknown() }));

/**
 * The library's own way to run shards, with an end that is one. Left alone, it lets go of a connection in the middle of
 * its handshake without closing it or listening to it any more, so that it opens later for nobody or fails as an
 * uncaught exception; and a shard that pauses before it connects again does so after the end.
 */
export class ClosingStrategy extends SimpleShardingStrategy implements Shards {
  #ended = false;

  constructor(manager: WebSocketManager) {
    super(manager);
    const { options } = manager;
    const { retrieveSessionInfo } = options;
    // The first thing a shard asks for when it connects: after the end it waits for it for ever.
    options.retrieveSessionInfo = (shardId) => (this.#ended ? new Promise(() => {}) : retrieveSessionInfo(shardId));
  }

  override async spawn(shardIds: number[]): Promise<void> {
    this.#ended = false;
    await super.spawn(shardIds);
  }

  override async destroy(options?: Parameters<SimpleShardingStrategy["destroy"]>[0]): Promise<void> {
    this.#ended = true;
    const shards = shardsOfLibrary.safeParse(Reflect.get(this, "shards")).data ?? new Map();
    const unfinished = [...shards.values()].map(({ connection }) => connection).filter(isConnecting);
    await super.destroy(options);
    for (const connection of unfinished) {
      connection.on("error", () => {});
      connection.terminate();
    }
  }

  quiet(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
}
