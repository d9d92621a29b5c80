import { LRUCache } from "lru-cache";
import { atMost } from "../at-most.ts";
import type { Clock } from "../clock.ts";
import type { Asker, Priority } from "./backend.ts";

/** What the backend says of its limit (`backend-contract.md` 1.3). */
export interface RateLimit {
  readonly limit: number;
  readonly remaining: number;
  /** Until all of it is there again, ms. */
  readonly resetAfterMs: number;
  /** How long the limit counts, ms; absent when it does not say. */
  readonly windowMs: number | undefined;
}

export type Spending =
  /** To be called once, when the request has ended, with what its answer said of the limit. */
  | { readonly kind: "granted"; done(limit: RateLimit | undefined): void }
  /** Nothing may be sent for this asker now; in `retryAfterMs` it will be allowed if nobody else asks. */
  | { readonly kind: "refused"; readonly retryAfterMs: number };

export interface RequestBudgetOptions {
  readonly clock: Clock;
  /** Of the limit, what one person may take before everybody else goes first, from 0 to 1. */
  readonly personShare: number;
}

/**
 * Of the whole window, what has to be left for those who go first. The nearer the window's end, the less is held back: what
 * nobody has asked for by then may be used.
 */
const heldBack: Readonly<Record<Priority, number>> = { person: 0, button: 0.05, refresh: 0.3, scan: 0.4 };

/** Refreshing ahead and scanning together could use up all that is free, and a scan has somebody who waits for it. */
const mostRefreshes = 0.3;

/** Of the limit, what running ahead may have refreshed at the beginning of a window, and how much more by its end. */
const ahead = { atFirst: 0.05, byTheEnd: 0.2 };

/** Two answers tell of the same window when its end is the same but for rounding and the network, ms. */
const sameEndMs = 2_000;
const maxPeople = 10_000;

interface Window {
  readonly limit: number;
  readonly lengthMs: number;
  readonly remaining: number;
  readonly endsAtMs: number;
  /** When the one before ended, of which answers may still arrive, while no answer has told of this one. */
  readonly assumedAfterMs?: number | undefined;
}

/**
 * The backend answers a number of requests in a while, for all people together. What it says of that is believed, and what
 * remains goes to who needs it most. Knows nothing before the first answer, and then lets everybody ask.
 */
export class RequestBudget {
  readonly #clock: Clock;
  readonly #personShare: number;
  readonly #people = new LRUCache<string, number>(atMost(maxPeople));
  #window: Window | undefined;
  #refreshes = 0;
  /** Sent, and not answered yet: what the last answer said does not count them for sure. */
  #open = 0;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;

  constructor({ clock, personShare }: RequestBudgetOptions) {
    this.#clock = clock;
    this.#personShare = personShare;
  }

  /** For whoever shows it; undefined while the backend has not said anything of a limit. */
  get state(): { readonly limit: number; readonly remaining: number; readonly resetAfterMs: number } | undefined {
    this.#turnOver();
    if (this.#window === undefined) return undefined;
    const { limit, remaining, endsAtMs } = this.#window;
    return { limit, remaining, resetAfterMs: endsAtMs - this.#clock.monotonic() };
  }

  /** Nothing is left, not even for a person who waits. */
  get spent(): boolean {
    this.#turnOver();
    return this.#waitMs("person", undefined) > 0;
  }

  /**
   * Whether there may be a refresh that nobody's question is behind. They are spread over the window: in its first minutes
   * they would otherwise use up what there is for refreshes, and leave nothing for what people look at.
   */
  get mayRunAhead(): boolean {
    this.#turnOver();
    if (this.#window === undefined) return true;
    const { limit, lengthMs, endsAtMs } = this.#window;
    const elapsed = 1 - (endsAtMs - this.#clock.monotonic()) / lengthMs;
    return this.#refreshes < limit * (ahead.atFirst + ahead.byTheEnd * elapsed);
  }

  spend({ priority, personId }: Pick<Asker, "priority" | "personId">): Spending {
    this.#turnOver();
    const retryAfterMs = this.#waitMs(priority, personId);
    if (retryAfterMs > 0) return { kind: "refused", retryAfterMs };
    // The backend says what it knows when the request arrives, and may take half a minute for the answer that says it.
    const sentAtMs = this.#clock.monotonic();
    this.#open += 1;
    if (priority === "refresh") this.#refreshes += 1;
    if (personId !== undefined) this.#people.set(personId, (this.#people.get(personId) ?? 0) + 1);
    return {
      kind: "granted",
      done: (limit) => {
        this.#open -= 1;
        if (limit !== undefined) this.#learn(limit, sentAtMs);
        // It may have been counted all the same.
        else this.#lower((this.#window?.remaining ?? 0) - 1);
      },
    };
  }

  /** The backend asked to be left alone for so long, ms. */
  pause(forMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#clock.monotonic() + forMs);
  }

  #waitMs(priority: Priority, personId: string | undefined): number {
    const nowMs = this.#clock.monotonic();
    const pausedMs = this.#pausedUntilMs - nowMs;
    if (pausedMs > 0 || this.#window === undefined) return pausedMs;
    const { limit, lengthMs, remaining, endsAtMs } = this.#window;
    const leftMs = endsAtMs - nowMs;
    const free = remaining - this.#open;
    if (free < 1) return leftMs;
    if (priority === "refresh" && this.#refreshes >= limit * mostRefreshes) return leftMs;
    const spent = personId === undefined ? 0 : (this.#people.get(personId) ?? 0);
    // Who has had their share is not refused while there is plenty, but goes last.
    const share = heldBack[spent < limit * this.#personShare ? priority : "scan"];
    const needed = (forMs: number): number => 1 + share * limit * (forMs / lengthMs);
    return free >= needed(leftMs) ? 0 : leftMs - ((free - 1) / (share * limit)) * lengthMs;
  }

  #learn({ limit, remaining, resetAfterMs, windowMs }: RateLimit, sentAtMs: number): void {
    const endsAtMs = sentAtMs + resetAfterMs;
    const told = { limit, remaining, endsAtMs, lengthMs: Math.max(windowMs ?? resetAfterMs, resetAfterMs, 1) };
    const known = this.#window;
    if (known === undefined) {
      this.#window = told;
      return;
    }
    if (known.limit === limit) {
      // Answers arrive in any order.
      if (Math.abs(known.endsAtMs - endsAtMs) < sameEndMs) {
        this.#lower(remaining);
        return;
      }
      // An answer of the window before says nothing of this one.
      if (endsAtMs < (known.assumedAfterMs === undefined ? known.endsAtMs : known.assumedAfterMs + sameEndMs)) return;
      if (known.assumedAfterMs !== undefined) {
        this.#window = { ...told, remaining: Math.min(known.remaining, remaining) };
        return;
      }
    }
    this.#begin(told);
  }

  #lower(remaining: number): void {
    const known = this.#window;
    if (known === undefined) return;
    this.#window = { ...known, remaining: Math.max(0, Math.min(known.remaining, remaining)) };
  }

  /** The window is over, so all of it is there again; the next answer says until when. */
  #turnOver(): void {
    const nowMs = this.#clock.monotonic();
    if (this.#window === undefined || nowMs < this.#window.endsAtMs) return;
    const { limit, lengthMs, endsAtMs } = this.#window;
    this.#begin({ limit, lengthMs, remaining: limit, endsAtMs: nowMs + lengthMs, assumedAfterMs: endsAtMs });
  }

  #begin(window: Window): void {
    this.#window = window;
    this.#refreshes = 0;
    this.#people.clear();
  }
}
