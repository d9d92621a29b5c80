import type { Clock } from "../clock.ts";
import type { ClaimedIds } from "./claimed-ids.ts";
import type { InteractionStore, OpenInteraction } from "./store.ts";

export interface PredecessorsOptions {
  readonly clock: Clock;
  readonly store: InteractionStore | undefined;
  readonly claimed: ClaimedIds;
}

/**
 * The processes that had interactions before this one and do not run any more: what they have left, and what of it this
 * one answers in their place.
 */
export class Predecessors {
  readonly #store: InteractionStore | undefined;
  readonly #claimed: ClaimedIds;
  readonly #beganAtMs: number;
  /** Few, and their events may have come again before. */
  readonly #answered = new Set<string>();
  /** What searches have found, whether or not somebody still waits. */
  readonly #found = new Set<string>();
  #searching: Promise<readonly OpenInteraction[]> | undefined;

  constructor({ clock, store, claimed }: PredecessorsOptions) {
    this.#store = store;
    this.#claimed = claimed;
    this.#beganAtMs = clock.monotonic();
  }

  /** Whether one of them may have had it: it is older than this layer. */
  mayHaveHad({ createdAtMs }: { readonly createdAtMs: number }): boolean {
    return createdAtMs < this.#beganAtMs;
  }

  /** Whether one of them had it, as far as the store can tell. */
  async had(interactionId: string): Promise<boolean | undefined> {
    return this.#store?.handledBefore?.(interactionId);
  }

  /** What they recorded and nobody answered, claimed for this process. */
  async search(): Promise<readonly OpenInteraction[]> {
    this.#searching = this.#store?.takeOver();
    const records = (await this.#searching) ?? [];
    for (const { target } of records) this.#found.add(target.id);
    return records;
  }

  /** Whether a search, also one that is under way, has found it. */
  async found(interactionId: string): Promise<boolean> {
    await this.#searching;
    return this.#found.has(interactionId);
  }

  /** This process answers it in their place: from now on, an event of it is one that comes again. */
  answerFor(interactionId: string): void {
    this.#claimed.claim(interactionId);
    this.#answered.add(interactionId);
  }

  answersFor(interactionId: string): boolean {
    return this.#answered.has(interactionId);
  }
}
