import type { Holder, InteractionRecord, InteractionStore, OpenInteraction } from "../../../src/interactions/index.ts";
import type { VirtualClock } from "../../support/virtual-clock.ts";

const never = new Promise<never>(() => {});
const unclaimedAfterMs = 5000;
const replyMs = 1;

interface Kept {
  readonly record: OpenInteraction;
  readonly recorders: Set<string>;
  readonly atMs: number;
}

/** What is shared by processes with one token, after the rules of the store in Redis, on a virtual clock. */
export class ModelStore {
  readonly dead = new Set<string>();
  readonly #records = new Map<string, Kept>();
  readonly #claims = new Map<string, string>();
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** As one process sees it. Of one that is dead, nothing takes effect and nothing returns. */
  of(me: string): InteractionStore {
    const claims = this.#claims;
    const records = this.#records;
    const released = new Set<string>();
    const taken = new Set<string>();
    const lives = () => !this.dead.has(me);
    const reply = async <T>(decide: () => T): Promise<T> => {
      if (!lives()) return never;
      const decision = decide();
      await new Promise<void>((resolve) => void this.#clock.schedule(replyMs, resolve));
      return lives() ? decision : never;
    };
    const isOthers = (id: string): boolean => (claims.get(id) ?? me) !== me;
    const keep = (record: InteractionRecord): Kept => {
      const { id } = record.target;
      const kept = records.get(id) ?? { record, recorders: new Set(), atMs: this.#clock.monotonic() };
      records.set(id, kept);
      return kept;
    };
    const take = (id: string): "ours" => {
      claims.set(id, me);
      return "ours";
    };
    return {
      record(record) {
        if (lives() && !isOthers(record.target.id)) keep(record).recorders.add(me);
      },
      markShown: () => {},
      claim: (id, evidence) =>
        reply(() => {
          const holder = claims.get(id) ?? me;
          const ofTheDead = evidence === "unsent" && this.dead.has(holder) && !records.has(id);
          return holder === me || ofTheDead ? take(id) : "taken";
        }),
      release(id) {
        if (!taken.has(id)) released.add(id);
      },
      whoHad: (id) => reply(() => this.#whoHad(id, me)),
      adopt: (record) =>
        reply(() => {
          const { id } = record.target;
          const others = [...(records.get(id)?.recorders ?? [])].filter((name) => name !== me);
          if (others.length > 0) return "theirs";
          const kept = keep(record);
          if (isOthers(id)) return "theirs";
          kept.recorders.add(me);
          return take(id);
        }),
      strike(id) {
        if (!lives()) return;
        records.delete(id);
        claims.set(id, claims.get(id) ?? me);
      },
      takeOver: () =>
        reply(() =>
          [...records].flatMap(([id, { record, recorders, atMs }]) => {
            const claim = claims.get(id);
            const holders = claim === undefined ? [...recorders] : [claim];
            if (!holders.every((name) => (name === me ? released.has(id) : this.dead.has(name)))) return [];
            const atOnce = !holders.includes(me);
            if (!atOnce && this.#clock.monotonic() - atMs < unclaimedAfterMs) return [];
            released.delete(id);
            taken.add(id);
            take(id);
            return [record];
          }),
        ),
    };
  }

  #whoHad(id: string, me: string): Holder {
    const claim = this.#claims.get(id);
    const holders = claim === undefined ? [...(this.#records.get(id)?.recorders ?? [])] : [claim];
    const others = holders.filter((name) => name !== me);
    if (others.length === 0) return "nobody";
    return others.every((name) => this.dead.has(name)) ? "dead" : "living";
  }
}
