import type { Clock } from "../clock.ts";
import type { ClaimedIds } from "./claimed-ids.ts";
import type { Holder, InteractionRecord, InteractionStore, OpenInteraction } from "./store.ts";

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

  constructor({ clock, store, claimed }: PredecessorsOptions) {
    this.#store = store;
    this.#claimed = claimed;
    this.#beganAtMs = clock.monotonic();
  }

  /** Whether one of them may have had it: it is older than this layer. */
  mayHaveHad({ createdAtMs }: { readonly createdAtMs: number }): boolean {
    return createdAtMs < this.#beganAtMs;
  }

  /** Who had it besides this process; `unknown` where there is nothing that could tell. */
  async whoHad(interactionId: string): Promise<Holder> {
    return (await this.#store?.whoHad?.(interactionId)) ?? "unknown";
  }

  /** What they recorded and nobody answered, claimed for this process. */
  async search(): Promise<readonly OpenInteraction[]> {
    return (await this.#store?.takeOver()) ?? [];
  }

  /** What they acknowledged and did not record: see {@link InteractionStore.adopt}. */
  async adopt(record: InteractionRecord): Promise<"ours" | "theirs" | "unknown"> {
    return (await this.#store?.adopt?.(record)) ?? "unknown";
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
