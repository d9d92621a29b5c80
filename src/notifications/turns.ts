/**
 * Takes a burst one by one, each in a turn of the event loop of its own: five hundred messages that arrive together must
 * not hold up an acknowledgement that arrives with them. A single one is taken at once.
 */
export class Turns<T> {
  readonly #take: (item: T) => void;
  readonly #waiting: T[] = [];
  #busy = false;

  constructor(take: (item: T) => void) {
    this.#take = take;
  }

  add(item: T): void {
    if (this.#busy) {
      this.#waiting.push(item);
      return;
    }
    this.#busy = true;
    setImmediate(() => this.#next());
    this.#take(item);
  }

  /** Takes everything that waits, now. */
  flush(): void {
    for (const item of this.#waiting.splice(0)) this.#take(item);
  }

  #next(): void {
    const item = this.#waiting.shift();
    this.#busy = item !== undefined;
    if (item === undefined) return;
    setImmediate(() => this.#next());
    this.#take(item);
  }
}
