import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { AttemptResult, Later, Visit } from "./attempt.ts";
import { type Notification, parseNotification } from "./message.ts";
import type { MessageAttempts } from "./message-attempts.ts";
import { type EndReason, nextAction } from "./next-action.ts";
import type { Done, WaitingItem } from "./person-records.ts";
import type { Desk, PersonTurns, Standing } from "./person-turns.ts";
import type { RuleStore } from "./rule-store.ts";
import { type PersonRules, type Ruling, slotOf, type Timed } from "./rules.ts";

/** How far one notification has come: to its end, or to when it is worked on again. */
export type StepOutcome = { readonly kind: "ended"; readonly done: Done } | Later;

export interface DeliveryStepOptions {
  readonly turns: PersonTurns;
  readonly attempts: MessageAttempts;
  readonly rules: Pick<RuleStore, "read">;
  readonly judge: (rules: PersonRules, timed: Timed, nowMs: number) => Ruling;
  readonly clock: Clock;
  /** A message not older than this is changed instead of sending another, ms. 0 never changes one. */
  readonly editWithinMs: number;
  /** Signals that one message shows at most. */
  readonly mostItems: number;
}

/** One notification that was accepted. */
export interface AcceptedNotification {
  readonly identity: string;
  /** As published. */
  readonly payload: string;
  readonly notification: Notification;
}

/** Waits for a turn of another's: short at first, and longer the longer it is held, ms. */
const turnWait = { leastMs: 250, mostMs: 5_000 };

/**
 * Does for one notification what can be done now. Whoever comes first takes the person's turn and sends what the person may
 * have by then, others' notifications included; those find that they have ended when they come. May be interrupted and
 * repeated at any point, by any process. Rejects with what Redis answers.
 */
export class DeliveryStep {
  readonly #options: DeliveryStepOptions;

  constructor(options: DeliveryStepOptions) {
    this.#options = options;
  }

  /** @param signal aborted when the process stops */
  async run(accepted: AcceptedNotification, signal: AbortSignal): Promise<StepOutcome> {
    const { turns, rules } = this.#options;
    const { personId } = accepted.notification;
    const item = itemOf(accepted);
    const [own, standing] = await Promise.all([rules.read(personId), turns.look(personId, item)]);
    const entered = standing.kind === "waiting" ? await this.#enter(own, accepted.notification, item) : standing;
    if (entered.kind === "ended" || entered.kind === "wait") return entered;

    const token = randomUUID();
    const stopKeeping = this.#keepTurn(personId, token);
    try {
      return await this.#takeTurn({ personId, item, own, token, signal });
    } finally {
      stopKeeping();
    }
  }

  /** Whether the person's rules still say of it that it has to wait. */
  async stillWaits({ notification }: AcceptedNotification): Promise<boolean> {
    const own = await this.#options.rules.read(notification.personId);
    return this.#judge(own, notification).kind === "wait";
  }

  /** By the person's rules, into their box or not. */
  async #enter(own: PersonRules, notification: Notification, item: WaitingItem): Promise<Standing | Later> {
    const { turns, clock } = this.#options;
    const { personId } = notification;
    const nowMs = clock.now();
    const ruling = this.#judge(own, notification);
    if (ruling.kind === "withhold") {
      await turns.endUnsent(personId, [{ item, done: doneFor(ruling, nowMs) }]);
      // Another may have begun to send it at the same moment.
      return turns.look(personId, item);
    }
    const standing = await turns.offer(personId, item, nowMs);
    return standing.kind === "waiting" && ruling.kind === "wait" ? ruling : standing;
  }

  async #takeTurn(errand: Errand): Promise<StepOutcome> {
    const { turns, clock } = this.#options;
    const { personId, item, token } = errand;
    const visit: Visit = { personId, token, signal: errand.signal, shown: [], reopened: false };
    let ended: Done | undefined;
    for (;;) {
      const taken = await turns.take(personId, token);
      if (taken.kind === "taken") return ended === undefined ? othersTurn(taken.heldForMs, clock.now()) : over(ended);
      visit.shown = taken.desk.shown;
      const result = await this.#act(errand, taken.desk, visit);
      if (result.kind === "settled") ended ??= result.ended.get(item.identity);
      if (result.kind === "changed" || (result.kind === "settled" && result.moreWaits)) continue;
      if (result.kind !== "settled") await turns.release(personId, token);
      if (ended !== undefined) return over(ended);
      return result.kind === "wait" || result.kind === "retry" ? result : this.#standing(errand, taken.desk);
    }
  }

  async #act(
    { personId, own }: Errand,
    desk: Desk,
    visit: Visit,
  ): Promise<AttemptResult | { readonly kind: "nothing" }> {
    const { turns, attempts, clock, editWithinMs, mostItems } = this.#options;
    const nowMs = clock.now();
    const judge = (notification: Notification) => this.#judge(own, notification);
    const action = nextAction(desk, { judge, editWithinMs, mostItems }, nowMs);
    switch (action.kind) {
      case "nothing":
        return action;
      case "await":
        return { kind: "wait", untilMs: action.untilMs, reason: "retry" };
      case "end":
        await turns.endUnsent(
          personId,
          action.items.map(({ item, reason }) => ({ item, done: doneFor(reason, nowMs) })),
        );
        return { kind: "changed" };
      case "repeat":
        return attempts.repeat(visit, action.sending);
      case "search":
        return attempts.search(visit, action.sending);
      case "edit":
        return attempts.edit(visit, action.message, action.items);
      case "send":
        return attempts.send(visit, action.items);
    }
  }

  /** Nothing was left to do: where that leaves our own one. */
  async #standing({ personId, own, item }: Errand, desk: Desk): Promise<StepOutcome> {
    const { turns, clock } = this.#options;
    const standing = await turns.look(personId, item);
    if (standing.kind === "ended") return standing;
    const nowMs = clock.now();
    const parsed = parseNotification(item.payload, item.receivedAtMs);
    const ruling = parsed.kind === "notification" ? this.#judge(own, parsed.notification) : undefined;
    if (ruling?.kind === "wait") return ruling;
    return { kind: "wait", untilMs: Math.max(desk.nextAtMs, nowMs + turnWait.leastMs), reason: "pace" };
  }

  #judge(own: PersonRules, notification: Notification): Ruling {
    return this.#options.judge(own, notification, this.#options.clock.now());
  }

  /** A turn outlives neither its holder nor, while Discord takes its time, its purpose. */
  #keepTurn(personId: string, token: string): () => void {
    const { turns, clock } = this.#options;
    let cancel = () => {};
    const schedule = () => {
      cancel = clock.schedule(turns.turnMs / 3, () => {
        schedule();
        // A turn that is lost does no harm: the message on its way is the same for whoever has it now.
        turns.keep(personId, token).catch(() => {});
      });
    };
    schedule();
    return () => cancel();
  }
}

/** One person's turn, taken for one of their notifications. */
interface Errand {
  readonly personId: string;
  readonly item: WaitingItem;
  readonly own: PersonRules;
  readonly token: string;
  readonly signal: AbortSignal;
}

const over = (done: Done): StepOutcome => ({ kind: "ended", done });

function othersTurn(heldForMs: number, nowMs: number): Later {
  const waitMs = Math.min(turnWait.mostMs, Math.max(turnWait.leastMs, heldForMs));
  return { kind: "wait", untilMs: nowMs + waitMs, reason: "turn" };
}

const doneFor = (reason: EndReason, atMs: number): Done =>
  reason.kind === "withhold"
    ? { end: "withheld", reason: reason.reason, attempts: 0, atMs }
    : { end: "deadLetter", reason: `malformed ${reason.reason}`, attempts: 0, atMs };

function itemOf({ identity, payload, notification }: AcceptedNotification): WaitingItem {
  const { signal, publishedAtMs, receivedAtMs } = notification;
  // Said by a clock that is ahead, it would stand in the way of everything that follows.
  const orderMs = Math.floor(Math.min(publishedAtMs ?? receivedAtMs, receivedAtMs));
  return { identity, slot: slotOf(signal), orderMs, receivedAtMs, payload };
}
