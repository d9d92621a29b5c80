import { type Clock, delay } from "../clock.ts";
import { type Asker, BackendError } from "./backend.ts";
import type { RequestBudget } from "./budget.ts";
import type { Circuits } from "./circuits.ts";
import type { BackendEvent } from "./events.ts";
import type { BackendCall, CallBackend, SendToBackend } from "./http.ts";

export interface CallsOptions {
  /** Makes one request. */
  readonly send: SendToBackend;
  readonly budget: RequestBudget;
  readonly circuits: Circuits;
  readonly clock: Clock;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  readonly publish: (event: BackendEvent) => void;
}

/** More would be felt by whoever waits, and by the backend. */
const mostAttempts = 3;
/** Before the second and the third attempt, ms; of each, a random part between half and all. */
const pausesMs = [200, 800] as const;
/** Who is asked to come back this soon waits for it, ms; later, somebody is told. */
const longestWaitMs = 2_000;

/**
 * The way of every call: nothing is sent through an open circuit or beyond the budget, and what is safe to repeat is
 * repeated when that may help, all within the one time the call has.
 */
export function createCalls(options: CallsOptions): CallBackend {
  const { clock, publish } = options;
  return async (call, asker) => {
    const endsAtMs = clock.monotonic() + call.timeoutMs;
    let answered: BackendError | undefined;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await attemptOnce(options, call, asker, endsAtMs);
      } catch (error) {
        if (!(error instanceof BackendError)) throw new BackendError("ourFault", call.operation);
        const { operation } = call;
        if (error.spared !== undefined) {
          publish({ kind: "backendSpared", operation, reason: error.spared, priority: asker.priority });
        }
        const pauseMs = pauseBefore(attempt + 1, call, error, options.random);
        if (pauseMs === undefined || clock.monotonic() + pauseMs >= endsAtMs) {
          // What an attempt met with says more than why there was no other.
          throw error.spared === undefined ? error : (answered ?? error);
        }
        answered = error;
        await delay(clock, pauseMs, asker.signal);
        if (asker.signal.aborted) throw new BackendError("aborted", operation);
      }
    }
  };
}

function attemptOnce<T>(
  { send, budget, circuits, clock, publish }: CallsOptions,
  call: BackendCall<T>,
  asker: Asker,
  endsAtMs: number,
): Promise<T> {
  const { path, operation } = call;
  return circuits.run(path, operation, asker.signal, async () => {
    const timeoutMs = endsAtMs - clock.monotonic();
    if (timeoutMs <= 0) throw new BackendError("slow", operation);
    const spending = budget.spend(asker);
    if (spending.kind === "refused") {
      throw new BackendError("busy", operation, { retryAfterMs: spending.retryAfterMs, spared: "budget" });
    }
    const { answer, limit } = await send({ ...call, timeoutMs }, asker.signal);
    // It has a limit of its own on top, and its headers tell of that one (`backend-contract.md` 1.3).
    const limitedApart = path.startsWith("/market/");
    spending.done(limitedApart ? undefined : limit);
    const { state } = budget;
    if (state !== undefined) publish({ kind: "backendBudget", limit: state.limit, remaining: state.remaining });
    if ("failure" in answer) {
      const { kind, retryAfterMs } = answer.failure;
      if (kind === "busy" && retryAfterMs !== undefined && !limitedApart) budget.pause(retryAfterMs);
      throw answer.failure;
    }
    return answer.data;
  });
}

/** Undefined when it is not to be tried again. */
function pauseBefore<T>(
  attempt: number,
  call: BackendCall<T>,
  error: BackendError,
  random: () => number,
): number | undefined {
  const safe = call.repeatable ?? call.method === "GET";
  if (attempt > mostAttempts || !safe || error.spared !== undefined) return undefined;
  const pauseMs = (pausesMs[attempt - 2] ?? 0) * (0.5 + random() / 2);
  if (error.kind === "down") return Math.max(pauseMs, error.retryAfterMs ?? 0);
  if (error.kind !== "busy" || error.retryAfterMs === undefined) return undefined;
  return error.retryAfterMs <= longestWaitMs ? error.retryAfterMs + pauseMs : undefined;
}
