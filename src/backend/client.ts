import { z } from "zod";
import type { Clock } from "../clock.ts";
import { createAccounts } from "./accounts.ts";
import type { Backend } from "./backend.ts";
import type { BackendEvent } from "./events.ts";
import { type CallBackend, createHttp } from "./http.ts";
import type { BackendKeys } from "./keys.ts";
import { createNotificationSettings } from "./notification-settings.ts";
import { createPairs } from "./pairs.ts";
import type { PositionDetailsStore } from "./position-details.ts";
import { createPositions } from "./positions.ts";
import { parseSignal } from "./signal.ts";
import { StateObserver } from "./state.ts";

export interface BackendOptions extends BackendKeys {
  /** Origin of the backend, `http://HOST:PORT`. */
  readonly url: string;
  /** For a signal, which the backend may compute for up to 40 s (`backend-contract.md` 2.2). */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly details: PositionDetailsStore;
  /** Hears of every request at its end. */
  readonly publish: (event: BackendEvent) => void;
}

/** Everything but a signal is a look into the backend's memory or database; one that takes longer is in trouble. */
const plainTimeoutMs = 10_000;

export function createBackend({ url, clock, publish, details, ...options }: BackendOptions): Backend {
  const state = new StateObserver(clock);
  const call = createHttp({
    url,
    clock,
    apiKey: options.apiKey,
    subscriptionsApiKey: options.subscriptionsApiKey,
    publish(event) {
      state.observe(event);
      publish(event);
    },
  });
  const timeoutMs = Math.min(options.timeoutMs, plainTimeoutMs);
  const accounts = createAccounts(call, timeoutMs);
  return {
    fetchSignal: createFetchSignal(call, options.timeoutMs),
    ...createPositions({ call, clock, accounts, details, timeoutMs }),
    ...createNotificationSettings(call, timeoutMs),
    listPairs: createPairs(call, clock, timeoutMs),
    probe: (asker) => state.probe(call, asker),
  };
}

function createFetchSignal(call: CallBackend, timeoutMs: number): Backend["fetchSignal"] {
  return async ({ pair, timeframe, period }, asker) =>
    call(
      {
        operation: "fetchSignal",
        method: "GET",
        path: "/trading/signal",
        query: { pair, timeframe, period },
        data: signalOf(pair),
        timeoutMs,
        // Of this route a 404 says that there are no candles for the pair.
        kinds: { 404: "unknownPair" },
      },
      asker,
    );
}

const signalOf = (pair: string) =>
  z.object({ signal: z.unknown() }).transform(({ signal: raw }, context) => {
    const signal = parseSignal(raw, { pair });
    if (signal !== undefined) return signal;
    context.addIssue({ code: "custom", path: ["signal"], message: "not a signal" });
    return z.NEVER;
  });
