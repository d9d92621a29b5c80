import { type Clock, delay } from "../clock.ts";
import type { RedisAddress } from "../queue-connection.ts";
import type { Acceptance } from "./acceptance.ts";
import { type BackoffRange, backoffMs } from "./backoff.ts";
import type { PublishNotificationEvent } from "./events.ts";
import { readEntry, type StreamEntry } from "./stream-entries.ts";
import { createStreamReader, type StreamReader } from "./stream-reader.ts";
import { redisReason } from "./subscriber.ts";

export interface StreamConsumerOptions {
  readonly redis: RedisAddress;
  /** Names the bot token. */
  readonly fingerprint: string;
  /** Names this process among those that read the stream; what one of this name left open is taken up at the start. */
  readonly consumer: string;
  readonly acceptance: Pick<Acceptance, "accept">;
  readonly clock: Clock;
  readonly publish: PublishNotificationEvent;
  readonly backoff?: BackoffRange;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /** How often what others left open is looked for, ms. */
  readonly claimEveryMs?: number;
  /** How long an entry may be with another before it counts as left open, ms. */
  readonly claimAfterMs?: number;
  /** How long a consumer without open entries may be silent before it is forgotten, ms. */
  readonly forgetConsumerAfterMs?: number;
  /** How long Redis may take to answer before the connection counts as dead, ms. */
  readonly answerTimeoutMs?: number;
}

export interface StreamConsumer {
  /** Begins, and returns at once: Redis may come up whenever it likes. */
  start(): void;
  /** Resolves when what was read is accepted and acknowledged, or left to the next start. */
  stop(): Promise<void>;
}

/** Entries that every bot has accepted are kept in the stream so long, for whoever wants to look at them, ms. */
const keptMs = 24 * 60 * 60_000;

/**
 * Reads the stream of notifications as one of a group. An entry is acknowledged when it is accepted, and not before: whatever
 * happens in between, it is read again, by this process or another, and the queue recognises it.
 */
export function createStreamConsumer(options: StreamConsumerOptions): StreamConsumer {
  const { redis, fingerprint, consumer, acceptance, clock, publish, random = Math.random } = options;
  const backoff = options.backoff ?? { firstMs: 100, maxMs: 5000 };
  const claimEveryMs = options.claimEveryMs ?? 5000;
  // Accepting takes milliseconds. To claim from somebody who lives does no harm: the queue takes it once.
  const claimAfterMs = options.claimAfterMs ?? 15_000;
  const forgetConsumerAfterMs = options.forgetConsumerAfterMs ?? 60 * 60_000;
  const answerTimeoutMs = options.answerTimeoutMs ?? 5000;
  const stopping = new AbortController();
  const stopped = stopping.signal;
  let running: Promise<void> | undefined;
  let failures = 0;
  let state: "up" | "down" | undefined;

  const change = (next: "up" | "down", reason: string | undefined): void => {
    if (next === state) return;
    state = next;
    publish({ kind: "streamState", state, reason });
  };

  const run = async (): Promise<void> => {
    while (!stopped.aborted) {
      const maxWaitMs = claimEveryMs;
      const reader = createStreamReader({ redis, fingerprint, consumer, clock, answerTimeoutMs, maxWaitMs });
      try {
        await consume(reader);
      } catch (error) {
        if (stopped.aborted) break;
        change("down", reader.trouble ?? redisReason(error));
        failures += 1;
      } finally {
        await reader.close();
      }
      if (!stopped.aborted) await delay(clock, backoffMs(failures, backoff, random), stopped);
    }
    change("down", "stopped");
  };

  const consume = async (reader: StreamReader): Promise<void> => {
    await unlessStopped(reader.open());
    await takeUpOwn(reader);
    failures = 0;
    change("up", undefined);
    for (let claimAtMs = clock.monotonic(); !stopped.aborted; ) {
      if (clock.monotonic() >= claimAtMs) {
        await claim(reader);
        await reader.sweep(forgetConsumerAfterMs, clock.now() - keptMs);
        claimAtMs = clock.monotonic() + claimEveryMs;
      }
      await take(reader, await unlessStopped(reader.readNew(claimAtMs - clock.monotonic())));
    }
  };

  const takeUpOwn = async (reader: StreamReader): Promise<void> => {
    for (let after = "0"; !stopped.aborted; ) {
      const entries = await reader.readOwn(after);
      const last = entries.at(-1);
      if (last === undefined) return;
      await take(reader, entries);
      after = last.id;
    }
  };

  const claim = async (reader: StreamReader): Promise<void> => {
    for (let start = "0-0"; !stopped.aborted; ) {
      const { next, entries } = await reader.claim(claimAfterMs, start);
      if (entries.length > 0) publish({ kind: "entriesClaimed", count: entries.length });
      await take(reader, entries);
      if (next === "0-0") return;
      start = next;
    }
  };

  const take = async (reader: StreamReader, entries: readonly StreamEntry[]): Promise<void> => {
    if (entries.length === 0) return;
    const nowMs = clock.now();
    await acceptance.accept(entries.map((entry) => readEntry(entry, nowMs)).filter((each) => each !== undefined));
    await reader.acknowledge(entries);
  };

  /** What is waited for may be long in coming, and is of no use at a stop. */
  const unlessStopped = <T>(work: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const giveUp = () => reject(new Error("stopped"));
      if (stopped.aborted) giveUp();
      stopped.addEventListener("abort", giveUp, { once: true });
      work.then(resolve, reject).finally(() => stopped.removeEventListener("abort", giveUp));
    });

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
