import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { GatewayOptions } from "./discord/gateway.ts";
import { IdentifyGate } from "./discord/identify-gate.ts";
import { IdentifyHistory } from "./discord/identify-history.ts";
import { createManagementRest } from "./discord/management-rest.ts";
import { createSessionStore, type SessionStore } from "./discord/session-store.ts";
import type { RestSettings } from "./interactions/rest.ts";
import type { LifecycleEvent } from "./operations/events.ts";

export interface SessionsOptions {
  readonly config: Pick<Config, "sessions" | "instanceMode">;
  /** Names the bot token. */
  readonly fingerprint: string;
  readonly token: string;
  /** Names where no other process can run beside this one; undefined when that cannot be told. */
  readonly scope: string | undefined;
  readonly redis: Redis;
  readonly rest: RestSettings;
  readonly clock: Clock;
  readonly publish: (event: LifecycleEvent) => void;
  readonly onError: (operation: string, error: unknown) => void;
}

export interface Sessions {
  /** What the gateway needs to go on with the sessions of the process before. */
  readonly gateway: Pick<GatewayOptions, "sessions" | "beforeIdentify">;
  /**
   * Waits until the gateway may connect.
   *
   * @returns whether it may; false when `signal` was aborted first
   * @throws TokenRefusedError
   */
  awaitStart(signal: AbortSignal): Promise<boolean>;
  /** @param asked whether the process ends because it was asked to */
  stop(asked: boolean): Promise<void>;
}

/** Joins what the next process has to know of this one's sessions at Discord: how to go on with them, and what they cost. */
export function keepSessions(options: SessionsOptions): Sessions {
  const { config, fingerprint, token, scope, redis, rest, clock, publish, onError } = options;
  const gate = new IdentifyGate({
    rest: createManagementRest(rest, token),
    history: new IdentifyHistory({
      ...{ redis, fingerprint, clock },
      // Where several run, the start of another says nothing of how this one fared.
      countsStarts: config.instanceMode !== "off",
      onError: (error) => onError("history", error),
    }),
    reserve: config.sessions.identifyReserve,
    clock,
    onWait: ({ reason, waitMs }) => {
      const until = new Date(clock.now() + waitMs).toISOString();
      publish({ kind: "sessionStartDelayed", reason, waitMs, until });
    },
    onIdentify: () => publish({ kind: "gatewaySession", how: "identify" }),
  });
  const store =
    config.sessions.resume && scope !== undefined
      ? createSessionStore({
          redis,
          key: (shardId) => `signalguard:${fingerprint}:gateway:session:${place(scope, rest.apiUrl)}:${shardId}`,
          secret: token,
          clock,
          onError,
        })
      : undefined;
  const sessions = store === undefined ? undefined : trusted(store, gate);
  return {
    gateway: {
      ...(sessions === undefined ? {} : { sessions }),
      beforeIdentify: (shardId, signal) => gate.identify(shardId, signal),
    },
    awaitStart: (signal) =>
      gate.awaitStart(signal, async (shards) => {
        const found = await Promise.all(Array.from({ length: shards }, (_, shardId) => sessions?.find(shardId)));
        return found.filter((session) => session?.info.shardCount !== shards).length;
      }),
    stop: (asked) => gate.stop(asked),
  };
}

/** Sessions belong to one Discord, and to those who cannot run at the same time. */
const place = (scope: string, apiUrl: string): string =>
  createHash("sha256").update(`${scope} ${apiUrl}`).digest("hex").slice(0, 16);

/** The same store, which finds nothing when processes that went on with what they found died of it. */
function trusted(store: SessionStore, gate: IdentifyGate): SessionStore {
  let trusts: Promise<boolean> | undefined;
  return {
    ...store,
    async find(shardId) {
      trusts ??= gate.trustsSessions();
      return (await trusts) ? store.find(shardId) : undefined;
    },
  };
}
