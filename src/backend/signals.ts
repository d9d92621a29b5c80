import { LRUCache } from "lru-cache";
import type { Clock } from "../clock.ts";
import { type Asker, type Backend, BackendError, type SignalAnswer, type SignalQuery } from "./backend.ts";
import type { BackendEvent } from "./events.ts";
import type { Signal } from "./signal.ts";
import type { KeptSignal, SignalCache } from "./signal-cache.ts";
import { signalKey } from "./signal-query.ts";
import { SingleFlight } from "./single-flight.ts";

export interface SignalsOptions {
  /** Asks the backend. A signal was said when it came, unless it is known to have been said before. */
  readonly ask: (query: SignalQuery, asker: Asker) => Promise<Signal | KeptSignal>;
  readonly cache: SignalCache;
  readonly clock: Clock;
  /** Younger ones are given as they are, ms. */
  readonly freshMs: number;
  /** Younger ones are given while the backend is asked again; older ones only when it fails, ms. */
  readonly staleMs: number;
  readonly publish: (event: BackendEvent) => void;
  /** Told of every signal that a person asked for and got, one by one. */
  readonly onAsked?: (key: string) => void;
}

export interface RefreshOptions {
  /** A younger one is new enough, ms. */
  readonly olderThanMs: number;
  readonly signal: AbortSignal;
  /** Asked when the backend would have to be. */
  readonly mayAsk: () => boolean;
}

/** What became of a refresh. */
export type Refreshed = "fresh" | "refreshed" | "notAllowed";

export interface Signals extends Pick<Backend, "fetchSignal"> {
  /**
   * Asks again for what is older than that, though it may still be given as it is, and for nobody in particular.
   *
   * @throws {BackendError} when the backend fails, or is not to be asked
   */
  refreshSignal(query: SignalQuery, options: RefreshOptions): Promise<Refreshed>;
}

interface Found {
  readonly kept: KeptSignal;
  readonly from: "memory" | "redis" | "backend";
  readonly outdated: SignalAnswer["outdated"];
}

/** Pairs people make up are many, and each would be remembered. */
const mostUnknown = 500;

/**
 * Signals, as new as they have to be: what was said within the last minute is given again, by one request for all who ask
 * at the same time, and while the backend fails people get what there is, with its age.
 */
export function createSignals(options: SignalsOptions): Signals {
  const { cache, clock, freshMs, staleMs, publish, onAsked = () => {} } = options;
  const flight = new SingleFlight<KeptSignal>();
  /** Why the last attempt at a key failed, until one succeeds. */
  const failed = new LRUCache<string, BackendError>({ max: mostUnknown });
  const unknownSinceMs = new LRUCache<string, number>({ max: mostUnknown });

  const ask = async (query: SignalQuery, key: string, asker: Asker): Promise<KeptSignal> => {
    try {
      const said = await options.ask(query, asker);
      const kept = "saidAtMs" in said ? said : { signal: said, saidAtMs: clock.now() };
      cache.write(key, kept);
      failed.delete(key);
      return kept;
    } catch (error) {
      if (error instanceof BackendError) failed.set(key, error);
      if (error instanceof BackendError && error.kind === "unknownPair") unknownSinceMs.set(key, clock.monotonic());
      throw error;
    }
  };

  /** One request for all. Who may spend more is not refused because somebody who may spend less asked first. */
  const join = async (query: SignalQuery, key: string, asker: Asker): Promise<KeptSignal> => {
    let own = false;
    const joined = () =>
      flight.join(key, "fetchSignal", asker, (forAll) => {
        own = true;
        return ask(query, key, forAll);
      });
    try {
      return await joined();
    } catch (error) {
      if (own || !(error instanceof BackendError) || error.spared !== "budget") throw error;
      return joined();
    }
  };

  const refresh = (query: SignalQuery, key: string): void => {
    const nobody: Asker = { signal: new AbortController().signal, priority: "refresh" };
    join(query, key, nobody).catch(() => {});
  };

  const known = (key: string, asker: Asker): void => {
    const sinceMs = unknownSinceMs.get(key);
    if (sinceMs === undefined || clock.monotonic() - sinceMs >= freshMs) return;
    if (asker.signal.aborted) throw new BackendError("aborted", "fetchSignal");
    throw new BackendError("unknownPair", "fetchSignal");
  };

  const find = async (query: SignalQuery, asker: Asker, notBefore: Date | undefined): Promise<Found> => {
    const key = signalKey(query);
    const kept = await cache.read(key);
    const ageMs = kept === undefined ? Number.POSITIVE_INFINITY : clock.now() - kept.saidAtMs;
    const isNew =
      ageMs < freshMs || (kept !== undefined && notBefore !== undefined && kept.saidAtMs >= notBefore.getTime());
    if (kept !== undefined && isNew) return { kept, from: kept.from, outdated: undefined };
    known(key, asker);
    // Somebody who waits is not kept waiting; whoever refreshes, or wants it newer than that, is.
    if (kept !== undefined && ageMs < staleMs && notBefore === undefined && asker.priority !== "refresh") {
      const outdated = failed.get(key)?.kind ?? "refreshing";
      refresh(query, key);
      return { kept, from: kept.from, outdated };
    }
    try {
      return { kept: await join(query, key, asker), from: "backend", outdated: undefined };
    } catch (error) {
      const servesOld =
        error instanceof BackendError && isTrouble(error) && asker.priority !== "refresh" && !mayWait(error, asker);
      if (kept === undefined || !servesOld) throw error;
      return { kept, from: kept.from, outdated: error.kind };
    }
  };

  return {
    async fetchSignal(query, asker, notBefore): Promise<SignalAnswer> {
      const { kept, from, outdated } = await find(query, asker, notBefore);
      // Who looks at many at once does not tell which of them people want.
      if (asker.priority === "person" || asker.priority === "button") onAsked(signalKey(query));
      publish({ kind: "signalGiven", from, freshness: outdated ?? "new", priority: asker.priority });
      return { signal: kept.signal, saidAt: new Date(kept.saidAtMs), outdated };
    },

    async refreshSignal(query, { olderThanMs, signal, mayAsk }) {
      const key = signalKey(query);
      // Another process may have asked since.
      const kept = await cache.read(key, Math.min(olderThanMs, freshMs));
      if (kept !== undefined && clock.now() - kept.saidAtMs < olderThanMs) return "fresh";
      const nobody: Asker = { signal, priority: "refresh" };
      known(key, nobody);
      if (!mayAsk()) return "notAllowed";
      await join(query, key, nobody);
      return "refreshed";
    },
  };
}

/** The backend's, and not the asker's: an old answer is better than none. */
function isTrouble({ kind }: BackendError): boolean {
  return kind === "busy" || kind === "down" || kind === "slow" || kind === "badAnswer" || kind === "refused";
}

/** Whoever looks at many has time to wait for the new ones, when it is known how long. */
const mayWait = ({ kind, retryAfterMs }: BackendError, { priority }: Asker): boolean =>
  priority === "scan" && kind === "busy" && retryAfterMs !== undefined;
