import { z } from "zod";
import type { Clock } from "../clock.ts";
import { type Asker, BackendError, type BackendState, type Spared } from "./backend.ts";
import type { BackendCallEvent } from "./events.ts";
import type { CallBackend } from "./http.ts";
import { SingleFlight } from "./single-flight.ts";

/** The health route counts against the request budget (`backend-contract.md` 1.3), so it is asked this rarely. */
const freshForMs = 30_000;
const healthTimeoutMs = 5_000;

/** How the backend is doing, learned from calls that were made anyway. */
export class StateObserver {
  readonly #clock: Clock;
  readonly #inTrouble: () => boolean;
  readonly #flight = new SingleFlight<Spared | undefined>();
  #seen: { readonly kind: BackendState["kind"]; readonly latencyMs: number; readonly atMs: number } | undefined;

  /** @param inTrouble whether some family of routes is left alone: health says nothing of those (`backend-contract.md` 2.1) */
  constructor(clock: Clock, inTrouble: () => boolean) {
    this.#clock = clock;
    this.#inTrouble = inTrouble;
  }

  observe({ outcome, durationMs }: BackendCallEvent): void {
    const kind = stateOf(outcome);
    if (kind !== undefined) this.#seen = { kind, latencyMs: durationMs, atMs: this.#clock.monotonic() };
  }

  /** @throws {BackendError} only `aborted`. */
  async probe(call: CallBackend, asker: Asker): Promise<BackendState> {
    const old = this.#seen === undefined || this.#ageMs() >= freshForMs;
    const spared = old ? await this.#flight.join("health", "health", asker, (own) => askHealth(call, own)) : undefined;
    const { kind, latencyMs } = this.#seen ?? { kind: "down", latencyMs: 0 };
    const ageMs = this.#ageMs();
    if (this.#inTrouble()) return { kind: "down", latencyMs, ageMs };
    return { kind: spared === "budget" ? "busy" : kind, latencyMs, ageMs };
  }

  #ageMs(): number {
    return this.#seen === undefined ? 0 : this.#clock.monotonic() - this.#seen.atMs;
  }
}

/**
 * Its outcome is observed like any other; a failure is an answer to how the backend is doing, and so is what kept it from
 * being asked, which is returned.
 */
async function askHealth(call: CallBackend, own: Asker): Promise<Spared | undefined> {
  const timeoutMs = healthTimeoutMs;
  const repeatable = false;
  try {
    await call({ operation: "health", method: "GET", path: "/health", data: z.unknown(), timeoutMs, repeatable }, own);
    return undefined;
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    return error.spared;
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
