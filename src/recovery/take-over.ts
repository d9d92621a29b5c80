import type { Redis } from "ioredis";
import { LRUCache } from "lru-cache";
import { atMost } from "../at-most.ts";
import type { Clock } from "../clock.ts";
import { type Fence, runScript } from "../fence.ts";
import type { OpenInteraction } from "../interactions/store.ts";
import type { Sealer } from "../sealing.ts";
import type { StoreKeys } from "./keys.ts";
import { tokenLifeMs } from "./life.ts";
import type { Liveness } from "./liveness.ts";
import { forgetScript, removeScript, takeOverScript } from "./scripts.ts";
import { openRecord, readStored, type StoredRecord } from "./stored-record.ts";
import { Suspicion } from "./suspicion.ts";

/**
 * Age at which an unclaimed record counts as left behind, ms: the acknowledgement may take three seconds
 * (`discord-facts.md` 1.1), and whoever gets it claims within the margin.
 */
export const unclaimedAfterMs = 5_000;

/** Interactions asked about in one round trip: large enough for few trips, small enough not to hold up Redis. */
const batchSize = 100;

/** A bound on memory, at a hundred bytes each. */
const mostRemembered = 10_000;

export interface TakeOverOptions {
  readonly redis: Redis;
  readonly fence?: Fence | undefined;
  readonly keys: StoreKeys;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly instanceId: string;
  readonly liveness: Liveness;
  readonly isKnownDead: (instanceId: string) => boolean;
  readonly onError: (error: unknown) => void;
}

interface Candidate {
  readonly id: string;
  readonly stored: StoredRecord;
  /** The instance that holds the claim; undefined when nobody does. */
  readonly claim: string | undefined;
  /** Whoever claimed it answers it; until somebody has, any of those who recorded it may be about to. */
  readonly holders: readonly string[];
}

/** Finds the open interactions that nobody who lives will answer and claims them for this instance. */
export class TakeOver {
  readonly #options: TakeOverOptions;
  readonly #suspicion = new Suspicion();
  /**
   * Interactions whose claim was asked for while the reply has not come. The claim may be ours without our knowing; as
   * long as we live, nobody else would take it, so it is asked for again.
   */
  readonly #unanswered = new Set<string>();
  /**
   * Interactions that this instance does not answer, although it recorded or even claimed them. Known here and not in
   * Redis: while we live, nobody else could judge whether we still work on it, and when we are dead, nobody has to.
   */
  readonly #released: LRUCache<string, true>;
  /** What this instance took over: it answers that, whatever becomes of an event of it that comes again meanwhile. */
  readonly #taken: LRUCache<string, true>;

  constructor(options: TakeOverOptions) {
    this.#options = options;
    const remembered = {
      ...atMost(mostRemembered),
      ttl: tokenLifeMs,
      perf: { now: () => options.clock.monotonic() },
      ttlResolution: 0,
    };
    this.#released = new LRUCache(remembered);
    this.#taken = new LRUCache(remembered);
  }

  /** This instance will not answer it unless nobody else does, or it answers it for another. */
  release(id: string): void {
    if (!this.#taken.has(id)) this.#released.set(id, true);
  }

  /** @throws what Redis answers; what was claimed before that has gone to `onTaken` */
  async search(onTaken: (record: OpenInteraction) => void): Promise<void> {
    const { redis, keys } = this.#options;
    // Who is not seen living by the others cannot judge them either.
    if (this.#options.liveness.steadySinceMs === undefined) return;
    const ids = await redis.zrange(keys.index, 0, "-1");
    this.#forgetAllBut(ids);
    const candidates: Candidate[] = [];
    for (const batch of batches(ids)) candidates.push(...(await this.#read(batch)));
    const dead = await this.#findDead(candidates);
    const takeable = candidates.filter((candidate) => this.#mayTake(candidate, dead));
    for (const batch of batches(takeable)) {
      // Every reply is waited for, also after a failure: a search that begins meanwhile would take the same ones again.
      const outcomes = await Promise.allSettled(batch.map((candidate) => this.#take(candidate, onTaken)));
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    }
  }

  async #read(ids: readonly string[]): Promise<readonly Candidate[]> {
    const { redis, keys, onError } = this.#options;
    const [records, claims] = await Promise.all([
      Promise.all(ids.map((id) => redis.hgetall(keys.record(id)))),
      redis.mget(ids.map(keys.claim)),
    ]);
    const read = async (id: string, index: number): Promise<readonly Candidate[]> => {
      const fields = records[index] ?? {};
      if (Object.keys(fields).length === 0) {
        // Its life is over.
        await this.#remove(id);
        return [];
      }
      try {
        const stored = readStored(fields);
        const claim = claims[index] ?? undefined;
        return [{ id, stored, claim, holders: claim === undefined ? stored.recorders : [claim] }];
      } catch (error) {
        onError(error);
        await this.#remove(id);
        return [];
      }
    };
    return (await Promise.all(ids.map(read))).flat();
  }

  async #findDead(candidates: readonly Candidate[]): Promise<ReadonlySet<string>> {
    const { redis, keys, clock, liveness, instanceId, isKnownDead } = this.#options;
    const holders = [...new Set(candidates.flatMap(({ holders }) => holders))].filter(
      (holder) => holder !== instanceId,
    );
    const knownDead = holders.filter(isKnownDead);
    // Of one killed a moment ago the sign of life is still there.
    if (knownDead.length > 0) await this.#run(forgetScript, knownDead.map(keys.instance), []);
    const others = holders.filter((holder) => !knownDead.includes(holder));
    const alive = await Promise.all(others.map((instance) => redis.exists(keys.instance(instance))));
    const missing = others.filter((_, index) => alive[index] === 0);
    // Asked only now: Redis may have been away since the search began.
    const { steadySinceMs } = liveness;
    if (steadySinceMs === undefined) return new Set();
    return new Set([...knownDead, ...this.#suspicion.judge(missing, clock.monotonic(), steadySinceMs)]);
  }

  #mayTake({ id, claim, holders }: Candidate, dead: ReadonlySet<string>): boolean {
    const { instanceId } = this.#options;
    // What else is ours runs here, or did.
    const letGo = this.#released.has(id) || (claim === instanceId && this.#unanswered.has(id));
    return holders.every((holder) => (holder === instanceId ? letGo : dead.has(holder)));
  }

  /** How old it has to be: who holds the claim is known, and otherwise somebody may be about to. */
  #takenAfterMs({ id, claim, holders }: Candidate): number {
    const { instanceId, isKnownDead } = this.#options;
    if (claim !== undefined && !this.#released.has(id)) return 0;
    return holders.every((holder) => holder !== instanceId && isKnownDead(holder)) ? 0 : unclaimedAfterMs;
  }

  async #take(candidate: Candidate, onTaken: (record: OpenInteraction) => void): Promise<void> {
    const { keys, sealer, instanceId, onError } = this.#options;
    const { id, stored, claim = "", holders } = candidate;
    const others = holders.filter((holder) => holder !== instanceId);
    this.#unanswered.add(id);
    const taken = await this.#run(
      takeOverScript,
      [keys.record(id), keys.claim(id), ...others.map(keys.instance)],
      [instanceId, claim, stored.size, stored.lifeMs, this.#takenAfterMs(candidate)],
    );
    this.#unanswered.delete(id);
    if (taken !== 1) return;
    this.#released.delete(id);
    this.#taken.set(id, true);
    try {
      onTaken(openRecord(stored, id, sealer));
    } catch (error) {
      onError(error);
      await this.#remove(id);
    }
  }

  async #remove(id: string): Promise<void> {
    const { keys } = this.#options;
    await this.#run(removeScript, [keys.record(id), keys.index], [id]);
  }

  async #run(script: string, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    return runScript(this.#options, script, keys, values);
  }

  #forgetAllBut(ids: readonly string[]): void {
    const open = new Set(ids);
    for (const id of this.#unanswered) if (!open.has(id)) this.#unanswered.delete(id);
  }
}

function* batches<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < all.length; start += batchSize) yield all.slice(start, start + batchSize);
}
