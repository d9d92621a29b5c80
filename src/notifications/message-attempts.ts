import type { Clock } from "../clock.ts";
import type { AttemptResult, Changed, Later, Visit } from "./attempt.ts";
import { failureOf } from "./delivery-end.ts";
import type { DirectChannels } from "./direct-channels.ts";
import type { PublishNotificationEvent } from "./events.ts";
import type { FailedAttempts } from "./failed-attempts.ts";
import { notificationNonce } from "./identity.ts";
import { type DeliveryLane, type DirectMessage, LaneError, type RecentMessage } from "./lane.ts";
import type { Sending, SendingState, ShownMessage, WaitingItem } from "./person-records.ts";
import type { PersonTurns } from "./person-turns.ts";
import { compose, type MessageView, messageKey, settlementOf, viewOf } from "./settlement.ts";

export interface MessageAttemptsOptions {
  readonly turns: PersonTurns;
  readonly channels: Pick<DirectChannels, "channelOf">;
  readonly lane: DeliveryLane;
  readonly failed: FailedAttempts;
  readonly render: (view: MessageView) => DirectMessage;
  readonly clock: Clock;
  readonly publish: PublishNotificationEvent;
  /** Between two new messages to one person, ms. */
  readonly intervalMs: number;
}

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
    const { lane, failed, turns, clock } = this.#options;
    const { id, state } = sending;
    let recent: readonly RecentMessage[];
    try {
      recent = await lane.recentMessages(state.channelId, visit.signal);
    } catch (error) {
      return failed.notSearched(visit, sending, failureOf(error));
    }
    const found = recent.find(({ customIds }) => customIds.some((customId) => customId.split(":").includes(id)));
    if (found !== undefined) return this.#settle(visit, sending, found.messageId, state.firstTriedAtMs);
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
    const { failed, clock } = this.#options;
    const message = this.#render(visit, sending);
    if (message === undefined) return failed.notRendered(visit, sending);
    let messageId: string;
    try {
      messageId = await this.#request(visit, sending, message);
    } catch (error) {
      return failed.notSent(visit, sending, failureOf(error));
    }
    return this.#settle(visit, sending, messageId, clock.now());
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

  async #channel(
    visit: Visit,
    items: readonly WaitingItem[],
  ): Promise<{ readonly kind: "known"; readonly channelId: string } | Changed | Later> {
    const { channels, failed } = this.#options;
    try {
      const channel = await channels.channelOf(visit.personId, "queue");
      return channel.kind === "known" ? channel : { kind: "wait", untilMs: channel.untilMs, reason: "opening" };
    } catch (error) {
      if (!(error instanceof LaneError)) throw error;
      return failed.notOpened(visit, items, error.failure);
    }
  }
}
