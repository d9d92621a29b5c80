import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  TaskCancelledError,
} from "cockatiel";
import { BackendError } from "./backend.ts";

/** `halfOpen`: one request finds out whether the backend is there again. */
export type CircuitStateName = "closed" | "open" | "halfOpen";

export interface CircuitsOptions {
  readonly onState: (family: string, state: CircuitStateName) => void;
}

/** Failures in a row, of any of the family's routes, after which nobody is made to wait for another one. */
const failuresToOpen = 5;
/** Until one request may try again: short at first, because most outages are. */
const tryAgainAfter = { initialDelay: 1_000, maxDelay: 30_000 };
/** A backend that takes 40 s would otherwise collect every request of a busy hour. It answers 100 in a quarter of an hour. */
const atOnce = 128;
/** Those wait for their turn, as a whole server's people do who all ask at once; more would only time out. */
const inLine = 500;

interface Family {
  readonly breaker: ReturnType<typeof circuitBreaker>;
  readonly bulkhead: ReturnType<typeof bulkhead>;
}

/**
 * One circuit breaker and one bulkhead for each family of routes, because one family may be dead while another answers: the
 * database fails and signals with it, but what the backend has in memory goes on (`backend-contract.md` 4). Through an open
 * circuit nothing is sent, so that a dead backend costs nobody half a minute.
 */
export class Circuits {
  readonly #families = new Map<string, Family>();
  readonly #onState: CircuitsOptions["onState"];

  constructor({ onState }: CircuitsOptions) {
    this.#onState = onState;
  }

  /** The families asked so far, by what their circuit does. */
  get states(): ReadonlyMap<string, CircuitStateName> {
    return new Map([...this.#families].map(([name, { breaker }]) => [name, nameOf(breaker.state)]));
  }

  /**
   * @param path of the call: its first part names the family
   * @throws {BackendError} `down` when the circuit is open, `busy` when too many wait already; what `send` throws
   */
  async run<T>(path: string, operation: string, signal: AbortSignal, send: () => Promise<T>): Promise<T> {
    const family = this.#familyOf(path);
    // The library would keep everybody waiting for the one that tries.
    if (family.breaker.state === CircuitState.HalfOpen) throw new BackendError("down", operation, spared("circuit"));
    try {
      const outcome = await family.bulkhead.execute(() => family.breaker.execute(() => answerOf(send)), signal);
      if ("refusal" in outcome) throw outcome.refusal;
      return outcome.answer;
    } catch (error) {
      if (error instanceof BrokenCircuitError) throw new BackendError("down", operation, spared("circuit"));
      if (error instanceof BulkheadRejectedError) throw new BackendError("busy", operation, spared("bulkhead"));
      if (error instanceof TaskCancelledError) throw new BackendError("aborted", operation);
      throw error;
    }
  }

  #familyOf(path: string): Family {
    const name = path.split("/", 2)[1] ?? "";
    const known = this.#families.get(name);
    if (known !== undefined) return known;
    const breaker = circuitBreaker(
      // Where one request is to find out, one that was never answered has not found out.
      handleWhen((error) => isOutage(error) || breaker.state === CircuitState.HalfOpen),
      { halfOpenAfter: new ExponentialBackoff(tryAgainAfter), breaker: new ConsecutiveBreaker(failuresToOpen) },
    );
    breaker.onStateChange((state) => this.#onState(name, nameOf(state)));
    const family = { breaker, bulkhead: bulkhead(atOnce, inLine) };
    this.#families.set(name, family);
    return family;
  }
}

/** A refusal is an answer as well: whoever gave it is there. */
async function answerOf<T>(
  send: () => Promise<T>,
): Promise<{ readonly answer: T } | { readonly refusal: BackendError }> {
  try {
    return { answer: await send() };
  } catch (error) {
    if (error instanceof BackendError && error.status !== undefined && !isOutage(error)) return { refusal: error };
    throw error;
  }
}

/** What made others wait in vain too; a limit has a time of its own. */
const isOutage = (error: unknown): boolean =>
  error instanceof BackendError && (error.kind === "down" || error.kind === "slow");

const spared = (reason: "circuit" | "bulkhead") => ({ spared: reason });

function nameOf(state: CircuitState): CircuitStateName {
  switch (state) {
    case CircuitState.Closed:
      return "closed";
    case CircuitState.HalfOpen:
      return "halfOpen";
    case CircuitState.Open:
    case CircuitState.Isolated:
      return "open";
  }
}
