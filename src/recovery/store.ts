import type { Redis } from "ioredis";
import { LRUCache } from "lru-cache";
import { atMost } from "../at-most.ts";
import type { Clock } from "../clock.ts";
import { type Fence, runScript } from "../fence.ts";
import type { Holder, InteractionRecord, InteractionStore, OpenInteraction } from "../interactions/store.ts";
import { awaitWithin } from "../patience.ts";
import { createSealer } from "../sealing.ts";
import { storeKeys } from "./keys.ts";
import { lifeLeftMs, tokenEndMs, tokenLifeMs } from "./life.ts";
import { Liveness } from "./liveness.ts";
import { adoptScript, claimScript, inheritScript, markScript, recordScript, strikeScript } from "./scripts.ts";
import { readStored, recordFields, sealRecord } from "./stored-record.ts";
import { Strikes } from "./strikes.ts";
import { TakeOver } from "./take-over.ts";

/**
 * The command waits for its claim, and a person for the command: a Redis nearby answers in one or two milliseconds, and
 * eighty allow for a slow moment of either side without being noticed.
 */
const defaultClaimTimeoutMs = 80;

/** Without a 2xx the interaction may be another's, and a response was lost already: sooner right than soon, ms. */
const doubtfulClaimTimeoutMs = 500;

/** A bound on memory. */
const mostInherited = 1_000;

const sealedFor = "signalguard interaction record v1";

/** Nobody waits for a search; the limit only lets its caller go on when Redis hangs, ms. */
const takeOverTimeoutMs = 2_000;

export type StoreOperation = "record" | "adopt" | "markShown" | "claim" | "strike" | "takeOver" | "refresh";

export interface InteractionStoreOptions {
  /** Created with `enableOfflineQueue: false`, so that nothing waits in memory for a Redis that is away. */
  readonly redis: Redis;
  /** Names the bot token in keys; see `tokenFingerprint`. */
  readonly fingerprint: string;
  /** The bot token: what is recorded can be read by processes with the same token and by nobody else. */
  readonly secret: string;
  readonly clock: Clock;
  /** Given where processes lead one after the other: what a former leader still writes is refused. */
  readonly fence?: Fence | undefined;
  /** Names this process and its present run: a new one must never have the name of a dead one. */
  readonly instanceId: string;
  /**
   * Whether an instance cannot be running beside this one, for instance because both need the same process lock, or what
   * it writes is refused. Its
   * interactions are taken over at once; without it, only those of instances that have been missed for a while.
   */
  readonly isKnownDead?: (instanceId: string) => boolean;
  /** How long `claim` waits, ms. */
  readonly claimTimeoutMs?: number;
  /** Told of every failure. The error holds nothing of what was recorded but what is encrypted. */
  readonly onError?: (operation: StoreOperation, error: unknown) => void;
}

export interface RecoveryStore extends InteractionStore {
  /** Shows the others from now on that this instance lives. Without it they take its interactions for abandoned. */
  start(): void;
  /**
   * For a process whose interactions are answered: makes good what can be, and lets the others have the rest. Takes half
   * a second at most.
   */
  stop(): Promise<void>;
  /**
   * {@inheritDoc InteractionStore.takeOver}
   *
   * To be called every few seconds: an instance counts as dead when it has been missed for a while, not when it is missed
   * once. Takes two seconds at most.
   */
  takeOver(): Promise<readonly OpenInteraction[]>;
}

/** A claim or search that Redis did not answer in time. It may still take effect. */
export class StoreTimeoutError extends Error {
  override readonly name = "StoreTimeoutError";
  readonly code = "STORE_TIMEOUT";

  constructor(limitMs: number) {
    super(`Redis did not answer within ${limitMs} ms`);
  }
}

/** Keeps open interactions in Redis, where every process with the same token sees them. */
export function createInteractionStore(options: InteractionStoreOptions): RecoveryStore {
  const { redis, fence, fingerprint, clock, instanceId, isKnownDead = () => false, onError = () => {} } = options;
  const claimTimeoutMs = options.claimTimeoutMs ?? defaultClaimTimeoutMs;
  const keys = storeKeys(fingerprint);
  const sealer = createSealer(options.secret, sealedFor);
  const run = (script: string, scriptKeys: readonly string[], values: readonly (string | number)[]) =>
    runScript({ redis, fence }, script, scriptKeys, values);
  const report = (operation: StoreOperation) => (error: unknown) => onError(operation, error);

  const strikes = new Strikes({ clock, send: sendStrike, onError: report("strike") });
  const liveness = new Liveness({
    redis,
    fence,
    key: keys.instance(instanceId),
    clock,
    onRefreshed: () => void strikes.settle(),
    onError: report("refresh"),
  });
  const takeOver = new TakeOver({
    redis,
    fence,
    keys,
    sealer,
    clock,
    instanceId,
    liveness,
    isKnownDead,
    onError: report("takeOver"),
  });
  /** Claimed over an instance that died. Few: only what Discord sends again. */
  const inheritedIds = new LRUCache<string, true>(atMost(mostInherited));
  /** Claimed for this process and not yet given to the caller. */
  const taken: OpenInteraction[] = [];
  let searching: Promise<void> | undefined;

  async function sendRecord(
    record: InteractionRecord,
    script = recordScript,
    more: readonly string[] = [],
  ): Promise<unknown> {
    const { id } = record.target;
    const lifeMs = lifeLeftMs(id, clock.now());
    return run(
      script,
      [keys.record(id), keys.claim(id), keys.index],
      [
        ...[sealRecord(record, sealer), lifeMs, id, tokenEndMs(id), tokenLifeMs],
        ...[instanceId, recordFields.recordedBy(instanceId), ...more],
      ],
    );
  }

  async function sendClaim(id: string): Promise<unknown> {
    return run(claimScript, [keys.claim(id)], [instanceId, lifeLeftMs(id, clock.now())]);
  }

  /** Should the dead one have answered after all, Discord refuses ours: nothing was sent yet. */
  async function claimAlsoOfTheDead(id: string): Promise<unknown> {
    const holder = await sendClaim(id);
    if (typeof holder !== "string" || holder === instanceId || !(await isGone(holder))) return holder;
    const values = [instanceId, holder, lifeLeftMs(id, clock.now())];
    const inherited = await run(inheritScript, [keys.claim(id), keys.record(id)], values);
    if (inherited !== 1) return holder;
    inheritedIds.set(id, true);
    return instanceId;
  }

  async function isGone(instance: string): Promise<boolean> {
    return isKnownDead(instance) || (await redis.exists(keys.instance(instance))) === 0;
  }

  async function findHolder(id: string): Promise<Holder> {
    const [claim, fields] = await Promise.all([redis.get(keys.claim(id)), redis.hgetall(keys.record(id))]);
    const recorders = Object.keys(fields).length === 0 ? [] : readStored(fields).recorders;
    const others = (claim === null ? recorders : [claim]).filter((holder) => holder !== instanceId);
    if (others.length === 0) return "nobody";
    return (await Promise.all(others.map(isGone))).every(Boolean) ? "dead" : "living";
  }

  async function sendStrike(id: string): Promise<void> {
    const lifeMs = lifeLeftMs(id, clock.now());
    await run(strikeScript, [keys.record(id), keys.claim(id), keys.index], [id, instanceId, lifeMs]);
  }

  return {
    start: () => liveness.start(),
    async stop() {
      // On one connection in order: what is struck off is gone before others may look for it.
      void strikes.settle();
      await liveness.stop();
    },

    record: (record) => void sendRecord(record).catch(report("record")),

    markShown: (id) => void run(markScript, [keys.record(id)], [recordFields.shown]).catch(report("markShown")),

    /**
     * A claim that is late is not taken back. After `unknown` the layer runs the command by its own journal, and then it
     * is right that the claim lands and turns the others away; asked again, it is ours. Nobody is left waiting: while we
     * live, we answer; when we die, the claim is that of a dead instance, and another takes it over. If it never lands,
     * what we recorded still counts as ours for as long as we live.
     */
    async claim(id, evidence) {
      const limitMs = evidence === "journal" ? Math.max(claimTimeoutMs, doubtfulClaimTimeoutMs) : claimTimeoutMs;
      const claiming = evidence === "unsent" ? claimAlsoOfTheDead(id) : sendClaim(id);
      const outcome = await awaitWithin(clock, limitMs, claiming);
      if (outcome.kind === "settled" && typeof outcome.value === "string") {
        return outcome.value === instanceId ? "ours" : "taken";
      }
      onError("claim", outcome.kind === "failed" ? outcome.error : new StoreTimeoutError(limitMs));
      return "unknown";
    },

    async leave(id) {
      const marking = run(markScript, [keys.record(id)], [recordFields.shown]);
      const outcome = await awaitWithin(clock, claimTimeoutMs, marking);
      if (outcome.kind === "failed") onError("markShown", outcome.error);
      return outcome.kind === "settled" && outcome.value === 1;
    },

    release: (id) => takeOver.release(id),
    async whoHad(id) {
      if (inheritedIds.has(id)) return "dead";
      const outcome = await awaitWithin(clock, claimTimeoutMs, findHolder(id));
      return outcome.kind === "settled" ? outcome.value : "unknown";
    },

    /** One that is late may land, and then it is ours without the caller's knowing: who lets go of it gets it after all. */
    async adopt(record) {
      const updates = record.surface === "update";
      // That its claim is ours now hides that the dead one may have answered.
      if (updates && inheritedIds.has(record.target.id)) return "theirs";
      const adopting = sendRecord(record, adoptScript, [recordFields.recordedBy(""), updates ? "free" : "any"]);
      const outcome = await awaitWithin(clock, doubtfulClaimTimeoutMs, adopting);
      if (outcome.kind === "settled") return outcome.value === 1 ? "ours" : "theirs";
      onError("adopt", outcome.kind === "failed" ? outcome.error : new StoreTimeoutError(doubtfulClaimTimeoutMs));
      return "unknown";
    },

    strike(id) {
      try {
        void strikes.strike(id, lifeLeftMs(id, clock.now()));
      } catch (error) {
        onError("strike", error);
      }
    },

    async takeOver() {
      searching ??= takeOver
        .search((record) => taken.push(record))
        .finally(() => {
          searching = undefined;
        });
      const outcome = await awaitWithin(clock, takeOverTimeoutMs, searching);
      if (outcome.kind === "failed") onError("takeOver", outcome.error);
      if (outcome.kind === "late") onError("takeOver", new StoreTimeoutError(takeOverTimeoutMs));
      // A late search goes on, and what it claims is given to the next call.
      return taken.splice(0);
    },
  };
}
