import type { Clock } from "../../../src/clock.ts";
import { Lease, type LeaseLostError } from "../../../src/instance/lease.ts";
import type { Acquisition, LeaseSettings, LeaseStore } from "../../../src/instance/lease-store.ts";

/** How one request goes, as a network lets it. */
export interface Trip {
  /** Until it takes effect, ms; undefined when it never does. */
  readonly thereMs: number | undefined;
  /** Until the answer is back after that, ms; undefined when it never is. */
  readonly backMs: number | undefined;
  /** The one who asks is told after this time that it failed, ms, whatever became of it. */
  readonly failsAfterMs?: number;
}

export const direct: Trip = { thereMs: 1, backMs: 1 };

/** Redis, as far as the lease goes: one truth and one clock, requests that take their time to it and back. */
export class ModelRedis {
  readonly clock: Clock;
  #holder: { readonly id: string; readonly token: string; untilMs: number } | undefined;
  fence: string | undefined;
  readonly #finishing = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  /** Every token there ever was, in order. */
  readonly tokens: string[] = [];

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** What a fenced write with this token comes to. */
  accepts(token: string): boolean {
    return this.fence === token || this.#finishingTokens().includes(token);
  }

  /** Restarted without its data. */
  forget(): void {
    this.#holder = undefined;
    this.fence = undefined;
    this.#finishing.clear();
  }

  store(id: string, trip: () => Trip, onFree: () => void): LeaseStore {
    this.#listeners.add(onFree);
    const request = <T>(effect: () => T): Promise<T> =>
      new Promise((resolve, reject) => {
        const { thereMs, backMs, failsAfterMs } = trip();
        if (failsAfterMs !== undefined) this.clock.schedule(failsAfterMs, () => reject(new Error("no answer")));
        if (thereMs === undefined) return;
        this.clock.schedule(thereMs, () => {
          const answer = effect();
          if (backMs !== undefined) this.clock.schedule(backMs, () => resolve(answer));
        });
      });
    return {
      acquire: (durationMs, seen) => request(() => this.#acquire(id, durationMs, seen)),
      renew: (durationMs, token) => request(() => this.#renew(id, durationMs, token)),
      passOn: (token, finishMs) => request(() => this.#passOn(token, finishMs)),
      leave: (token) => request(() => this.#leave(id, token)),
    };
  }

  #acquire(id: string, durationMs: number, seen: string | undefined): Acquisition {
    const nowMs = this.clock.now();
    const holder = this.#live();
    if (holder !== undefined && holder.id !== id) {
      return { kind: "held", leftMs: holder.untilMs - nowMs, token: holder.token, holder: undefined };
    }
    if (holder === undefined) {
      if (seen !== undefined && this.fence === undefined) return { kind: "forgotten" };
      this.fence = `${Number((this.fence ?? "0").split(":")[0]) + 1}:${id}`;
      this.tokens.push(this.fence);
    }
    const token = this.fence ?? "";
    this.#holder = { id, token, untilMs: nowMs + durationMs };
    return { kind: "ours", token, finishing: this.#finishingTokens() };
  }

  #renew(id: string, durationMs: number, token: string): boolean {
    if (this.fence !== undefined && this.fence !== token) return false;
    const holder = this.#live();
    if (holder !== undefined && holder.id !== id) return false;
    this.fence = token;
    this.#holder = { id, token, untilMs: this.clock.now() + durationMs };
    return true;
  }

  #passOn(token: string, finishMs: number): boolean {
    if (this.#live()?.token !== token) return false;
    this.#finishing.set(token, this.clock.now() + finishMs);
    this.#free();
    return true;
  }

  #leave(id: string, token: string | undefined): void {
    this.#finishing.delete(token ?? "");
    if (this.#live()?.id === id) this.#free();
  }

  #free(): void {
    this.#holder = undefined;
    for (const listener of this.#listeners) this.clock.schedule(1, listener);
  }

  #live() {
    return this.#holder !== undefined && this.#holder.untilMs > this.clock.now() ? this.#holder : undefined;
  }

  #finishingTokens(): readonly string[] {
    return [...this.#finishing].filter(([, untilMs]) => untilMs > this.clock.now()).map(([token]) => token);
  }
}

/** One process on a host with a clock of its own. */
export class ModelProcess {
  readonly lease: Lease;
  /** What it was told, in order. */
  readonly told: string[] = [];
  lost: LeaseLostError | undefined;
  /** For how long it may act, as it was told last, and when that was. */
  acting: { readonly atMs: number; readonly forMs: number } | undefined;
  token: string | undefined;
  finishing: readonly string[] = [];

  constructor(
    redis: ModelRedis,
    id: string,
    options: {
      readonly settings: LeaseSettings;
      readonly clock?: Clock;
      readonly trip?: () => Trip;
      readonly random?: () => number;
    },
  ) {
    const { settings, clock = redis.clock, trip = () => direct, random = () => 0.5 } = options;
    this.lease = new Lease({
      store: redis.store(id, trip, () => this.lease.look()),
      settings,
      clock,
      random,
      reasonOf: (error) => (error instanceof Error ? error.message : "unknown"),
      onStandby: (leader) => this.told.push(typeof leader === "string" ? leader : `standby ${leader.epoch}`),
      onActing: (forMs) => {
        this.acting = { atMs: clock.monotonic(), forMs };
      },
      onLeading: ({ token, epoch, finishing }) => {
        this.token = token;
        this.finishing = finishing;
        this.told.push(`leader ${epoch}`);
      },
      onLost: (error) => {
        this.lost = error;
        this.told.push("lost");
      },
    });
  }
}

/** A host whose wall clock is off, and whose monotonic one runs faster or slower than Redis's. */
export const hostClock = (
  clock: Clock,
  { offMs = 0, rate = 1 }: { readonly offMs?: number; readonly rate?: number },
): Clock => ({
  now: () => clock.now() + offMs,
  monotonic: () => clock.monotonic() * rate,
  schedule: (delayMs, task) => clock.schedule(delayMs / rate, task),
});
