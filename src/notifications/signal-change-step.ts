import type { Redis } from "ioredis";
import type { Clock } from "../clock.ts";
import { type Fence, runScript } from "../fence.ts";
import { signalChangeCard } from "../presentation/signal-change-card.ts";
import { type Halt, judge, refusalWords } from "./delivery-end.ts";
import type { StepOutcome } from "./delivery-step.ts";
import { haltedMs } from "./failed-attempts.ts";
import { notificationNonce } from "./identity.ts";
import { deadLetterRetentionMs } from "./jobs.ts";
import type { NotificationKeys } from "./keys.ts";
import { type DeliveryLane, LaneError, type LaneFailure, type OutgoingMessage } from "./lane.ts";
import { arrivedByMs, nonceSafeMs } from "./next-action.ts";
import type { Done } from "./person-records.ts";
import { announceScript } from "./scripts.ts";
import { messageKey } from "./settlement.ts";
import type { SignalChange } from "./signal-change.ts";
import { usefulUntilMs } from "./usefulness.ts";

export interface SignalChangeStepOptions {
  /** Where changes are announced; absent: nowhere. */
  readonly channelId: string | undefined;
  readonly lane: DeliveryLane;
  readonly redis: Redis;
  readonly fence?: Fence | undefined;
  readonly keys: Pick<NotificationKeys, "announcedAt">;
  readonly clock: Clock;
  /** Stops all deliveries, everywhere. */
  readonly halt: (reason: Halt) => Promise<void>;
}

export interface AcceptedChange {
  readonly identity: string;
  readonly change: SignalChange;
  /** ms since the epoch. */
  readonly receivedAtMs: number;
}

/**
 * Announces one change of a signal in the guild's channel. May be interrupted and repeated at any point, and is one message:
 * by its nonce, and when that may be forgotten, by its reference in the channel.
 */
export class SignalChangeStep {
  readonly #options: SignalChangeStepOptions;

  constructor(options: SignalChangeStepOptions) {
    this.#options = options;
  }

  /** @param signal aborted when the process stops */
  async run(accepted: AcceptedChange, signal: AbortSignal): Promise<StepOutcome> {
    const { channelId, clock } = this.#options;
    const nowMs = clock.now();
    if (channelId === undefined) return over({ end: "withheld", reason: "noChannel", attempts: 0, atMs: nowMs });
    const firstTriedAtMs = await this.#noteFirst(accepted.identity, nowMs);
    const key = messageKey(channelId, [accepted]);
    try {
      const unsure = firstTriedAtMs !== undefined && nowMs - firstTriedAtMs >= nonceSafeMs;
      if (unsure && (await this.#isThere(channelId, key, signal))) return over(delivered(nowMs));
      const usefulUntil = usefulUntilMs({ ...accepted.change, ...accepted, publishedAtMs: undefined });
      if ((unsure || firstTriedAtMs === undefined) && nowMs >= usefulUntil) {
        return over({ end: "withheld", reason: "outdated", attempts: 0, atMs: nowMs });
      }
      await this.#options.lane.sendMessage(channelId, messageOf(accepted.change, key, channelId), signal);
      return over(delivered(clock.now()));
    } catch (error) {
      if (!(error instanceof LaneError)) throw error;
      return this.#failed(error.failure, firstTriedAtMs ?? nowMs);
    }
  }

  /** When it was first sent; undefined when that is now. */
  async #noteFirst(identity: string, nowMs: number): Promise<number | undefined> {
    const { keys } = this.#options;
    const values = [nowMs, deadLetterRetentionMs];
    const first = await runScript(this.#options, announceScript, [keys.announcedAt(identity)], values);
    return first === "" ? undefined : Number(first);
  }

  async #isThere(channelId: string, key: string, signal: AbortSignal): Promise<boolean> {
    const recent = await this.#options.lane.recentMessages(channelId, signal);
    return recent.some(({ footers }) => footers.some((text) => text.includes(key)));
  }

  async #failed(failure: LaneFailure, firstTriedAtMs: number): Promise<StepOutcome> {
    const { clock, halt } = this.#options;
    const nowMs = clock.now();
    const verdict = judge(failure);
    switch (verdict.kind) {
      case "end":
      case "staleChannel": {
        const end = verdict.kind === "end" ? verdict.end : verdict.otherwise;
        return over({ end: "deadLetter", reason: refusalWords(end), attempts: 1, atMs: nowMs });
      }
      case "halt":
        await halt(verdict.halt);
        return { kind: "wait", untilMs: nowMs + haltedMs, reason: "halted" };
      case "openingTooFast":
      case "retry": {
        const saidMs = verdict.kind === "retry" ? verdict.waitMs : undefined;
        // The next attempt may have to look for what this one sent, and that has to be there by then.
        const mustArrive = nowMs - firstTriedAtMs + arrivedByMs >= nonceSafeMs;
        return {
          kind: "retry",
          waitMs: mustArrive ? Math.max(saidMs ?? 0, arrivedByMs) : saidMs,
          reason: failure.kind,
        };
      }
    }
  }
}

function messageOf({ signal, previous, subscribers }: SignalChange, deliveryKey: string, channelId: string) {
  const { card, mentioned } = signalChangeCard({ signal, previous, subscribers, deliveryKey });
  return {
    ...card,
    nonce: notificationNonce(deliveryKey, channelId),
    enforce_nonce: true,
    allowed_mentions: { parse: [], users: mentioned },
  } satisfies OutgoingMessage;
}

const over = (done: Done): StepOutcome => ({ kind: "ended", done });
const delivered = (atMs: number): Done => ({ end: "delivered", attempts: 1, atMs });
