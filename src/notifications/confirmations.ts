import { type Clock, delay } from "../clock.ts";
import { type BackoffRange, backoffMs } from "./backoff.ts";
import { type DeliveryEnd, failureOf, type Halt, judge } from "./delivery-end.ts";
import type { DirectChannels } from "./direct-channels.ts";
import type { PublishNotificationEvent } from "./events.ts";
import { notificationNonce } from "./identity.ts";
import type { DeliveryLane, DirectMessage, OutgoingMessage } from "./lane.ts";
import { TimeBudget } from "./time-budget.ts";

export interface Confirmations {
  /**
   * Writes to one person at once, and gives up early, because they are waiting for the answer. The same `confirmationId`
   * means the same message (`discord-facts.md` 4.3). Never rejects.
   */
  confirm(
    personId: string,
    message: DirectMessage,
    confirmationId: string,
    signal?: AbortSignal,
  ): Promise<"sent" | "closed" | "failed">;
  /** Takes nothing new, leaves what is under way `graceMs` to end, and gives up the rest. */
  stop(graceMs: number): Promise<void>;
}

export interface ConfirmationsOptions {
  readonly lane: DeliveryLane;
  readonly channels: Pick<DirectChannels, "channelOf" | "forget" | "pauseOpenings">;
  readonly clock: Clock;
  readonly publish: PublishNotificationEvent;
  /** Whether nothing may be sent now. */
  readonly halted: () => boolean;
  /** Stops all deliveries, everywhere. */
  readonly halt: (reason: Halt) => Promise<void>;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /** The person is looking at "thinking…", ms. */
  readonly giveUpAfterMs?: number;
  readonly backoff?: BackoffRange;
}

/** Direct messages that answer what somebody just did, past the queue and its rules: they asked for it. */
export function createConfirmations(options: ConfirmationsOptions): Confirmations {
  const { lane, channels, clock, publish, halted, halt, random = Math.random } = options;
  const { giveUpAfterMs = 8_000, backoff = { firstMs: 500, maxMs: 30_000 } } = options;
  const underWay = new Set<TimeBudget>();
  const idleListeners: (() => void)[] = [];
  let stopping = false;

  async function run(personId: string, message: OutgoingMessage, budget: TimeBudget): Promise<DeliveryEnd> {
    let reopened = false;
    for (let attempt = 1; ; attempt += 1) {
      let channelId: string | undefined;
      try {
        const channel = await budget.unlessGivenUp(channels.channelOf(personId, "person"));
        if (channel.kind === "notNow") return gaveUp;
        channelId = channel.channelId;
        const { messageId } = await budget.unlessGivenUp(lane.sendMessage(channelId, message, budget.signal));
        return { kind: "delivered", messageId, attempts: attempt };
      } catch (error) {
        if (budget.givenUp !== undefined) return { kind: "failed", reason: budget.givenUp };
        const failure = failureOf(error);
        const verdict = judge(failure);
        switch (verdict.kind) {
          case "end":
            return verdict.end;
          case "halt":
            await halt(verdict.halt);
            return { kind: "failed", reason: "halted" };
          case "openingTooFast":
            await channels.pauseOpenings();
            return gaveUp;
          case "staleChannel":
            if (reopened || channelId === undefined) return verdict.otherwise;
            await channels.forget(personId, channelId);
            reopened = true;
            break;
          case "retry": {
            const waitMs = verdict.waitMs ?? backoffMs(attempt, backoff, random);
            if (waitMs >= budget.remainingMs()) return gaveUp;
            publish({ kind: "deliveryRetried", personId, reason: failure.kind, attempt, waitMs });
            await delay(clock, waitMs, budget.signal);
            if (budget.givenUp !== undefined) return { kind: "failed", reason: budget.givenUp };
          }
        }
      }
    }
  }

  async function send(personId: string, message: OutgoingMessage, signal?: AbortSignal): Promise<DeliveryEnd> {
    if (stopping || halted()) return { kind: "failed", reason: stopping ? "stopping" : "halted" };
    const budget = new TimeBudget(clock, giveUpAfterMs, signal);
    underWay.add(budget);
    try {
      return await run(personId, message, budget);
    } catch {
      // Redis, in the middle of a failure of Discord's: the person gets their sentence all the same.
      return gaveUp;
    } finally {
      budget.close();
      underWay.delete(budget);
      if (underWay.size === 0) for (const resolve of idleListeners.splice(0)) resolve();
    }
  }

  return {
    async confirm(personId, message, confirmationId, signal) {
      const nonce = notificationNonce(`confirmation:${confirmationId}`, personId);
      const body = { ...message, nonce, enforce_nonce: true, allowed_mentions: { parse: [] } } as const;
      const end = await send(personId, body, signal);
      publish({ kind: "confirmationEnded", personId, end });
      if (end.kind === "delivered") return "sent";
      return end.kind === "closed" ? "closed" : "failed";
    },
    async stop(graceMs) {
      stopping = true;
      if (underWay.size === 0) return;
      const idle = new Promise<void>((resolve) => idleListeners.push(resolve));
      const cancel = clock.schedule(graceMs, () => {
        for (const budget of underWay) budget.giveUp("stopping");
      });
      await idle;
      cancel();
    },
  };
}

const gaveUp: DeliveryEnd = { kind: "failed", reason: "gaveUp" };
