import { z } from "zod";
import type { Clock } from "../clock.ts";
import { createAccounts } from "./accounts.ts";
import type { Asker, Backend, SignalQuery } from "./backend.ts";
import { RequestBudget } from "./budget.ts";
import { createCalls } from "./calls.ts";
import { Circuits } from "./circuits.ts";
import type { BackendEvent } from "./events.ts";
import { type CallBackend, createHttp } from "./http.ts";
import { jobIdSchema } from "./job-result.ts";
import type { BackendKeys } from "./keys.ts";
import { createNotificationSettings } from "./notification-settings.ts";
import { createPairs } from "./pairs.ts";
import type { PositionDetailsStore } from "./position-details.ts";
import { createPositions } from "./positions.ts";
import { parseSignal, type Signal } from "./signal.ts";
import type { KeptSignal, SignalCache } from "./signal-cache.ts";
import type { SignalJobs } from "./signal-jobs.ts";
import { signalKey } from "./signal-query.ts";
import { createSignals, type Refreshed, type RefreshOptions } from "./signals.ts";
import { StateObserver } from "./state.ts";

export interface BackendOptions extends BackendKeys {
  /** Origin of the backend, `http://HOST:PORT`. */
  readonly url: string;
  /** For a signal, which the backend may compute for up to 40 s (`backend-contract.md` 2.2). */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly details: PositionDetailsStore;
  readonly cache: SignalCache;
  /** Given as they are while younger, ms. */
  readonly signalFreshMs: number;
  /** Given while the backend is asked again, ms. */
  readonly signalStaleMs: number;
  /** Of the requests that the backend answers, what one person may take before others go first, from 0 to 1. */
  readonly personShare: number;
  readonly random?: () => number;
  readonly publish: (event: BackendEvent) => void;
  /** Waits for signals that the backend answers with a job; without it, such an answer makes no sense. */
  readonly jobs?: SignalJobs;
  /** Told of every signal that a person asked for and got, by its key. */
  readonly onSignalAsked?: (key: string) => void;
}

/** Everything but a signal is a look into the backend's memory or database; one that takes longer is in trouble. */
const plainTimeoutMs = 10_000;

/** Keeps a signal new that nobody asks for just now, as far as the budget has room for that. */
export type RefreshAhead = (query: SignalQuery, options: Omit<RefreshOptions, "mayAsk">) => Promise<Refreshed>;

export function createBackend(options: BackendOptions): Backend & { readonly refreshAhead: RefreshAhead } {
  const { url, clock, publish, details } = options;
  const state = new StateObserver(clock, () => {
    if ([...circuits.states.values()].some((circuit) => circuit !== "closed")) return "down";
    return budget.spent ? "busy" : undefined;
  });
  const budget = new RequestBudget({ clock, personShare: options.personShare });
  const circuits = new Circuits({
    onState: (family, circuit) => publish({ kind: "backendCircuit", family, state: circuit }),
  });
  const send = createHttp({
    url,
    clock,
    apiKey: options.apiKey,
    subscriptionsApiKey: options.subscriptionsApiKey,
    publish(event) {
      state.observe(event);
      publish(event);
    },
  });
  const call = createCalls({ send, budget, circuits, clock, publish, random: options.random ?? Math.random });
  const timeoutMs = Math.min(options.timeoutMs, plainTimeoutMs);
  const accounts = createAccounts(call, timeoutMs);
  const { cache, signalFreshMs: freshMs, signalStaleMs: staleMs, onSignalAsked } = options;
  const { fetchSignal, refreshSignal } = createSignals({
    ask: createAskSignal(call, options.timeoutMs, options.jobs),
    ...{ cache, clock, freshMs, staleMs, publish },
    ...(onSignalAsked && { onAsked: onSignalAsked }),
  });
  return {
    fetchSignal,
    refreshAhead: (query, refresh) => refreshSignal(query, { ...refresh, mayAsk: () => budget.mayRunAhead }),
    ...createPositions({ call, clock, accounts, details, timeoutMs }),
    ...createNotificationSettings(call, timeoutMs),
    listPairs: createPairs(call, clock, timeoutMs),
    probe: (asker) => state.probe(call, asker),
  };
}

function createAskSignal(call: CallBackend, timeoutMs: number, jobs: SignalJobs | undefined) {
  const ask = <T>({ pair, timeframe, period }: SignalQuery, asker: Asker, data: z.ZodType<T>): Promise<T> =>
    call(
      {
        operation: "fetchSignal",
        method: "GET",
        path: "/trading/signal",
        query: { pair, timeframe, period },
        data,
        timeoutMs,
        // Of this route a 404 says that there are no candles for the pair.
        kinds: { 404: "unknownPair" },
      },
      asker,
    );
  return async (query: SignalQuery, asker: Asker): Promise<Signal | KeptSignal> => {
    const { pair } = query;
    if (jobs === undefined) return ask(query, asker, signalOf(pair));
    return jobs.fetch(signalKey(query), pair, () => ask(query, asker, signalOrJobOf(pair)));
  };
}

/** With 202, a job in its place: the signal is being computed, and comes by another way. */
const signalOrJobOf = (pair: string) =>
  z.union([z.object({ signal: z.null().optional(), jobId: jobIdSchema }), signalOf(pair)]);

const signalOf = (pair: string) =>
  z.object({ signal: z.unknown() }).transform(({ signal: raw }, context) => {
    const signal = parseSignal(raw, { pair });
    if (signal !== undefined) return signal;
    context.addIssue({ code: "custom", path: ["signal"], message: "not a signal" });
    return z.NEVER;
  });
