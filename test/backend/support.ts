import { afterEach } from "vitest";
import type { Account, Asker, Backend } from "../../src/backend/backend.ts";
import { createBackend } from "../../src/backend/client.ts";
import type { BackendCallEvent, BackendEvent } from "../../src/backend/events.ts";
import { createMemoryPositionDetails, type PositionDetailsStore } from "../../src/backend/position-details.ts";
import type { SignalCache } from "../../src/backend/signal-cache.ts";
import {
  type SandboxBackend,
  type SandboxBackendOptions,
  startSandboxBackend,
} from "../../src/sandbox/backend/server.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";

/** Not 64 characters long: the right header for each path family has to be chosen. */
export const apiKey = "secret-of-the-discord-bot";
export const subscriptionsApiKey = "secret-of-the-subscriptions";
export const alice: Account = { discordId: "100000000000000001", discordUsername: "alice.b" };
export const timeoutMs = 30_000;
/** Of every call but that for a signal. */
export const plainTimeoutMs = 10_000;

const running: SandboxBackend[] = [];
afterEach(async () => {
  for (const sandbox of running.splice(0)) await sandbox.close();
});

export const noCache: SignalCache = { read: async () => undefined, write: () => {} };

/** The requests among what was told. */
export const calls = (events: readonly BackendEvent[]): BackendCallEvent[] =>
  events.filter((event) => event.kind === "backendCall");

/** What is fixed for a client that is not about it. */
export const plainOptions = {
  cache: noCache,
  ...{ signalFreshMs: 60_000, signalStaleMs: 300_000, personShare: 1 },
  random: () => 0,
};

export interface Bench {
  readonly sandbox: SandboxBackend;
  readonly backend: Backend;
  /** The client's clock; the sandbox's is the machine's. */
  readonly clock: VirtualClock;
  readonly events: readonly BackendEvent[];
  /** Another process against the same backend. */
  another(): Backend;
  /** What was asked so far, as `METHOD /path`. */
  asked(): string[];
}

/** A client against a sandbox backend over real HTTP. */
export async function setUp(
  options: SandboxBackendOptions = {},
  details?: PositionDetailsStore,
  cache?: SignalCache,
): Promise<Bench> {
  const apiKeys = { discordBot: apiKey, subscriptions: subscriptionsApiKey };
  const sandbox = await startSandboxBackend({ rateLimit: "off", apiKeys, ...options });
  running.push(sandbox);
  const clock = new VirtualClock();
  const events: BackendEvent[] = [];
  const another = () =>
    createBackend({
      url: sandbox.url,
      apiKey,
      subscriptionsApiKey,
      timeoutMs,
      clock,
      details: details ?? createMemoryPositionDetails(),
      ...plainOptions,
      ...(cache && { cache }),
      publish: (event) => events.push(event),
    });
  const asked = () => sandbox.requests.map(({ method, path }) => `${method} ${path.replace("/api/v1", "")}`);
  return { sandbox, backend: another(), clock, events, another, asked };
}

/** Longer than any pause before another attempt, and shorter than any deadline here, ms. */
const longestPauseMs = 2_000;

/** Waits for a call, and lets the pauses between its attempts pass; deadlines never come. */
export async function throughPauses<T>({ clock }: Pick<Bench, "clock">, call: Promise<T>): Promise<T> {
  let over = false;
  const ended = () => {
    over = true;
  };
  call.then(ended, ended);
  while (!over) {
    await settle();
    const { nextInMs } = clock;
    if (nextInMs !== undefined && nextInMs <= longestPauseMs) await clock.advance(nextInMs);
  }
  return call;
}

/** A person who never gives up. */
export const patient = (): Asker => askerWith(new AbortController().signal);

export const askerWith = (signal: AbortSignal): Asker => ({ signal, priority: "person" });
