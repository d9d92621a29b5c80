import { EventEmitter } from "node:events";
import { LRUCache } from "lru-cache";
import { type Clock, delay } from "../clock.ts";
import { BackendError } from "./backend.ts";
import type { BackendEvent } from "./events.ts";
import { readJobResult } from "./job-result.ts";
import { parseSignal, type Signal } from "./signal.ts";
import type { KeptSignal } from "./signal-cache.ts";
import type { KeptResult, OpenJobs, SignalJobStore } from "./signal-job-store.ts";

/** What the backend answers in place of a signal that it has yet to compute. */
export interface SignalJob {
  readonly jobId: string;
}

export interface SignalJobsOptions {
  readonly store: SignalJobStore;
  readonly clock: Clock;
  /** After this, a job without a result is asked for once more, and after as long again given up, ms. */
  readonly timeoutMs: number;
  readonly publish: (event: BackendEvent) => void;
}

/** Asked once, and once more when nothing came of it. */
const mostAsked = 2;
/** A result that another process heard while this one did not stands in the store: looked for this often, ms. */
const lookEveryMs = 5_000;
/** Results that nobody waits for, and signals that are waited for: bounds on memory. */
const mostKept = 500;

/**
 * Signals that take the backend long: it answers with a job, and the result comes later, by Redis or by HTTP, to whichever
 * process hears it. Which job stands for which signal outlives the process, so that the one which goes on for it waits for
 * the same job. What is waited for here has left the backend: it holds no place in its bulkhead and no circuit.
 */
export class SignalJobs {
  readonly #options: SignalJobsOptions;
  readonly #open: LRUCache<string, OpenJobs>;
  readonly #results: LRUCache<string, KeptResult>;
  readonly #arrivals = new EventEmitter().setMaxListeners(0);

  constructor(options: SignalJobsOptions) {
    this.#options = options;
    const { clock, timeoutMs: ttl } = options;
    const kept = { max: mostKept, ttl, ttlResolution: 0, perf: { now: () => clock.monotonic() + 1 } };
    this.#open = new LRUCache<string, OpenJobs>(kept);
    this.#results = new LRUCache<string, KeptResult>(kept);
  }

  /**
   * Takes a result, whether somebody waits for it or not: it may come before the answer that names its job. The same one
   * again changes nothing.
   *
   * @param by `hook` came to this process alone
   * @returns false when it is no result
   */
  receive(text: string, by: "channel" | "hook"): boolean {
    const { store, clock, timeoutMs, publish } = this.#options;
    const result = readJobResult(text);
    if (result === undefined) {
      publish({ kind: "signalResultRefused", by });
      return false;
    }
    const kept = this.#results.get(result.jobId) ?? { text, cameAtMs: clock.now() };
    this.#results.set(result.jobId, kept);
    this.#arrivals.emit(arrivalOf(result.jobId));
    store.writeResult(result.jobId, kept, timeoutMs);
    if (by === "hook") store.announce(text);
    return true;
  }

  /**
   * The signal of a key: of the job that is open for it, or else what `ask` gets from the backend, waited for when that is
   * a job. Ends by itself.
   *
   * @throws {BackendError} what `ask` throws; `slow` when no result came, `down` when the job failed
   */
  async fetch(key: string, pair: string, ask: () => Promise<Signal | SignalJob>): Promise<Signal | KeptSignal> {
    const { clock, timeoutMs } = this.#options;
    let open = await this.#findOpen(key);
    if (open !== undefined) this.#tell("found");
    for (;;) {
      if (open !== undefined) {
        const result = await this.#resultOf(open.jobIds, Math.min(timeoutMs, open.askedAtMs + timeoutMs - clock.now()));
        if (result !== undefined) return this.#end(key, pair, result);
        this.#tell("overdue");
        if (open.jobIds.length >= mostAsked) {
          this.#forget(key);
          throw new BackendError("slow", operation);
        }
      }
      const answer = await ask();
      if (!("jobId" in answer)) {
        this.#forget(key);
        return answer;
      }
      // The earlier one may end after all, and would be as good.
      open = { jobIds: [...(open?.jobIds ?? []), answer.jobId], askedAtMs: clock.now() };
      this.#open.set(key, open);
      this.#options.store.writeOpen(key, open, timeoutMs);
      this.#tell("opened");
    }
  }

  async #findOpen(key: string): Promise<OpenJobs | undefined> {
    return this.#open.get(key) ?? (await this.#options.store.readOpen(key));
  }

  #forget(key: string): void {
    this.#open.delete(key);
    this.#options.store.removeOpen(key);
  }

  async #resultOf(jobIds: readonly string[], forMs: number): Promise<KeptResult | undefined> {
    const { clock, store } = this.#options;
    const endsAtMs = clock.monotonic() + forMs;
    for (;;) {
      const shared = await firstOf(jobIds.map((jobId) => store.readResult(jobId)));
      const result = jobIds.map((jobId) => this.#results.get(jobId)).find((kept) => kept !== undefined) ?? shared;
      const leftMs = endsAtMs - clock.monotonic();
      if (result !== undefined || leftMs <= 0) return result;
      await this.#arrival(jobIds, Math.min(leftMs, lookEveryMs));
    }
  }

  /** Resolves when a result of one of them comes, and after `forMs` at the latest. */
  async #arrival(jobIds: readonly string[], forMs: number): Promise<void> {
    const come = new AbortController();
    const wake = (): void => come.abort();
    for (const jobId of jobIds) this.#arrivals.on(arrivalOf(jobId), wake);
    await delay(this.#options.clock, forMs, come.signal);
    for (const jobId of jobIds) this.#arrivals.off(arrivalOf(jobId), wake);
  }

  #end(key: string, pair: string, { text, cameAtMs }: KeptResult): KeptSignal {
    this.#forget(key);
    const result = readJobResult(text);
    if (result?.kind === "failed") {
      this.#tell("failed");
      throw new BackendError("down", operation);
    }
    const signal = parseSignal(result?.signal, { pair });
    if (signal === undefined || signal.pair !== pair) {
      this.#tell("failed");
      throw new BackendError("badAnswer", operation, { issues: ["signal.pair: custom"] });
    }
    this.#tell("answered");
    return { signal, saidAtMs: cameAtMs };
  }

  #tell(step: Extract<BackendEvent, { kind: "signalJob" }>["step"]): void {
    this.#options.publish({ kind: "signalJob", step });
  }
}

const operation = "fetchSignal";

/** An emitter treats some names as its own. */
const arrivalOf = (jobId: string): string => `result ${jobId}`;

const firstOf = async <T>(all: readonly Promise<T | undefined>[]): Promise<T | undefined> =>
  (await Promise.all(all)).find((one) => one !== undefined);
