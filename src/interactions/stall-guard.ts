import type { Acknowledged, RequestTrouble } from "./acknowledge.ts";
import { type Turn, takeTurn } from "./turn.ts";

/** What became of an acknowledgement that another thread sent. It was a defer, whatever the answer will be. */
export interface GuardedAcknowledgement extends Acknowledged {
  /** From the arrival in that thread until the ownership was known. */
  readonly durationMs: number;
  /** Then. */
  readonly ageMs: number;
  readonly troubles: readonly RequestTrouble[];
}

/** Another thread, which acknowledges what this one does not in time. */
export interface StallGuard {
  /**
   * Takes the first callback of an interaction for this thread, unless the other one has it. Decided before it returns; to
   * be asked once, right before the callback is sent.
   *
   * @returns undefined when the caller sends it, and nobody else will
   */
  take(interactionId: string): Promise<GuardedAcknowledgement> | undefined;
}

interface Offer {
  readonly turn: Turn;
  readonly ended: Promise<GuardedAcknowledgement>;
  readonly end: (acknowledged: GuardedAcknowledgement) => void;
}

/** A bound on memory only: an offer is forgotten when it is taken, and whatever is handled takes it. */
const mostOffers = 10_000;

/** What the thread was doing nobody can tell: Discord can. */
const lost: GuardedAcknowledgement = {
  ...{ ownership: "unreachable", cause: "noResponse", payload: "intended", evidence: "journal", mayHaveLanded: true },
  ...{ attempts: 1, hedges: 0, durationMs: 0, ageMs: 0, troubles: [] },
};

/** The guard as the main thread sees it: told by the other one, in the order in which that says so. */
export class OfferedTurns implements StallGuard {
  readonly #offers = new Map<string, Offer>();
  /** Taken by the other thread and asked for here, until it says how it ended. */
  readonly #awaited = new Map<string, Offer>();
  #lost = false;

  /** The event of this interaction is about to be emitted. */
  offered(interactionId: string, turn: Turn): void {
    let end: Offer["end"] = () => {};
    const ended = new Promise<GuardedAcknowledgement>((resolve) => {
      end = resolve;
    });
    this.#offers.set(interactionId, { turn, ended, end });
    const [oldest] = this.#offers.keys();
    if (this.#offers.size > mostOffers && oldest !== undefined) this.#offers.delete(oldest);
  }

  ended(interactionId: string, acknowledged: GuardedAcknowledgement): void {
    (this.#offers.get(interactionId) ?? this.#awaited.get(interactionId))?.end(acknowledged);
    this.#awaited.delete(interactionId);
  }

  /** The other thread is gone, and what it had not told is not told any more. */
  lost(): void {
    this.#lost = true;
    for (const { end } of this.#awaited.values()) end(lost);
    this.#awaited.clear();
  }

  take(interactionId: string): Promise<GuardedAcknowledgement> | undefined {
    const offer = this.#offers.get(interactionId);
    if (offer === undefined) return undefined;
    this.#offers.delete(interactionId);
    if (takeTurn(offer.turn)) return undefined;
    this.#awaited.set(interactionId, offer);
    if (this.#lost) offer.end(lost);
    return offer.ended.finally(() => this.#awaited.delete(interactionId));
  }
}
