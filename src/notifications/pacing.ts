import type { Clock } from "../clock.ts";

/** What a paced item must tell. */
export interface Paced {
  readonly personId: string;
}

export interface PacingOptions<T extends Paced> {
  readonly clock: Clock;
  /** From the end of one delivery to a person until the start of the next, ms. */
  readonly intervalMs: number;
  /** Resolves when the delivery has ended, however it ended. */
  readonly deliver: (item: T) => Promise<void>;
  /** Called when an item has to wait, with the number of those before it. */
  readonly onDeferred: (item: T, ahead: number) => void;
  /** Called with items that will never be delivered. */
  readonly onAbandoned: (count: number, reason: "tooMany" | "stopping") => void;
  /** Waiting items over all people. */
  readonly maxWaiting?: number;
  /** Waiting items of one person: at one a minute, sixty are an hour's signals, and older ones help nobody. */
  readonly maxWaitingPerPerson?: number;
  /** People who were sent something within the interval, or wait. */
  readonly maxPeople?: number;
}

interface Person<T> {
  readonly waiting: T[];
  /** Cancels the end of the pause; does nothing while a delivery is under way. */
  cancelPause: () => void;
}

/**
 * One delivery per interval and person. The first goes out at once, without a timer in between; what comes sooner waits,
 * in order. Nothing is dropped silently: every item is handed to `deliver` once, or counted in `onAbandoned`.
 */
export class Pacing<T extends Paced> {
  readonly #options: Required<PacingOptions<T>>;
  /** People who may not be sent anything just now: a delivery is under way, or its pause is not over. */
  readonly #people = new Map<string, Person<T>>();
  #waiting = 0;
  #stopped = false;

  constructor(options: PacingOptions<T>) {
    this.#options = { maxWaiting: 10_000, maxWaitingPerPerson: 60, maxPeople: 50_000, ...options };
  }

  get waiting(): number {
    return this.#waiting;
  }

  offer(item: T): void {
    const person = this.#people.get(item.personId);
    if (this.#stopped) this.#options.onAbandoned(1, "stopping");
    else if (person !== undefined) this.#wait(item, person);
    else if (this.#people.size < this.#options.maxPeople) this.#deliver(item, { waiting: [], cancelPause: () => {} });
    else this.#options.onAbandoned(1, "tooMany");
  }

  /** Delivers nothing more; what still waits is abandoned. Deliveries under way are not touched. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const person of this.#people.values()) person.cancelPause();
    this.#people.clear();
    const abandoned = this.#waiting;
    this.#waiting = 0;
    if (abandoned > 0) this.#options.onAbandoned(abandoned, "stopping");
  }

  #deliver(item: T, person: Person<T>): void {
    this.#people.set(item.personId, person);
    person.cancelPause = () => {};
    const pause = () => this.#pause(item.personId, person);
    void this.#options.deliver(item).then(pause, pause);
  }

  #pause(personId: string, person: Person<T>): void {
    if (this.#stopped) return;
    person.cancelPause = this.#options.clock.schedule(this.#options.intervalMs, () => {
      const next = person.waiting.shift();
      if (next === undefined) {
        this.#people.delete(personId);
        return;
      }
      this.#waiting -= 1;
      this.#deliver(next, person);
    });
  }

  /** When the person, or everybody together, has too many waiting, the person's oldest gives way to their newest. */
  #wait(item: T, person: Person<T>): void {
    const { maxWaiting, maxWaitingPerPerson, onAbandoned, onDeferred } = this.#options;
    if (this.#waiting >= maxWaiting || person.waiting.length >= maxWaitingPerPerson) {
      onAbandoned(1, "tooMany");
      if (person.waiting.shift() === undefined) return;
      this.#waiting -= 1;
    }
    person.waiting.push(item);
    this.#waiting += 1;
    onDeferred(item, person.waiting.length - 1);
  }
}
