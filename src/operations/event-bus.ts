type OfKind<E extends { kind: string }, K extends E["kind"]> = Extract<E, { kind: K }>;

/**
 * Where every part tells what happened, and whoever is interested listens: metrics, readiness, logs. Synchronous, in the
 * order of subscription. A listener can never harm the publisher: what it throws, or rejects with, goes to `onError`.
 */
export class EventBus<E extends { kind: string }> {
  readonly #listeners = new Set<(event: E) => unknown>();
  readonly #onError: (error: unknown, event: E) => void;

  constructor(onError: (error: unknown, event: E) => void) {
    this.#onError = onError;
  }

  /** Bound, so that it can be handed to a part as its way to publish. Never throws. */
  readonly publish = (event: E): void => {
    for (const listener of [...this.#listeners]) {
      try {
        const result = listener(event);
        if (result instanceof Promise) result.catch((error: unknown) => this.#report(error, event));
      } catch (error) {
        this.#report(error, event);
      }
    }
  };

  /** Listens to everything; the returned function ends it. */
  subscribe(listener: (event: E) => void): () => void {
    // A function of its own, so that one listener subscribed twice is told twice, and each ends on its own.
    const entry = (event: E): unknown => listener(event);
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  /** Listens to one kind; the returned function ends it. */
  on<K extends E["kind"]>(kind: K, listener: (event: OfKind<E, K>) => void): () => void {
    const isOfKind = (event: E): event is OfKind<E, K> => event.kind === kind;
    return this.subscribe((event) => (isOfKind(event) ? listener(event) : undefined));
  }

  #report(error: unknown, event: E): void {
    try {
      this.#onError(error, event);
    } catch {
      // There is nobody left to tell.
    }
  }
}
