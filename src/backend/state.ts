import { z } from "zod";
import type { Clock } from "../clock.ts";
import { type Asker, BackendError, type BackendState } from "./backend.ts";
import type { BackendCallEvent } from "./events.ts";
import type { CallBackend } from "./http.ts";
import { SingleFlight } from "./single-flight.ts";

/** The health route counts against the request budget (`backend-contract.md` 1.3), so it is asked this rarely. */
const freshForMs = 30_000;
const healthTimeoutMs = 5_000;

/** How the backend is doing, learned from calls that were made anyway. */
export class StateObserver {
  readonly #clock: Clock;
  readonly #leftAlone: () => "down" | "busy" | undefined;
  readonly #flight = new SingleFlight<void>();
  #seen: { readonly kind: BackendState["kind"]; readonly latencyMs: number; readonly atMs: number } | undefined;

  /** @param leftAlone why calls are not made at the moment: of that, health says nothing (`backend-contract.md` 2.1) */
  constructor(clock: Clock, leftAlone: () => "down" | "busy" | undefined) {
    this.#clock = clock;
    this.#leftAlone = leftAlone;
  }

  observe({ outcome, durationMs }: BackendCallEvent): void {
    const kind = stateOf(outcome);
    if (kind !== undefined) this.#seen = { kind, latencyMs: durationMs, atMs: this.#clock.monotonic() };
  }

  /** @throws {BackendError} only `aborted`. */
  async probe(call: CallBackend, asker: Asker): Promise<BackendState> {
    const old = this.#seen === undefined || this.#ageMs() >= freshForMs;
    if (old && this.#leftAlone() === undefined) {
      await this.#flight.join("health", "health", asker, (own) => askHealth(call, own));
    }
    const { kind, latencyMs } = this.#seen ?? { kind: "down", latencyMs: 0 };
    return { kind: this.#leftAlone() ?? kind, latencyMs, ageMs: this.#ageMs() };
  }

  #ageMs(): number {
    return this.#seen === undefined ? 0 : this.#clock.monotonic() - this.#seen.atMs;
  }
}

/** Its outcome is observed like any other; a failure is an answer to how the backend is doing. */
async function askHealth(call: CallBackend, own: Asker): Promise<void> {
  const timeoutMs = healthTimeoutMs;
  const repeatable = false;
  try {
    await call({ operation: "health", method: "GET", path: "/health", data: z.unknown(), timeoutMs, repeatable }, own);
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
  }
}

/** Undefined when nothing can be concluded. A refusal is an answer; something else's answer is not the backend's. */
function stateOf(outcome: BackendCallEvent["outcome"]): BackendState["kind"] | undefined {
  switch (outcome) {
    case "ok":
    case "refused":
    case "unknownPair":
    case "notFound":
    case "conflict":
      return "up";
    case "busy":
      return "busy";
    case "down":
    case "slow":
    case "badAnswer":
      return "down";
    case "ourFault":
    case "aborted":
      return undefined;
  }
}
