import { setMaxListeners } from "node:events";
import { LRUCache } from "lru-cache";
import type { DeliveryLane } from "./lane.ts";

/**
 * The direct-message channel of each person. Opening many is what gets bots flagged (`discord-facts.md` 4.1), and Discord
 * always gives the same one, so each is opened once, also when several ask at the same time.
 */
export class DirectChannels {
  readonly #lane: DeliveryLane;
  readonly #known: LRUCache<string, string>;
  readonly #opening = new Map<string, Promise<string>>();
  readonly #closing = new AbortController();

  constructor(lane: DeliveryLane, maxKnown: number) {
    this.#lane = lane;
    this.#known = new LRUCache({ max: maxKnown });
    // Every request under way listens to this one signal; Node takes more than ten listeners for a leak.
    setMaxListeners(0, this.#closing.signal);
  }

  /** The person's channel. Rejects as the lane does; a caller who stops waiting does not end the request for others. */
  async open(personId: string): Promise<string> {
    const known = this.#known.get(personId);
    if (known !== undefined) return known;
    const underWay = this.#opening.get(personId);
    if (underWay !== undefined) return underWay;
    const opening = this.#request(personId).finally(() => this.#opening.delete(personId));
    this.#opening.set(personId, opening);
    return opening;
  }

  forget(personId: string): void {
    this.#known.delete(personId);
  }

  /** Ends the requests under way. */
  close(): void {
    this.#closing.abort();
  }

  async #request(personId: string): Promise<string> {
    const { channelId } = await this.#lane.openChannel(personId, this.#closing.signal);
    this.#known.set(personId, channelId);
    return channelId;
  }
}
