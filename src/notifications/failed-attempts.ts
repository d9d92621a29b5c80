import type { Clock } from "../clock.ts";
import type { AttemptResult, Changed, Later, Visit } from "./attempt.ts";
import { backoffMs } from "./backoff.ts";
import { type Halt, isMessageGone, judge, type Refusal, refusalWords, tookNoEffect } from "./delivery-end.ts";
import type { DirectChannels } from "./direct-channels.ts";
import type { LaneFailure } from "./lane.ts";
import type { Done, Sending, WaitingItem } from "./person-records.ts";
import type { PersonTurns } from "./person-turns.ts";
import type { RuleStore } from "./rule-store.ts";

export interface FailedAttemptsOptions {
  readonly turns: PersonTurns;
  readonly channels: DirectChannels;
  readonly rules: Pick<RuleStore, "stop">;
  /** Stops all deliveries, everywhere. */
  readonly halt: (reason: Halt) => Promise<void>;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Between attempts at a message whose fate is not known. */
const backoff = { firstMs: 500, maxMs: 60_000 };

/** When everything stands still, jobs do not come back before; those of a halted queue wait for its release anyway, ms. */
export const haltedMs = 5_000;

/** What a failed attempt means for the message, for the person, and for everybody. */
export class FailedAttempts {
  readonly #options: FailedAttemptsOptions;

  constructor(options: FailedAttemptsOptions) {
    this.#options = options;
  }

  /** The message was sent, or the earlier one changed, and Discord did not say that it has it. */
  async notSent(visit: Visit, sending: Sending, failure: LaneFailure): Promise<AttemptResult> {
    const { personId } = visit;
    const { turns, channels, clock } = this.#options;
    const { edits, channelId, attempts } = sending.state;
    /** Whether it is sure that the message does not stand at Discord. */
    const sure = attempts === 1 && tookNoEffect(failure);
    const putBack = (waitMs?: number) => turns.putBack(personId, sending.id, clock.now(), { waitMs });
    const verdict = judge(failure);
    switch (verdict.kind) {
      case "end":
        if (edits !== undefined && verdict.end.kind === "refused" && isMessageGone(verdict.end)) {
          return this.#anew(visit, sending);
        }
        return this.#refuse(visit, sending, verdict.end);
      case "staleChannel":
        if (visit.reopened) return this.#refuse(visit, sending, verdict.otherwise);
        visit.reopened = true;
        await channels.forget(personId, channelId);
        return this.#anew(visit, sending);
      case "halt":
        if (sure) await putBack();
        return this.#halt(verdict.halt);
      case "openingTooFast":
      case "retry": {
        // Whoever stops asks for nothing more, and the next process repeats it at once.
        if (visit.signal.aborted) return { kind: "retry", waitMs: 0, reason: failure.kind };
        const waitMs = verdict.kind === "retry" ? verdict.waitMs : await this.#pauseOpenings();
        if (!sure) return this.#postpone(visit, sending, failure, waitMs);
        await putBack(waitMs);
        return { kind: "retry", waitMs, reason: failure.kind };
      }
    }
  }

  /** No channel could be opened: nothing is on its way yet, and all of it still waits in the box. */
  async notOpened(visit: Visit, items: readonly WaitingItem[], failure: LaneFailure): Promise<Changed | Later> {
    const { channels, clock, turns } = this.#options;
    const verdict = judge(failure);
    switch (verdict.kind) {
      case "end":
      case "staleChannel": {
        const end = verdict.kind === "end" ? verdict.end : verdict.otherwise;
        if (end.kind !== "refused") return this.#refuse(visit, undefined, end);
        const done = deadLetter(refusalWords(end), 1, clock.now());
        const ended = items.map((item) => ({ item, done }));
        await turns.endUnsent(visit.personId, ended);
        return changed;
      }
      case "openingTooFast":
        return { kind: "wait", untilMs: await channels.pauseOpenings(), reason: "opening" };
      case "halt":
        return this.#halt(verdict.halt);
      case "retry":
        return { kind: "retry", waitMs: visit.signal.aborted ? 0 : verdict.waitMs, reason: failure.kind };
    }
  }

  /** It could not be found out whether the message stands at Discord. */
  async notSearched(visit: Visit, { id, state, items }: Sending, failure: LaneFailure): Promise<Changed | Later> {
    const { turns, channels, clock } = this.#options;
    const verdict = judge(failure);
    switch (verdict.kind) {
      case "halt":
        return this.#halt(verdict.halt);
      case "openingTooFast":
      case "retry": {
        const looked = { ...state, attempts: state.attempts + 1 };
        const waitMs = verdict.kind === "retry" ? verdict.waitMs : undefined;
        return this.#postpone(visit, { id, items, state: looked }, failure, waitMs);
      }
      case "staleChannel":
        await channels.forget(visit.personId, state.channelId);
        break;
      case "end":
    }
    // Discord knows nothing of the channel, or shows it no more: whatever was there is not there now.
    await turns.putBack(visit.personId, id, clock.now());
    return changed;
  }

  /** Nothing can be made of what is in the message. */
  async notRendered({ personId }: Visit, { id, state }: Sending): Promise<Changed> {
    const done = deadLetter("cardFailed", state.attempts, this.#options.clock.now());
    await this.#options.turns.fail(personId, { id, everything: false, done });
    return changed;
  }

  /** What was in it waits again, and finds another message, or none, to stand in. */
  async #anew({ personId, shown }: Visit, { id, state }: Sending): Promise<Changed> {
    const gone = shown.filter(({ message }) => message.messageId === state.edits?.messageId);
    await this.#options.turns.putBack(personId, id, this.#options.clock.now(), { gone });
    return changed;
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

  async #pauseOpenings(): Promise<number> {
    const { channels, clock } = this.#options;
    return (await channels.pauseOpenings()) - clock.now();
  }

  async #halt(reason: Halt): Promise<Later> {
    await this.#options.halt(reason);
    return { kind: "wait", untilMs: this.#options.clock.now() + haltedMs, reason: "halted" };
  }

  /** The message, if there is one on its way; and whoever cannot be written to gets nothing else either. */
  async #refuse({ personId }: Visit, sending: Sending | undefined, end: Refusal): Promise<Changed> {
    const { rules, turns, clock } = this.#options;
    const nowMs = clock.now();
    if (end.kind === "closed") await rules.stop(personId, end.code, nowMs);
    const done = deadLetter(refusalWords(end), sending?.state.attempts ?? 1, nowMs);
    await turns.fail(personId, { id: sending?.id, everything: end.kind !== "refused", done });
    return changed;
  }
}

const changed: Changed = { kind: "changed" };

const deadLetter = (reason: string, attempts: number, atMs: number): Done => ({
  end: "deadLetter",
  reason,
  attempts,
  atMs,
});
