import { once } from "node:events";
import { Redis } from "ioredis";
import { expect } from "vitest";
import type { Clock } from "../../src/clock.ts";
import type { Given, InteractionTarget } from "../../src/interactions/index.ts";
import type { InteractionRecord } from "../../src/interactions/store.ts";
import { storeKeys } from "../../src/recovery/keys.ts";
import { createInteractionStore, type InteractionStoreOptions, type RecoveryStore } from "../../src/recovery/store.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";

export const fingerprint = "0123456789abcdef";
export const keys = storeKeys(fingerprint);
export const interactionToken = "aW50ZXJhY3Rpb24-the-webhook-token";
const secret = "the.bot.token";

/** Longer than it takes to be sure that a missing instance is dead. */
export const longEnoughMs = 6_000;

export const person = { id: "800000000000000001", username: "nobody", displayName: "Nobody", locale: "zh-TW" };

const opening: Given = {
  kind: "command",
  input: {
    subcommand: "open",
    options: { pair: "EUR/USD", size: 1234.5, notes: "my retirement money", hedged: true },
    person,
  },
};

/** One process, as far as Redis can see it. */
export interface Process {
  readonly id: string;
  readonly store: RecoveryStore;
  readonly redis: Redis;
  /** `operation: message` of every failure it was told of. */
  readonly errors: readonly string[];
  /** `kill -9`: says nothing any more, and its liveness has expired. */
  die(): Promise<void>;
}

/** Several processes with one token on one Redis, all on one virtual clock. */
export class Processes {
  readonly clock = new VirtualClock();
  readonly #url: string;
  readonly #all: Process[] = [];
  #ids = 0n;

  constructor(url: string) {
    this.#url = url;
  }

  async start(id: string, overrides: Partial<InteractionStoreOptions> = {}): Promise<Process> {
    const redis = overrides.redis ?? (await connect(this.#url));
    const errors: string[] = [];
    const onError = (operation: string, error: unknown) => errors.push(`${operation}: ${String(error)}`);
    const { clock } = this;
    const store = createInteractionStore({
      ...{ fingerprint, secret, clock, instanceId: id, onError },
      ...overrides,
      redis,
    });
    store.start();
    await redis.ping();
    const die = async () => {
      redis.disconnect();
      await this.#outsider((other) => other.del(keys.instance(id)));
    };
    const process = { id, store, redis, errors, die };
    this.#all.push(process);
    return process;
  }

  /** Lets time pass while Redis answers: every refresh that becomes due goes through. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1_000) {
      await this.clock.advance(Math.min(1_000, ms - passed));
      await this.roundTrip();
    }
  }

  /** Everything sent so far has been answered. */
  async roundTrip(): Promise<void> {
    const reachable = this.#all.filter(({ redis }) => redis.status === "ready");
    await Promise.all(reachable.map(({ redis }) => redis.ping()));
    await settle();
  }

  /** What each gets who looks twice, all at the same time: whoever is missed both times is dead. */
  async afterMissing(takers: readonly Process[]): Promise<readonly (readonly InteractionRecord[])[]> {
    expect((await lookOf(takers)).flat()).toEqual([]);
    await this.pass(longEnoughMs);
    return lookOf(takers);
  }

  async end(): Promise<void> {
    for (const { redis } of this.#all) redis.disconnect();
  }

  /** A record of an interaction made just now. */
  record(given: Given = opening, target: Partial<InteractionTarget> = {}): InteractionRecord {
    return {
      ...given,
      target: { id: this.interactionId(), applicationId: "900000000000000001", token: interactionToken, ...target },
      command: "position",
      surface: "reply",
      visibility: "private",
    };
  }

  interactionId(): string {
    this.#ids += 1n;
    return String(((BigInt(this.clock.now()) - 1_420_070_400_000n) << 22n) + this.#ids);
  }

  async #outsider(task: (redis: Redis) => Promise<unknown>): Promise<void> {
    const redis = await connect(this.#url);
    await task(redis);
    redis.disconnect();
  }
}

/** As the bot connects: nobody waits for a Redis that is away. */
export async function connect(url: string): Promise<Redis> {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => 20,
  });
  redis.on("error", () => {});
  await ready(redis);
  return redis;
}

export async function ready(redis: Redis): Promise<void> {
  if (redis.status !== "ready") await once(redis, "ready");
}

/** The connection is known to be lost, and with it everything that was sent and not answered. */
export async function away(redis: Redis): Promise<void> {
  if (redis.status === "ready") await once(redis, "close");
  await settle();
}

/** A clock that goes wrong by `offByMs`, for what one machine thinks the time is. */
export const wrongClock = (clock: Clock, offByMs: number): Clock => ({
  now: () => clock.now() + offByMs,
  monotonic: () => clock.monotonic(),
  schedule: (delayMs, task) => clock.schedule(delayMs, task),
});

export const lookOf = (takers: readonly Process[]): Promise<readonly (readonly InteractionRecord[])[]> =>
  Promise.all(takers.map(({ store }) => store.takeOver()));

/** Redis counts a record's life down by itself; this takes some of it away. */
export async function agesBy(redis: Redis, id: string, ms: number): Promise<void> {
  await redis.pexpire(keys.record(id), (await redis.pttl(keys.record(id))) - ms);
}

/** A connection on which `around` runs the scripts. */
export const withScripts = (real: Redis, around: (run: () => unknown, script: unknown) => Promise<unknown>): Redis =>
  new Proxy(real, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...args: readonly unknown[]) => {
        const run = (): unknown => Reflect.apply(member, target, args);
        return name === "eval" ? around(run, args[0]) : run();
      };
    },
  });
