import { BackendError } from "./backend.ts";

/**
 * One request for all who ask for the same at the same time. It belongs to none of them: one who gives up (`signal`) leaves
 * it running for the others. `start` gets a signal that never aborts, and must end by itself.
 */
export class SingleFlight<T> {
  readonly #running = new Map<string, Promise<T>>();

  /** @throws {BackendError} `aborted` when `signal` aborts first; what `start` throws. */
  async join(key: string, operation: string, signal: AbortSignal, start: (own: AbortSignal) => Promise<T>): Promise<T> {
    if (signal.aborted) throw new BackendError("aborted", operation);
    let running = this.#running.get(key);
    if (running === undefined) {
      running = start(new AbortController().signal).finally(() => this.#running.delete(key));
      this.#running.set(key, running);
    }
    return waitFor(running, operation, signal);
  }
}

function waitFor<T>(running: Promise<T>, operation: string, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new BackendError("aborted", operation));
    signal.addEventListener("abort", giveUp, { once: true });
    running.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
