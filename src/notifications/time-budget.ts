import type { Clock } from "../clock.ts";
import type { DeliveryEnd } from "./delivery-end.ts";

type GivenUp = (DeliveryEnd & { kind: "failed" })["reason"];

/** The time one delivery has, and who may end it early. */
export class TimeBudget {
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #controller = new AbortController();
  readonly #detach: () => void;
  #givenUp: GivenUp | undefined;

  constructor(clock: Clock, withinMs: number, outer: AbortSignal | undefined) {
    this.#clock = clock;
    this.#deadlineMs = clock.monotonic() + withinMs;
    const giveUp = () => this.giveUp("gaveUp");
    const cancel = clock.schedule(withinMs, giveUp);
    outer?.addEventListener("abort", giveUp, { once: true });
    this.#detach = () => {
      cancel();
      outer?.removeEventListener("abort", giveUp);
    };
    if (outer?.aborted) giveUp();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get givenUp(): GivenUp | undefined {
    return this.#givenUp;
  }

  remainingMs(): number {
    return this.#deadlineMs - this.#clock.monotonic();
  }

  giveUp(reason: GivenUp): void {
    this.#givenUp ??= reason;
    this.#controller.abort();
  }

  /** To be called when the delivery has ended: lets go of the clock and of the caller's signal. */
  close(): void {
    this.#detach();
  }

  /** Settles as `work` does, or rejects when the delivery is given up: a hanging request holds nobody. */
  unlessGivenUp<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      const abandon = () => reject(signal.reason);
      if (signal.aborted) abandon();
      signal.addEventListener("abort", abandon, { once: true });
      void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abandon));
    });
  }
}
