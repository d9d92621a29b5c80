import type { SessionInfo, WebSocketManager, WebSocketManagerOptions, WebSocketShardEvents } from "@discordjs/ws";
import type { APIGatewayBotInfo, GatewaySendPayload } from "discord-api-types/v10";
import type { Modes } from "../interactions/modes.ts";
import type { GuardedAcknowledgement } from "../interactions/stall-guard.ts";
import type { Turn } from "../interactions/turn.ts";

/** What the thread is started with. */
export interface ThreadData {
  readonly manager: Omit<WebSocketManagerOptions, Untellable | "shardCount"> & { readonly shardCount: number };
  readonly gatewayInformation: APIGatewayBotInfo;
  readonly shardIds: readonly number[];
  readonly guard: {
    /** Without version. */
    readonly apiUrl: string;
    readonly modes: Modes;
    readonly maxAgeMs: number;
    readonly callbackTimeoutMs: number;
    /** Of a `SharedDeadline`: until when this process may act. */
    readonly mayActUntil: SharedArrayBuffer;
  };
}

/** Those of the library's options that are functions, or hold some. */
type Untellable = Extract<
  keyof WebSocketManagerOptions,
  "rest" | `build${string}` | "retrieveSessionInfo" | "updateSessionInfo"
>;

export type EndOptions = Parameters<WebSocketManager["destroy"]>[0];

/** From the main thread. */
export type ToThread =
  /** With the sessions to go on with. */
  | { readonly kind: "connect"; readonly sessions: readonly SessionInfo[] }
  | { readonly kind: "mayIdentify"; readonly ask: number; readonly refused: boolean }
  | { readonly kind: "send"; readonly shardId: number; readonly payload: GatewaySendPayload }
  | { readonly kind: "end"; readonly options: EndOptions };

/** To the main thread: it is told of what happened in its order, and asked about nothing but the start of a session. */
export type FromThread =
  | { readonly kind: "session"; readonly shardId: number; readonly info: SessionInfo | null }
  | {
      readonly kind: "event";
      readonly event: WebSocketShardEvents;
      readonly payload: unknown;
      /** Of an interaction that is watched. */
      readonly offer?: { readonly id: string; readonly turn: Turn };
    }
  | { readonly kind: "acknowledged"; readonly id: string; readonly acknowledged: GuardedAcknowledgement }
  | { readonly kind: "identify"; readonly shardId: number; readonly ask: number }
  /** Nobody waits for this answer any more. */
  | { readonly kind: "identifyNoMore"; readonly ask: number }
  | { readonly kind: "connected"; readonly error?: Error }
  /** After `end`: nothing is received any more. */
  | { readonly kind: "quiet" }
  /** Every connection is closed, and every acknowledgement has been told of. */
  | { readonly kind: "ended" };
