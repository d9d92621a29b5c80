import { BackendError, type BackendErrorKind, type Spared } from "./backend.ts";
import type { RefreshAhead } from "./client.ts";
import type { BackendEvent } from "./events.ts";
import type { PrecomputeChoice } from "./precompute-choice.ts";
import { queryOfKey } from "./signal-query.ts";
import type { SignalUse } from "./signal-use.ts";

export interface PrecomputeOptions {
  readonly choice: Exclude<PrecomputeChoice, { kind: "off" }>;
  readonly use: Pick<SignalUse, "mostAsked">;
  readonly refresh: RefreshAhead;
  /** Signals are given as they are while younger, ms. */
  readonly freshMs: number;
  readonly publish: (event: BackendEvent) => void;
}

/** Often enough that signals stay new though one run is missed, or waits for the backend, ms. */
export const betweenRunsMs = (freshMs: number): number => Math.max(shortestMs, Math.round(freshMs / 4));
const shortestMs = 500;

/**
 * One run: of the signals that people want, those that could be out of date before the next run is done are asked for
 * again, the most wanted first and one after the other. When the budget or the backend refuses one, it ends there. Rejects
 * only when it cannot be known what people want.
 */
export function createPrecompute(options: PrecomputeOptions): (signal: AbortSignal) => Promise<void> {
  const { choice, use, freshMs, publish } = options;
  const olderThanMs = Math.max(0, freshMs - 2 * betweenRunsMs(freshMs));
  return async (signal) => {
    const keys = choice.kind === "listed" ? choice.keys : await use.mostAsked(choice.most);
    const counts = { refreshed: 0, fresh: 0, failed: 0 };
    let left = keys.length;
    let stoppedBy: Spared | BackendErrorKind | undefined;
    for (const key of keys) {
      const look = await lookAt(key, options.refresh, { olderThanMs, signal });
      if (look.kind === "stop") {
        stoppedBy = look.by;
        break;
      }
      counts[look.kind] += 1;
      left -= 1;
    }
    publish({ kind: "signalsPrecomputed", ...counts, left, stoppedBy });
  };
}

type Look =
  | { readonly kind: "refreshed" | "fresh" | "failed" }
  /** The next one would be refused as well. */
  | { readonly kind: "stop"; readonly by: Spared | BackendErrorKind };

async function lookAt(key: string, refresh: RefreshAhead, options: Parameters<RefreshAhead>[1]): Promise<Look> {
  const query = queryOfKey(key);
  if (query === undefined) return { kind: "failed" };
  try {
    const kind = await refresh(query, options);
    return kind === "notAllowed" ? { kind: "stop", by: "budget" } : { kind };
  } catch (error) {
    if (!(error instanceof BackendError)) return { kind: "stop", by: "ourFault" };
    const itsOwnFault = error.kind === "unknownPair" || error.kind === "badAnswer";
    return itsOwnFault ? { kind: "failed" } : { kind: "stop", by: error.spared ?? error.kind };
  }
}
