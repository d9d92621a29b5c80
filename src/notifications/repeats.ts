import { LRUCache } from "lru-cache";
import type { Clock } from "../clock.ts";
import { contentDigest, notificationIdentity, untimedRepeatMs } from "./identity.ts";
import type { Notification } from "./message.ts";

export interface RepeatsOptions {
  readonly clock: Clock;
  /** How long a notification with a publication time is remembered, ms. */
  readonly rememberMs?: number;
  /** How many are remembered; beyond that the oldest are forgotten. */
  readonly maxRemembered?: number;
}

/** Tells a notification from one that has come before, within bounded memory. */
export class Repeats {
  readonly #rememberMs: number;
  readonly #seen: LRUCache<string, string>;

  constructor({ clock, rememberMs = 60 * 60_000, maxRemembered = 50_000 }: RepeatsOptions) {
    this.#rememberMs = rememberMs;
    this.#seen = new LRUCache({
      max: maxRemembered,
      // The cache takes a start at 0 for "never expires", where a clock may well begin.
      perf: { now: () => clock.monotonic() + 1 },
      ttlResolution: 0,
    });
  }

  /** The notification's identity, and whether it is a repeat; remembers it if not. A repeat does not extend the memory. */
  check(notification: Notification): { readonly identity: string; readonly repeat: boolean } {
    const digest = contentDigest(notification);
    const known = this.#seen.get(digest);
    if (known !== undefined) return { identity: known, repeat: true };
    const identity = notificationIdentity(notification, digest);
    const ttl = notification.publishedAtMs === undefined ? untimedRepeatMs : this.#rememberMs;
    this.#seen.set(digest, identity, { ttl });
    return { identity, repeat: false };
  }
}
