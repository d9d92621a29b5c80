import type { Clock } from "../clock.ts";
import { backoffMs } from "./backoff.ts";
import {
  failureOf,
  type Halt,
  isMessageGone,
  judge,
  type Refusal,
  refusalWords,
  tookNoEffect,
} from "./delivery-end.ts";
import type { DirectChannels } from "./direct-channels.ts";
import type { DeferReason, PublishNotificationEvent } from "./events.ts";
import { notificationNonce } from "./identity.ts";
import { type DeliveryLane, type DirectMessage, LaneError, type LaneFailure } from "./lane.ts";
import type { Done, Sending, SendingState, Shown, ShownMessage, WaitingItem } from "./person-records.ts";
import type { PersonTurns } from "./person-turns.ts";
import type { RuleStore } from "./rule-store.ts";
import { compose, type MessageView, messageKey, settlementOf, viewOf } from "./settlement.ts";

/** What one attempt came to. */
export type AttemptResult =
  /** The message stands at Discord. `moreWaits`: not all of the person's notifications were in it; else the turn is over. */
  | { readonly kind: "settled"; readonly ended: ReadonlyMap<string, Done>; readonly moreWaits: boolean }
  /** Things are not as they were: look again what there is to do. */
  | { readonly kind: "changed" }
  | Later;

/** Nothing more can be done now. */
export type Later =
  /** Nothing failed; ms since the epoch. */
  | { readonly kind: "wait"; readonly untilMs: number; readonly reason: DeferReason }
  /** An attempt failed. After `waitMs`, or the next back-off when Discord did not say. */
  | { readonly kind: "retry"; readonly waitMs: number | undefined; readonly reason: LaneFailure["kind"] };

export interface MessageAttemptsOptions {
  readonly turns: PersonTurns;
  readonly channels: DirectChannels;
  readonly lane: DeliveryLane;
  readonly rules: Pick<RuleStore, "stop">;
  readonly render: (view: MessageView) => DirectMessage;
  /** Stops all deliveries, everywhere. */
  readonly halt: (reason: Halt) => Promise<void>;
  readonly clock: Clock;
  readonly publish: PublishNotificationEvent;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Between two new messages to one person, ms. */
  readonly intervalMs: number;
}

/** One turn of one person's. */
export interface Visit {
  readonly personId: string;
  readonly token: string;
  readonly signal: AbortSignal;
  /** What the person sees now. */
  shown: readonly Shown[];
  /** The channel was found to be gone in this visit, and forgotten. */
  reopened: boolean;
}

/** Between attempts at a message whose fate is not known. */
const backoff = { firstMs: 500, maxMs: 60_000 };

/** When everything stands still, jobs do not come back before; those of a halted queue wait for its release anyway, ms. */
export const haltedMs = 5_000;

/** One message to one person: begins it, sends it, finds it again, and settles what became of it. */
export class MessageAttempts {
  readonly #options: MessageAttemptsOptions;

  constructor(options: MessageAttemptsOptions) {
    this.#options = options;
  }

  async send(visit: Visit, items: readonly WaitingItem[]): Promise<AttemptResult> {
    const channel = await this.#channel(visit, items);
    if (channel.kind !== "known") return channel;
    const id = messageKey(visit.personId, items);
    return this.#begin(visit, { id, items, state: this.#firstState(channel.channelId) });
  }

  async edit(visit: Visit, { previous: _, channelId, ...edits }: ShownMessage, items: readonly WaitingItem[]) {
    const id = messageKey(visit.personId, items);
    return this.#begin(visit, { id, items, state: { ...this.#firstState(channelId), edits } });
  }

  async repeat(visit: Visit, sending: Sending): Promise<AttemptResult> {
    const { id, state } = sending;
    const next = { ...state, attempts: state.attempts + 1, lastTriedAtMs: this.#options.clock.now(), notBeforeMs: 0 };
    const noted = await this.#options.turns.note(visit.personId, id, next);
    return noted ? this.#transmit(visit, { ...sending, state: next }) : { kind: "changed" };
  }

  /** Looks for a message that may have been sent, by its key in the buttons. */
  async search(visit: Visit, sending: Sending): Promise<AttemptResult> {
    const { lane, turns, clock } = this.#options;
    const { id, state } = sending;
    try {
      const recent = await lane.recentMessages(state.channelId, visit.signal);
      const found = recent.find(({ customIds }) => customIds.some((customId) => customId.split(":").includes(id)));
      if (found !== undefined) return await this.#settle(visit, sending, found.messageId, state.firstTriedAtMs);
    } catch (error) {
      const failure = failureOf(error);
      // Discord knows nothing of the channel, or shows it no more: whatever was there is not there now.
      const verdict = judge(failure);
      if (verdict.kind === "halt") return this.#halted(verdict.halt);
      if (verdict.kind === "retry") {
        const looked = { ...state, attempts: state.attempts + 1 };
        return this.#postpone(visit, { ...sending, state: looked }, failure, verdict.waitMs);
      }
      if (verdict.kind === "staleChannel") await this.#options.channels.forget(visit.personId, state.channelId);
    }
    await turns.putBack(visit.personId, id, clock.now());
    return { kind: "changed" };
  }

  #firstState(channelId: string): SendingState {
    const nowMs = this.#options.clock.now();
    return { channelId, attempts: 1, firstTriedAtMs: nowMs, lastTriedAtMs: nowMs, notBeforeMs: 0 };
  }

  async #begin(visit: Visit, sending: Sending): Promise<AttemptResult> {
    const begun = await this.#options.turns.begin(visit.personId, visit.token, sending);
    return begun ? this.#transmit(visit, sending) : { kind: "changed" };
  }

  async #transmit(visit: Visit, sending: Sending): Promise<AttemptResult> {
    const message = this.#render(visit, sending);
    if (message === undefined) return this.#fail(visit, sending, "cardFailed");
    let messageId: string;
    try {
      messageId = await this.#request(visit, sending, message);
    } catch (error) {
      return this.#failed(visit, sending, failureOf(error));
    }
    return this.#settle(visit, sending, messageId, this.#options.clock.now());
  }

  async #request({ personId, signal }: Visit, { id, state }: Sending, message: DirectMessage): Promise<string> {
    const { lane } = this.#options;
    const allowed_mentions = { parse: [] };
    const { channelId, edits } = state;
    if (edits !== undefined) {
      await lane.editMessage(channelId, edits.messageId, { ...message, allowed_mentions }, signal);
      return edits.messageId;
    }
    const nonce = notificationNonce(id, personId);
    const sent = await lane.sendMessage(
      channelId,
      { ...message, nonce, enforce_nonce: true, allowed_mentions },
      signal,
    );
    return sent.messageId;
  }

  #render({ personId, shown }: Visit, sending: Sending): DirectMessage | undefined {
    try {
      return this.#options.render(viewOf(sending, compose(sending, shown)));
    } catch (error) {
      this.#options.publish({
        kind: "cardFailed",
        personId,
        identity: sending.items[0]?.identity ?? sending.id,
        error,
      });
      return undefined;
    }
  }

  async #settle(visit: Visit, sending: Sending, messageId: string, sentAtMs: number): Promise<AttemptResult> {
    const { turns, clock, intervalMs } = this.#options;
    const { personId, token, shown } = visit;
    const nowMs = clock.now();
    const about = { messageId, sentAtMs, nowMs, intervalMs };
    const settlement = settlementOf(sending, compose(sending, shown), about);
    const moreWaits = await turns.settle(personId, token, sending.id, settlement, nowMs);
    const ended = new Map(settlement.ended.map(({ shown: { item }, done }) => [item.identity, done]));
    return { kind: "settled", ended, moreWaits };
  }

  async #failed(visit: Visit, sending: Sending, failure: LaneFailure): Promise<AttemptResult> {
    const { personId } = visit;
    const { turns, channels, clock } = this.#options;
    const verdict = judge(failure);
    const { edits, channelId, attempts } = sending.state;
    /** Whether it is sure that the message does not stand at Discord. */
    const sure = attempts === 1 && tookNoEffect(failure);
    const putBack = (waitMs?: number) => turns.putBack(personId, sending.id, clock.now(), { waitMs });
    switch (verdict.kind) {
      case "end":
        if (edits !== undefined && verdict.end.kind === "refused" && isMessageGone(verdict.end)) {
          return this.#editAnew(visit, sending);
        }
        return this.#refused(visit, sending.id, verdict.end);
      case "staleChannel":
        if (visit.reopened) return this.#refused(visit, sending.id, verdict.otherwise);
        visit.reopened = true;
        await channels.forget(personId, channelId);
        return this.#editAnew(visit, sending);
      case "halt":
        if (sure) await putBack();
        return this.#halted(verdict.halt);
      case "openingTooFast":
      case "retry": {
        // Whoever stops asks for nothing more, and the next process repeats it at once.
        if (visit.signal.aborted) return { kind: "retry", waitMs: 0, reason: failure.kind };
        const untilMs = verdict.kind === "retry" ? undefined : await channels.pauseOpenings();
        const waitMs = verdict.kind === "retry" ? verdict.waitMs : untilMs && untilMs - clock.now();
        if (!sure) return this.#postpone(visit, sending, failure, waitMs);
        await putBack(waitMs);
        return { kind: "retry", waitMs, reason: failure.kind };
      }
    }
  }

  /** What was in it waits again, and finds another message, or none, to stand in. */
  async #editAnew({ personId, shown }: Visit, { id, state }: Sending): Promise<AttemptResult> {
    const gone = shown.filter(({ message }) => message.messageId === state.edits?.messageId);
    await this.#options.turns.putBack(personId, id, this.#options.clock.now(), { gone });
    return { kind: "changed" };
  }

  /** Its fate is open, or its first attempt's is: it stays as it is, and nothing passes it. */
  async #postpone(
    { personId }: Visit,
    { id, state }: Sending,
    failure: LaneFailure,
    saidMs: number | undefined,
  ): Promise<Later> {
    const { turns, clock, random } = this.#options;
    const waitMs = saidMs ?? backoffMs(state.attempts, backoff, random);
    await turns.note(personId, id, { ...state, notBeforeMs: clock.now() + waitMs });
    return { kind: "retry", waitMs, reason: failure.kind };
  }

  async #halted(reason: Halt): Promise<Later> {
    await this.#options.halt(reason);
    return { kind: "wait", untilMs: this.#options.clock.now() + haltedMs, reason: "halted" };
  }

  async #refused({ personId }: Visit, id: string | undefined, end: Refusal): Promise<{ readonly kind: "changed" }> {
    const { rules, turns, clock } = this.#options;
    const nowMs = clock.now();
    if (end.kind === "closed") await rules.stop(personId, end.code, nowMs);
    await turns.fail(personId, { id, everything: end.kind !== "refused", done: deadLetter(refusalWords(end), nowMs) });
    return { kind: "changed" };
  }

  async #fail({ personId }: Visit, { id }: Sending, reason: string): Promise<AttemptResult> {
    const done = deadLetter(reason, this.#options.clock.now());
    await this.#options.turns.fail(personId, { id, everything: false, done });
    return { kind: "changed" };
  }

  /** The person's channel; nothing is on its way yet, so that whatever goes wrong, all of it still waits in the box. */
  async #channel(
    visit: Visit,
    items: readonly WaitingItem[],
  ): Promise<{ readonly kind: "known"; readonly channelId: string } | { readonly kind: "changed" } | Later> {
    try {
      const channel = await this.#options.channels.channelOf(visit.personId, "queue");
      return channel.kind === "known" ? channel : { kind: "wait", untilMs: channel.untilMs, reason: "opening" };
    } catch (error) {
      if (!(error instanceof LaneError)) throw error;
      return this.#notOpened(visit, items, error.failure);
    }
  }

  async #notOpened(
    visit: Visit,
    items: readonly WaitingItem[],
    failure: LaneFailure,
  ): Promise<{ readonly kind: "changed" } | Later> {
    const { channels, clock, turns } = this.#options;
    const verdict = judge(failure);
    switch (verdict.kind) {
      case "end":
      case "staleChannel": {
        const end = verdict.kind === "end" ? verdict.end : verdict.otherwise;
        if (end.kind !== "refused") return this.#refused(visit, undefined, end);
        const done = deadLetter(refusalWords(end), clock.now());
        const ended = items.map((item) => ({ item, done }));
        await turns.endUnsent(visit.personId, ended);
        return { kind: "changed" };
      }
      case "openingTooFast":
        return { kind: "wait", untilMs: await channels.pauseOpenings(), reason: "opening" };
      case "halt":
        return this.#halted(verdict.halt);
      case "retry":
        return { kind: "retry", waitMs: visit.signal.aborted ? 0 : verdict.waitMs, reason: failure.kind };
    }
  }
}

const deadLetter = (reason: string, atMs: number): Done => ({ end: "deadLetter", reason, attempts: 1, atMs });
