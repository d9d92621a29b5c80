import { setImmediate as nextTurn } from "node:timers/promises";
import { type Clock, delay } from "../clock.ts";
import { type Addition, addToQueue, type QueueToAddTo } from "./additions.ts";
import { type BackoffRange, backoffMs } from "./backoff.ts";
import type { PublishNotificationEvent } from "./events.ts";
import { type Candidate, examine, type Meant, type Received, receive } from "./reception.ts";
import { redisReason } from "./subscriber.ts";

export interface AcceptanceOptions {
  readonly queue: QueueToAddTo;
  readonly clock: Clock;
  readonly publish: PublishNotificationEvent;
  /** Whether there is a channel in which signal changes are announced. */
  readonly announcesChanges: boolean;
  readonly backoff?: BackoffRange;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /** How much that was published may wait for Redis; of more, the oldest is given up. */
  readonly maxWaiting?: { readonly count: number; readonly characters: number };
}

/** Takes what came from Redis into the durable queue. Accepted is what Redis said it has. */
export interface Acceptance {
  /** Takes one published message, which nobody can ask for again: it waits here until it is accepted. Never throws. */
  receive(text: string, meant: Meant, receivedAtMs?: number): void;
  /** Takes entries of the stream. Rejects when Redis did not say that it has them all: they are to be offered again. */
  accept(entries: readonly Received[]): Promise<void>;
  /** Published messages that are not accepted yet. */
  readonly waiting: number;
  /** Takes no published message more, and gives up, counted, those that are not accepted within this time. */
  stop(timeoutMs: number): Promise<void>;
}

export function createAcceptance(options: AcceptanceOptions): Acceptance {
  const { queue, clock, publish, announcesChanges, random = Math.random } = options;
  const backoff = options.backoff ?? { firstMs: 100, maxMs: 5000 };
  const limits = options.maxWaiting ?? { count: 20_000, characters: 64 * 1024 * 1024 };
  const impatience = new AbortController();
  const waiting: Received[] = [];
  let waitingCharacters = 0;
  let onItsWay: readonly Received[] = [];
  let pumping: Promise<void> | undefined;
  let state: "up" | "down" = "up";
  let ignoredBefore = false;
  let crowdedOut = 0;

  /** Whatever came while one batch was on its way is the next. */
  const pump = async (): Promise<void> => {
    while (waiting.length > 0 && !impatience.signal.aborted) {
      onItsWay = waiting.splice(0, maxBatch);
      for (const { text } of onItsWay) waitingCharacters -= text.length;
      const candidates = await examineAll(onItsWay);
      for (let failures = 0; onItsWay.length > 0 && !impatience.signal.aborted; ) {
        try {
          const additions = await add(candidates);
          // Otherwise they were given up, and told so, before Redis answered.
          if (!impatience.signal.aborted) for (const addition of additions) report(addition);
          onItsWay = [];
        } catch {
          failures += 1;
          await delay(clock, backoffMs(failures, backoff, random), impatience.signal);
        }
      }
    }
    pumping = undefined;
  };

  const add = async (candidates: readonly Candidate[]): Promise<readonly Addition[]> => {
    try {
      const additions = await addToQueue(queue, candidates);
      change("up", undefined);
      return additions;
    } catch (error) {
      change("down", queue.redis.status === "ready" ? redisReason(error) : "not connected");
      throw error;
    }
  };

  const change = (next: "up" | "down", reason: string | undefined): void => {
    if (next === state) return;
    state = next;
    publish({ kind: "acceptanceState", state, reason });
  };

  const report = ({ candidate: { received, personId, fault }, identity, added }: Addition): void => {
    if (received.way === "stream") publish({ kind: "notificationReceived", bytes: received.bytes, way: "stream" });
    if (!added) publish({ kind: "notificationDuplicate", personId, identity });
    else if (fault !== undefined) publish({ kind: "notificationMalformed", reason: fault.reason, path: fault.path });
    else publish({ kind: "notificationAccepted", personId, identity, way: received.way });
  };

  const makeRoom = (): void => {
    while (waiting.length > limits.count || (waitingCharacters > limits.characters && waiting.length > 1)) {
      waitingCharacters -= waiting.shift()?.text.length ?? 0;
      // Whatever crowds them out comes in crowds, and is told as one.
      if (crowdedOut === 0) clock.schedule(crowdedOutEveryMs, tellCrowdedOut);
      crowdedOut += 1;
    }
  };

  const tellCrowdedOut = (): void => {
    if (crowdedOut > 0) publish({ kind: "notificationsAbandoned", reason: "tooMany", count: crowdedOut });
    crowdedOut = 0;
  };

  return {
    receive(text, meant, receivedAtMs = clock.now()) {
      if (impatience.signal.aborted) return;
      const received = receive(text, { meant, way: "channel", receivedAtMs });
      publish({ kind: "notificationReceived", bytes: received.bytes, way: "channel" });
      if (meant === "signalChange" && !announcesChanges) {
        publish({ kind: "signalChangeIgnored", first: !ignoredBefore });
        ignoredBefore = true;
        return;
      }
      waiting.push(received);
      waitingCharacters += received.text.length;
      makeRoom();
      pumping ??= pump();
    },
    async accept(entries) {
      for (let start = 0; start < entries.length; start += maxBatch) {
        const batch = await examineAll(entries.slice(start, start + maxBatch));
        for (const addition of await add(batch)) report(addition);
      }
    },
    get waiting() {
      return waiting.length + onItsWay.length;
    },
    async stop(timeoutMs) {
      const inTime = new AbortController();
      await Promise.race([pumping, delay(clock, timeoutMs, inTime.signal)]);
      inTime.abort();
      tellCrowdedOut();
      const count = this.waiting;
      impatience.abort();
      waiting.length = 0;
      onItsWay = [];
      if (count > 0) publish({ kind: "notificationsAbandoned", reason: "stopping", count });
    },
  };
}

/** One pipeline to Redis; enough that the way there and back does not matter. */
const maxBatch = 100;

const crowdedOutEveryMs = 1000;

/** Each in a turn of the event loop of its own: a burst must not hold up an acknowledgement that arrives with it. */
async function examineAll(received: readonly Received[]): Promise<readonly Candidate[]> {
  const candidates: Candidate[] = [];
  for (const each of received) {
    if (candidates.length > 0) await nextTurn();
    candidates.push(examine(each));
  }
  return candidates;
}
