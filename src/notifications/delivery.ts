import pLimit from "p-limit";
import type { Clock } from "../clock.ts";
import { delay } from "../clock.ts";
import { type BackoffRange, backoffMs } from "./backoff.ts";
import { type DeliveryEnd, type Halt, judge } from "./delivery-end.ts";
import { DirectChannels } from "./direct-channels.ts";
import type { PublishNotificationEvent } from "./events.ts";
import { notificationNonce } from "./identity.ts";
import { type DeliveryLane, type DirectMessage, LaneError, type LaneFailure, type OutgoingMessage } from "./lane.ts";
import { TimeBudget } from "./time-budget.ts";

export interface Delivery {
  /**
   * Sends one message to one person, trying again while that can help. Never rejects. Repeating a call with the same
   * identity within minutes shows the person one message, not two (`discord-facts.md` 4.3).
   */
  deliver(personId: string, identity: string, message: DirectMessage): Promise<DeliveryEnd>;
  /** The message a person gets on subscribing: at once, and given up early, because they are waiting for the answer. */
  confirm(
    personId: string,
    message: DirectMessage,
    confirmationId: string,
    signal?: AbortSignal,
  ): Promise<"sent" | "closed" | "failed">;
  /** Deliveries that have not ended yet. */
  readonly underWay: number;
  /** Why nothing is sent any more; absent while all is well. */
  readonly halted: Halt | undefined;
  /** Takes nothing new, leaves what is under way `graceMs` to end, and gives up the rest. */
  stop(graceMs: number): Promise<void>;
}

export interface DeliveryOptions {
  readonly lane: DeliveryLane;
  readonly clock: Clock;
  readonly publish: PublishNotificationEvent;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /**
   * From the first attempt until a delivery is given up. After a lost response only the nonce keeps a repeat from being a
   * second message, and Discord remembers it for the "past few minutes" (`discord-facts.md` 4.3): hence two.
   */
  readonly giveUpAfterMs?: number;
  /** The same for a confirmation, whose person is looking at "thinking…". */
  readonly giveUpConfirmationAfterMs?: number;
  readonly backoff?: BackoffRange;
  /** How many people's channels are remembered. */
  readonly maxKnownChannels?: number;
}

/**
 * Deliveries under way at once. Those behind wait here, where waiting costs nothing and does not count towards giving up,
 * and not in the lane, whose waiters all wake together every second (`discord-facts.md` 2.4).
 */
const mostAtOnce = 50;

/** Direct messages over a {@link DeliveryLane}: one message per identity, every end named. */
export function createDelivery(options: DeliveryOptions): Delivery {
  const { lane, clock, publish, random = Math.random } = options;
  const giveUpAfterMs = options.giveUpAfterMs ?? 120_000;
  const giveUpConfirmationAfterMs = options.giveUpConfirmationAfterMs ?? 8_000;
  const backoff = options.backoff ?? { firstMs: 500, maxMs: 30_000 };
  const channels = new DirectChannels(lane, options.maxKnownChannels ?? 50_000);
  const underWay = new Set<TimeBudget>();
  let ended: "stopping" | Halt | undefined;
  const idleListeners: (() => void)[] = [];
  const slots = pLimit(mostAtOnce);

  const idle = () => new Promise<void>((resolve) => idleListeners.push(resolve));

  /** From here on nothing is sent, and whatever waits or is on its way ends as failed for this reason. */
  const end = (reason: "stopping" | Halt) => {
    ended ??= reason;
    for (const budget of underWay) budget.giveUp(reason);
    channels.close();
  };

  const halt = (reason: Halt) => {
    if (ended !== undefined) return;
    publish({ kind: "deliveriesHalted", reason });
    end(reason);
  };

  async function run(personId: string, message: OutgoingMessage, budget: TimeBudget): Promise<DeliveryEnd> {
    let reopened = false;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const channelId = await budget.unlessGivenUp(channels.open(personId));
        const sending = lane.sendMessage(channelId, message, budget.signal);
        const { messageId } = await budget.unlessGivenUp(sending);
        return { kind: "delivered", messageId, attempts: attempt };
      } catch (error) {
        if (budget.givenUp !== undefined) return { kind: "failed", reason: budget.givenUp };
        const failure = failureOf(error);
        const verdict = judge(failure);
        switch (verdict.kind) {
          case "end":
            return verdict.end;
          case "halt":
            halt(verdict.halt);
            return { kind: "failed", reason: verdict.halt };
          case "staleChannel":
            channels.forget(personId);
            if (reopened) return verdict.otherwise;
            reopened = true;
            break;
          case "retry": {
            const waitMs = verdict.waitMs ?? backoffMs(attempt, backoff, random);
            if (waitMs >= budget.remainingMs()) return { kind: "failed", reason: "gaveUp" };
            publish({ kind: "deliveryRetried", personId, reason: failure.kind, attempt, waitMs });
            await delay(clock, waitMs, budget.signal);
            if (budget.givenUp !== undefined) return { kind: "failed", reason: budget.givenUp };
          }
        }
      }
    }
  }

  async function send(
    personId: string,
    identity: string,
    message: DirectMessage,
    withinMs: number,
    signal?: AbortSignal,
  ): Promise<DeliveryEnd> {
    if (ended !== undefined) return { kind: "failed", reason: ended };
    const budget = new TimeBudget(clock, withinMs, signal);
    underWay.add(budget);
    try {
      return await run(personId, outgoing(personId, identity, message), budget);
    } finally {
      budget.close();
      underWay.delete(budget);
      if (underWay.size === 0) for (const resolve of idleListeners.splice(0)) resolve();
    }
  }

  return {
    deliver: (personId, identity, message) => slots(() => send(personId, identity, message, giveUpAfterMs)),
    async confirm(personId, message, confirmationId, signal) {
      const identity = `confirmation:${confirmationId}`;
      const result = await send(personId, identity, message, giveUpConfirmationAfterMs, signal);
      publish({ kind: "confirmationEnded", personId, end: result });
      if (result.kind === "delivered") return "sent";
      return result.kind === "closed" ? "closed" : "failed";
    },
    get underWay() {
      return underWay.size;
    },
    get halted() {
      return ended === "stopping" ? undefined : ended;
    },
    async stop(graceMs) {
      ended ??= "stopping";
      if (underWay.size === 0) return;
      const cancel = clock.schedule(graceMs, () => end("stopping"));
      await idle();
      cancel();
    },
  };
}

const outgoing = (personId: string, identity: string, message: DirectMessage): OutgoingMessage => ({
  ...message,
  nonce: notificationNonce(identity, personId),
  enforce_nonce: true,
  allowed_mentions: { parse: [] },
});

/** A lane that throws something of its own has told nothing about the request's fate. */
const failureOf = (error: unknown): LaneFailure => (error instanceof LaneError ? error.failure : { kind: "network" });
