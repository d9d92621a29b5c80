import { Redis } from "ioredis";
import type { Clock } from "../clock.ts";
import { type BackoffRange, backoffMs } from "./backoff.ts";
import { disconnect } from "./disconnect.ts";
import type { PublishNotificationEvent } from "./events.ts";
import { notificationChannel } from "./keys.ts";

export interface SubscriberOptions {
  readonly redisUrl: string;
  readonly clock: Clock;
  readonly publish: PublishNotificationEvent;
  /** Called with each message as it was published, and the channel it came by. */
  readonly onMessage: (text: string, channel: string) => void;
  /** By default the one of notifications alone. */
  readonly channels?: readonly string[];
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  readonly backoff?: BackoffRange;
  /** How often a silent connection is asked whether it is still there, ms. */
  readonly pingIntervalMs?: number;
  /** How long Redis may take to answer before the connection counts as dead, ms. */
  readonly answerTimeoutMs?: number;
}

export type SubscriberState = "up" | "down";

export interface Subscriber {
  /** `up` while Redis has confirmed the subscription. What is published while it is `down` is lost (`backend-contract.md` 3). */
  readonly state: SubscriberState;
  onStateChange(listener: (state: SubscriberState) => void): () => void;
  /** Begins, and returns at once: Redis may come up whenever it likes. */
  start(): void;
  stop(): Promise<void>;
}

/**
 * Listens on the channels of the backend, reconnecting for ever. Nothing of Redis reaches the process as an exception:
 * its troubles are events.
 */
export function createSubscriber(options: SubscriberOptions): Subscriber {
  const { clock, publish, onMessage, channels = [notificationChannel], random = Math.random } = options;
  const backoff = options.backoff ?? { firstMs: 100, maxMs: 5_000 };
  const pingIntervalMs = options.pingIntervalMs ?? 15_000;
  const listeners = new Set<(state: SubscriberState) => void>();
  let state: SubscriberState | undefined;
  let trouble: string | undefined;
  let failures = 0;
  let stopPinging = () => {};

  const client = new Redis(options.redisUrl, {
    lazyConnect: true,
    // Subscribing, repeating and giving up are done here, so that `up` is only said when Redis has confirmed it.
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: null,
    commandTimeout: options.answerTimeoutMs ?? 5_000,
    connectionName: "signalguard-notifications",
    // Counted until a subscription succeeds: a Redis that accepts connections and refuses the rest is not hammered.
    retryStrategy: () => {
      failures += 1;
      return backoffMs(failures, backoff, random);
    },
  });

  const change = (next: SubscriberState, reason: string | undefined) => {
    if (state === next) return;
    state = next;
    publish({ kind: "subscriberState", state: next, reason });
    for (const listener of [...listeners]) guard(() => listener(next));
  };

  /** What is called from within the connection must not break it. */
  const guard = (task: () => void) => {
    try {
      task();
    } catch (error) {
      publish({ kind: "intakeFailed", error });
    }
  };

  const subscribe = async () => {
    try {
      await client.subscribe(...channels);
      failures = 0;
      trouble = undefined;
      change("up", undefined);
      schedulePing();
    } catch (error) {
      reconnect(error);
    }
  };

  /** A peer that vanished without a word leaves a connection that is silent for ever, and a subscriber expects silence. */
  const schedulePing = () => {
    stopPinging = clock.schedule(pingIntervalMs, () => void client.ping().then(schedulePing, reconnect));
  };

  const reconnect = (error: unknown) => {
    trouble = redisReason(error);
    if (client.status !== "ready") return;
    change("down", trouble);
    client.disconnect(true);
  };

  client.on("ready", () => void subscribe());
  client.on("error", (error: unknown) => {
    trouble = redisReason(error);
  });
  client.on("close", () => {
    stopPinging();
    change("down", trouble ?? "connection closed");
  });
  client.on("message", (channel: string, text: string) => guard(() => onMessage(text, channel)));

  return {
    get state() {
      return state ?? "down";
    },
    onStateChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start() {
      // A first connection that fails is retried like any later one, and has been reported by then.
      client.connect().catch(() => {});
    },
    async stop() {
      stopPinging();
      trouble = "stopped";
      await disconnect(client, clock);
    },
  };
}

/** A short, stable word for what Redis threw: a system code, or the first word of an error. Messages can repeat what was sent. */
export function redisReason(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  if ("code" in error && typeof error.code === "string") return error.code;
  if (error.message === "Command timed out") return "no answer";
  if (error.message === "Connection is closed.") return "connection closed";
  return /^[A-Z]{3,}\b/.exec(error.message)?.[0] ?? "unknown";
}
