import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { Asker } from "./backend.ts";
import type { CallBackend } from "./http.ts";
import { SingleFlight } from "./single-flight.ts";

/** The list changes with a release of the backend. */
const keptMs = 10 * 60_000;
/** Every keystroke in an autocompletion asks: a failing backend is not asked by each (`backend-contract.md` 1.3). */
const keptAfterFailureMs = 60_000;

/** What the backend lists by default (`backend-contract.md` 2.3), less what it has no candles for. */
const builtInPairs: readonly string[] = [
  ...["EUR/USD", "GBP/USD", "USD/JPY", "USD/CHF", "AUD/USD", "USD/CAD", "NZD/USD"],
  ...["EUR/GBP", "EUR/AUD", "EUR/JPY", "GBP/JPY", "CHF/JPY", "AUD/JPY"],
];

/** The pairs worth suggesting; never throws. While the backend cannot be asked: the last list it gave, else a built-in one. */
export function createPairs(call: CallBackend, clock: Clock, timeoutMs: number) {
  let pairs = builtInPairs;
  let freshUntilMs = Number.NEGATIVE_INFINITY;
  const flight = new SingleFlight<readonly string[]>();

  const ask = async (own: Asker): Promise<readonly string[]> => {
    try {
      const path = "/market/pairs";
      const data = pairsSchema;
      // There is another list; a second request is not worth it.
      const repeatable = false;
      const answer = await call({ operation: "listPairs", method: "GET", path, data, timeoutMs, repeatable }, own);
      pairs = answer.pairs.filter(({ available }) => available !== false).map(({ pair }) => pair);
      freshUntilMs = clock.monotonic() + keptMs;
    } catch {
      // Counted by whoever hears of calls; here the old list does.
      freshUntilMs = clock.monotonic() + keptAfterFailureMs;
    }
    return pairs;
  };

  return async (asker: Asker): Promise<readonly string[]> => {
    if (clock.monotonic() < freshUntilMs) return pairs;
    return flight.join("pairs", "listPairs", asker, ask).catch(() => pairs);
  };
}

const pairsSchema = z.object({
  pairs: z
    .array(z.object({ pair: z.string().regex(/^[A-Z]{3}\/[A-Z]{3}$/), available: z.boolean().optional() }))
    .min(1),
});
