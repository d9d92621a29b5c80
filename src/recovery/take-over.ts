import type { Redis } from "ioredis";
import type { Clock } from "../clock.ts";
import type { InteractionRecord } from "../interactions/store.ts";
import type { StoreKeys } from "./keys.ts";
import type { Liveness } from "./liveness.ts";
import { takeOverScript } from "./scripts.ts";
import type { Sealer } from "./sealing.ts";
import { openRecord, readStored, type StoredRecord } from "./stored-record.ts";
import { Suspicion } from "./suspicion.ts";

/**
 * Age at which an unclaimed record counts as left behind, ms: the acknowledgement may take three seconds
 * (`discord-facts.md` 1.1), and whoever gets it claims within the margin.
 */
export const unclaimedAfterMs = 5_000;

/** Interactions asked about in one round trip: large enough for few trips, small enough not to hold up Redis. */
const batchSize = 100;

export interface TakeOverOptions {
  readonly redis: Redis;
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
}

/** Finds the open interactions of dead instances and claims them for this one. */
export class TakeOver {
  readonly #options: TakeOverOptions;
  readonly #suspicion = new Suspicion();
  /**
   * Interactions whose claim was asked for while the reply has not come. The claim may be ours without our knowing; as
   * long as we live, nobody else would take it, so it is asked for again.
   */
  readonly #unanswered = new Set<string>();

  constructor(options: TakeOverOptions) {
    this.#options = options;
  }

  /** @throws what Redis answers; what was claimed before that has gone to `onTaken` */
  async search(onTaken: (record: InteractionRecord) => void): Promise<void> {
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
    const { redis, keys } = this.#options;
    const [records, claims] = await Promise.all([redis.mget(ids.map(keys.record)), redis.mget(ids.map(keys.claim))]);
    const read = async (id: string, index: number): Promise<readonly Candidate[]> => {
      const text = records[index] ?? undefined;
      if (text === undefined) {
        // Its life is over.
        await redis.zrem(keys.index, id);
        return [];
      }
      try {
        return [{ id, stored: readStored(text), claim: claims[index] ?? undefined }];
      } catch (error) {
        await this.#remove(id, error);
        return [];
      }
    };
    return (await Promise.all(ids.map(read))).flat();
  }

  async #findDead(candidates: readonly Candidate[]): Promise<ReadonlySet<string>> {
    const { redis, keys, clock, liveness, instanceId, isKnownDead } = this.#options;
    const holders = [...new Set(candidates.map(holderOf))].filter((holder) => holder !== instanceId);
    const knownDead = holders.filter(isKnownDead);
    // Of one killed a moment ago the sign of life is still there.
    if (knownDead.length > 0) await redis.del(knownDead.map(keys.instance));
    const others = holders.filter((holder) => !knownDead.includes(holder));
    const alive = await Promise.all(others.map((instance) => redis.exists(keys.instance(instance))));
    const missing = others.filter((_, index) => alive[index] === 0);
    // Asked only now: Redis may have been away since the search began.
    const { steadySinceMs } = liveness;
    if (steadySinceMs === undefined) return new Set();
    return new Set([...knownDead, ...this.#suspicion.judge(missing, clock.monotonic(), steadySinceMs)]);
  }

  #mayTake(candidate: Candidate, dead: ReadonlySet<string>): boolean {
    // What else is ours runs here, or did.
    if (candidate.claim === this.#options.instanceId) return this.#unanswered.has(candidate.id);
    return dead.has(holderOf(candidate));
  }

  async #take(candidate: Candidate, onTaken: (record: InteractionRecord) => void): Promise<void> {
    const { redis, keys, sealer, instanceId, isKnownDead } = this.#options;
    const { id, stored, claim = "" } = candidate;
    this.#unanswered.add(id);
    const taken = await redis.eval(
      takeOverScript,
      3,
      ...[keys.record(id), keys.claim(id), keys.instance(holderOf(candidate))],
      ...[instanceId, claim, stored.lifeMs, isKnownDead(holderOf(candidate)) ? 0 : unclaimedAfterMs],
    );
    this.#unanswered.delete(id);
    if (taken !== 1) return;
    try {
      onTaken(openRecord(stored, id, sealer));
    } catch (error) {
      await this.#remove(id, error);
    }
  }

  async #remove(id: string, reason: unknown): Promise<void> {
    const { redis, keys, onError } = this.#options;
    onError(reason);
    await Promise.all([redis.del(keys.record(id)), redis.zrem(keys.index, id)]);
  }

  #forgetAllBut(ids: readonly string[]): void {
    const open = new Set(ids);
    for (const id of this.#unanswered) if (!open.has(id)) this.#unanswered.delete(id);
  }
}

/** Whoever claimed it answers it; until somebody has, whoever recorded it is about to. */
const holderOf = ({ claim, stored }: Candidate): string => claim ?? stored.instance;

function* batches<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < all.length; start += batchSize) yield all.slice(start, start + batchSize);
}
