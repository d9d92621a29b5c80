import { setMaxListeners } from "node:events";
import type { Redis } from "ioredis";
import { LRUCache } from "lru-cache";
import { atMost } from "../at-most.ts";
import type { Clock } from "../clock.ts";
import { type Fence, runScript } from "../fence.ts";
import type { NotificationKeys } from "./keys.ts";
import type { DeliveryLane } from "./lane.ts";
import type { OpenPace } from "./open-pace.ts";
import { forgetChannelScript, keepChannelScript, pauseOpeningsScript } from "./scripts.ts";

export interface DirectChannelsOptions {
  readonly lane: DeliveryLane;
  readonly redis: Redis;
  readonly fence?: Fence | undefined;
  readonly keys: Pick<NotificationKeys, "channels" | "opensPausedUntil">;
  readonly pace: OpenPace;
  readonly clock: Clock;
  /** Told of every channel that was asked for. */
  readonly onOpen?: () => void;
  /** How many people's channels are remembered in the process. */
  readonly maxKnown?: number;
}

/** Who asks for a channel: somebody waits for the answer, or nobody does. */
export type Asker = "person" | "queue";

export type Channel =
  | { readonly kind: "known"; readonly channelId: string }
  /** No channel is opened before then, ms since the epoch. */
  | { readonly kind: "notNow"; readonly untilMs: number };

/** Discord names no time for 40003; reports speak of minutes, and trying sooner is what gets bots flagged (`discord-facts.md` 4.1). */
const openingPauseMs = 5 * 60_000;

/**
 * The direct message channel of each person. Opening many is what gets bots flagged (`discord-facts.md` 4.1), and Discord
 * always gives the same one, so each is opened once, also when several ask at the same time, and remembered for good.
 */
export class DirectChannels {
  readonly #options: DirectChannelsOptions;
  readonly #known: LRUCache<string, string>;
  readonly #opening = new Map<string, Promise<string>>();
  readonly #closing = new AbortController();

  constructor(options: DirectChannelsOptions) {
    this.#options = options;
    this.#known = new LRUCache(atMost(options.maxKnown ?? 50_000));
    // Every request under way listens to this one signal; Node takes more than ten listeners for a leak.
    setMaxListeners(0, this.#closing.signal);
  }

  /**
   * The person's channel, opened if it was not. A person does not wait for the pace of openings, but nobody passes a pause.
   * Rejects as the lane and Redis do; whoever stops waiting does not end the request for others.
   */
  async channelOf(personId: string, asker: Asker): Promise<Channel> {
    const known = this.#known.get(personId) ?? (await this.#recall(personId, asker));
    if (known !== undefined) return { kind: "known", channelId: known };
    const waitMs = this.#opening.has(personId) ? 0 : await this.#waitToOpen(asker);
    if (waitMs > 0) return { kind: "notNow", untilMs: this.#options.clock.now() + waitMs };
    // Another may have asked, and may even have been answered, meanwhile.
    const channelId = this.#known.get(personId) ?? (await (this.#opening.get(personId) ?? this.#open(personId)));
    return { kind: "known", channelId };
  }

  /** The channel is no longer there. Another one that was opened since is kept. */
  async forget(personId: string, channelId: string): Promise<void> {
    const { keys } = this.#options;
    if (this.#known.get(personId) === channelId) this.#known.delete(personId);
    await runScript(this.#options, forgetChannelScript, [keys.channels], [personId, channelId]);
  }

  /** Discord finds that too many were opened: nobody opens any for some minutes. */
  async pauseOpenings(): Promise<number> {
    const { keys, clock } = this.#options;
    const untilMs = clock.now() + openingPauseMs;
    await runScript(this.#options, pauseOpeningsScript, [keys.opensPausedUntil], [untilMs, openingPauseMs]);
    return untilMs;
  }

  /** Ends the requests under way. */
  close(): void {
    this.#closing.abort();
  }

  async #recall(personId: string, asker: Asker): Promise<string | undefined> {
    const { redis, keys } = this.#options;
    try {
      const channelId = (await redis.hget(keys.channels, personId)) ?? undefined;
      if (channelId !== undefined) this.#known.set(personId, channelId);
      return channelId;
    } catch (error) {
      // Somebody waits, and asking Discord again is harmless.
      if (asker === "person") return undefined;
      throw error;
    }
  }

  async #waitToOpen(asker: Asker): Promise<number> {
    const { pace, redis, keys, clock } = this.#options;
    if (asker === "queue") {
      const pausedMs = Number(await redis.get(keys.opensPausedUntil)) - clock.now();
      return pausedMs > 0 ? pausedMs : pace.take();
    }
    const [pausedUntilMs] = await Promise.all([redis.get(keys.opensPausedUntil).catch(() => 0), pace.count()]);
    return Math.max(0, Number(pausedUntilMs) - clock.now());
  }

  #open(personId: string): Promise<string> {
    const opening = this.#request(personId).finally(() => this.#opening.delete(personId));
    this.#opening.set(personId, opening);
    return opening;
  }

  async #request(personId: string): Promise<string> {
    const { lane, keys, onOpen = () => {} } = this.#options;
    onOpen();
    const { channelId } = await lane.openChannel(personId, this.#closing.signal);
    this.#known.set(personId, channelId);
    // Without it, it is opened once more after a restart.
    await runScript(this.#options, keepChannelScript, [keys.channels], [personId, channelId]).catch(() => {});
    return channelId;
  }
}
