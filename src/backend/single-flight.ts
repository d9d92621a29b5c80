import { type Asker, BackendError } from "./backend.ts";

/**
 * One request for all who ask for the same at the same time. It belongs to none of them: one who gives up (`asker.signal`)
 * leaves it running for the others. `start` gets the first asker with a signal that never aborts, and must end by itself.
 */
export class SingleFlight<T> {
  readonly #running = new Map<string, Promise<T>>();

  /** @throws {BackendError} `aborted` when `asker.signal` aborts first; what `start` throws. */
  async join(key: string, operation: string, asker: Asker, start: (own: Asker) => Promise<T>): Promise<T> {
    if (asker.signal.aborted) throw new BackendError("aborted", operation);
    let running = this.#running.get(key);
    if (running === undefined) {
      running = start({ ...asker, signal: new AbortController().signal }).finally(() => this.#running.delete(key));
      this.#running.set(key, running);
    }
    return waitFor(running, operation, asker.signal);
  }
}

function waitFor<T>(running: Promise<T>, operation: string, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new BackendError("aborted", operation));
    signal.addEventListener("abort", giveUp, { once: true });
    running.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
