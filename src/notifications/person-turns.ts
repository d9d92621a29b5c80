import type { Redis } from "ioredis";
import { type Fence, runScript } from "../fence.ts";
import { retentionMs } from "./jobs.ts";
import type { NotificationKeys } from "./keys.ts";
import { mostMessagesKept, type SentMessage, writeEntry } from "./ledger.ts";
import {
  type Done,
  readDone,
  readItem,
  readShown,
  readState,
  type Sending,
  type SendingState,
  type Shown,
  type WaitingItem,
  writeDone,
  writeItem,
  writeShown,
  writeState,
} from "./person-records.ts";
import {
  beginScript,
  endUnsentScript,
  failScript,
  keepTurnScript,
  lookScript,
  noteScript,
  offerScript,
  putBackScript,
  releaseTurnScript,
  settleScript,
  takeScript,
} from "./scripts.ts";

/** Where a notification stands. */
export type Standing =
  | { readonly kind: "ended"; readonly done: Done }
  /** In the message on its way. */
  | { readonly kind: "sending" }
  /** In the box, or not known yet. */
  | { readonly kind: "waiting" };

/** What there is to do for a person. */
export interface Desk {
  readonly sending: Sending | undefined;
  readonly box: readonly WaitingItem[];
  readonly shown: readonly Shown[];
  /** Before this time, ms since the epoch, no new message is sent. */
  readonly nextAtMs: number;
}

/** A message that stands at Discord, and what became of the notifications in it. */
export interface Settlement {
  readonly message: SentMessage;
  readonly ended: readonly { readonly shown: Shown; readonly done: Done }[];
  /** What else stands in it since before. */
  readonly unchanged: readonly Shown[];
  /** Absent for a change of an earlier message, which nobody has to wait for. */
  readonly nextAtMs: number | undefined;
}

export interface PutBack {
  /** Slots whose earlier message is no longer there to be changed. */
  readonly gone?: readonly Shown[];
  /** Nothing new is sent to the person for so long, ms. */
  readonly waitMs?: number | undefined;
}

export interface PersonTurnsOptions {
  readonly redis: Redis;
  readonly fence?: Fence | undefined;
  readonly keys: NotificationKeys;
  /** How long what was sent is remembered, ms. */
  readonly historyMs: number;
  /** How long a turn lasts that is not kept, ms. */
  readonly turnMs?: number;
}

/** Slots of a person whose newest signal is remembered. */
const mostSlotsShown = 100;

/** What waits longer has been forgotten by whoever published it, ms. */
const boxLifeMs = 14 * 24 * 60 * 60_000;

/**
 * The notifications of each person in Redis, where all workers see them: what waits, what is on its way, what was sent. Whoever
 * has the turn of a person sends to them, one message at a time. Every method may be repeated at any point, also by
 * another process, and rejects with what Redis answers.
 */
export class PersonTurns {
  readonly #connection: { readonly redis: Redis; readonly fence: Fence | undefined };
  readonly #keys: NotificationKeys;
  readonly #historyMs: number;
  /** How long a turn lasts that is not kept, ms. */
  readonly turnMs: number;
  readonly #ends: readonly [prefix: string, lifeMs: number];

  constructor({ redis, fence, keys, historyMs, turnMs = 15_000 }: PersonTurnsOptions) {
    this.#connection = { redis, fence };
    this.#keys = keys;
    this.#historyMs = historyMs;
    this.turnMs = turnMs;
    this.#ends = [keys.done(""), retentionMs];
  }

  async look(personId: string, { identity, slot }: Pick<WaitingItem, "identity" | "slot">): Promise<Standing> {
    const { sending } = this.#keys.person(personId);
    return standing(await this.#run(lookScript, [this.#keys.done(identity), sending], [identity, slot]));
  }

  /** Puts it into the box, unless a newer one of its slot is there, on its way, or sent: of a slot, the newest counts. */
  async offer(personId: string, item: WaitingItem, nowMs: number): Promise<Standing> {
    const { sending, shown, box } = this.#keys.person(personId);
    const { identity, slot, orderMs } = item;
    const [prefix, lifeMs] = this.#ends;
    const said = await this.#run(
      offerScript,
      [this.#keys.done(identity), sending, shown, box],
      [identity, slot, orderMs, writeItem(item), writeDone(superseded(nowMs)), lifeMs, prefix, boxLifeMs],
    );
    // A message shows it, though how it ended is forgotten by now.
    if (said === "shown") return { kind: "ended", done: { end: "delivered", attempts: 0, atMs: nowMs } };
    return standing(said);
  }

  /** Takes the turn, or keeps the one that is ours. */
  async take(
    personId: string,
    token: string,
  ): Promise<{ readonly kind: "ours"; readonly desk: Desk } | { readonly kind: "taken"; readonly heldForMs: number }> {
    const { turn, sending, box, shown, nextAt } = this.#keys.person(personId);
    const reply = await this.#run(takeScript, [turn, sending, box, shown, nextAt], [token, this.turnMs]);
    const [kind, ...rest] = list(reply);
    if (kind === "taken") return { kind, heldForMs: Math.max(0, this.turnMs - Number(rest[0])) };
    const [fields, waiting, remembered, next] = rest;
    return {
      kind: "ours",
      desk: {
        sending: readSending(pairs(fields)),
        box: pairs(waiting).map(([slot, text]) => readItem(slot, text)),
        shown: pairs(remembered).map(([slot, text]) => readShown(slot, text)),
        nextAtMs: Number(next),
      },
    };
  }

  /** Keeps a turn that takes long. False when it is another's by now. */
  async keep(personId: string, token: string): Promise<boolean> {
    const { turn } = this.#keys.person(personId);
    return (await this.#run(keepTurnScript, [turn], [token, this.turnMs])) === 1;
  }

  async release(personId: string, token: string): Promise<void> {
    await this.#run(releaseTurnScript, [this.#keys.person(personId).turn], [token]);
  }

  /** Moves notifications from the box into a message that is about to be sent. False: look again, things have changed. */
  async begin(personId: string, token: string, { id, state, items }: Sending): Promise<boolean> {
    const { turn, sending, box } = this.#keys.person(personId);
    const moved = items.flatMap(({ slot, identity }) => [slot, identity]);
    const args = [token, id, writeState(state), boxLifeMs, ...moved];
    return (await this.#run(beginScript, [turn, sending, box], args)) === 1;
  }

  /** Notes that the message is tried again, or when it may be. False: it was settled meanwhile. */
  async note(personId: string, id: string, state: SendingState): Promise<boolean> {
    return (await this.#run(noteScript, [this.#keys.person(personId).sending], [id, writeState(state)])) === 1;
  }

  /**
   * The message stands at Discord.
   * @returns whether anything else waits; when nothing does, the turn is over
   */
  async settle(personId: string, token: string, id: string, settlement: Settlement, nowMs: number): Promise<boolean> {
    const { turn, sending, box, ledger, shown, nextAt } = this.#keys.person(personId);
    const { message, ended, unchanged, nextAtMs } = settlement;
    const [prefix, lifeMs] = this.#ends;
    const lineOf = (one: Shown) => [one.item.slot, writeShown(one)];
    const result = await this.#run(
      settleScript,
      [turn, sending, box, ledger, shown, nextAt],
      [
        ...[token, id, prefix, lifeMs],
        ...[message.sentAtMs, message.messageId, writeEntry(message), nowMs - this.#historyMs],
        ...[mostMessagesKept, this.#historyMs, mostSlotsShown],
        ...[nextAtMs ?? "", Math.ceil((nextAtMs ?? nowMs) - nowMs)],
        ended.length,
        ...ended.flatMap((one) => [one.shown.item.identity, writeDone(one.done), ...lineOf(one.shown)]),
        ...unchanged.flatMap(lineOf),
      ],
    );
    return result !== 2;
  }

  /** The message does not stand at Discord: what is in it waits again. */
  async putBack(personId: string, id: string, nowMs: number, { gone = [], waitMs = 0 }: PutBack = {}): Promise<void> {
    const { sending, box, shown, nextAt } = this.#keys.person(personId);
    const [prefix, lifeMs] = this.#ends;
    const wait = Math.ceil(waitMs);
    const forgotten = gone.flatMap(({ item }) => [item.slot, item.identity]);
    const args = [id, writeDone(superseded(nowMs)), prefix, lifeMs, boxLifeMs, nowMs + wait, wait, ...forgotten];
    await this.#run(putBackScript, [sending, box, shown, nextAt], args);
  }

  /** Ends what is not to be sent. What is in the message on its way cannot be ended so. */
  async endUnsent(
    personId: string,
    items: readonly { readonly item: Pick<WaitingItem, "slot" | "identity">; readonly done: Done }[],
  ): Promise<void> {
    const { sending, box } = this.#keys.person(personId);
    const ended = items.flatMap(({ item, done }) => [item.slot, item.identity, writeDone(done)]);
    await this.#run(endUnsentScript, [sending, box], [...this.#ends, ...ended]);
  }

  /** Ends what is in the message on its way (`id`, if there is one), and with `everything` what waits as well. */
  async fail(
    personId: string,
    { id, everything, done }: { readonly id: string | undefined; readonly everything: boolean; readonly done: Done },
  ): Promise<void> {
    const { sending, box } = this.#keys.person(personId);
    const args = [id ?? "", everything ? 1 : 0, ...this.#ends, writeDone(done)];
    await this.#run(failScript, [sending, box], args);
  }

  #run(script: string, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    return runScript(this.#connection, script, keys, values);
  }
}

const superseded = (atMs: number): Done => ({ end: "superseded", attempts: 0, atMs });

function standing(said: unknown): Standing {
  if (said === "sending") return { kind: "sending" };
  return said === "" ? { kind: "waiting" } : { kind: "ended", done: readDone(String(said)) };
}

function readSending(fields: readonly (readonly [string, string])[]): Sending | undefined {
  const all = new Map(fields);
  const [id, state] = [all.get("id"), all.get("state")];
  if (id === undefined || state === undefined) return undefined;
  const items = fields.flatMap(([field, text]) =>
    field.startsWith(itemField) ? [readItem(field.slice(itemField.length), text)] : [],
  );
  return { id, state: readState(state), items };
}

const itemField = "item:";

const list = (reply: unknown): readonly unknown[] => (Array.isArray(reply) ? reply : []);

/** A hash as scripts return it. */
function pairs(reply: unknown): readonly (readonly [string, string])[] {
  const all = list(reply).map(String);
  return all.flatMap((field, index) => (index % 2 === 0 ? [[field, all[index + 1] ?? ""] as const] : []));
}
