import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { Clock } from "../clock.ts";
import { askRedis } from "./ask-redis.ts";

/** Discord counts identifies over a day (`discord-facts.md` 3.2). */
export const dayMs = 24 * 60 * 60_000;
/** A start that long ago says nothing of the next one, ms. */
const startsForgottenAfterMs = 60 * 60_000;
/** More than make a difference. */
const startsRemembered = 20;

/** What the processes of this bot did until now; without Redis, what this one did. */
export interface PastIdentifies {
  /** Of all processes, ascending wall-clock times within the last day, ms. */
  readonly atMs: readonly number[];
  /** Starts before this one that neither ended as they were asked to nor ran for long. */
  readonly failedStarts: number;
}

export interface IdentifyHistoryOptions {
  /** Created with `enableOfflineQueue: false`. */
  readonly redis: Redis;
  /** Names the bot token. */
  readonly fingerprint: string;
  readonly clock: Clock;
  /** Whether one process runs after the other, so that a start means that the one before has ended. */
  readonly countsStarts: boolean;
  readonly onError: (error: unknown) => void;
}

/** The identifies and the starts of this bot, kept in Redis, so that a process knows what those before it spent. */
export class IdentifyHistory {
  readonly #options: IdentifyHistoryOptions;
  readonly #identifiesKey: string;
  readonly #startsKey: string;
  #own: number[] = [];
  #started = false;

  constructor(options: IdentifyHistoryOptions) {
    this.#options = options;
    this.#identifiesKey = `signalguard:${options.fingerprint}:gateway:identifies`;
    this.#startsKey = `signalguard:${options.fingerprint}:gateway:starts`;
  }

  async past(): Promise<PastIdentifies> {
    const { redis, clock, countsStarts } = this.#options;
    const nowMs = clock.now();
    const seen = await this.#ask(() =>
      Promise.all([
        redis.zrangebyscore(this.#identifiesKey, nowMs - dayMs, "+inf", "WITHSCORES"),
        countsStarts ? redis.lrange(this.#startsKey, 0, -1) : [],
      ]),
    );
    if (seen === undefined) return { atMs: this.#own.filter((atMs) => atMs >= nowMs - dayMs), failedStarts: 0 };
    const [membersAndScores, starts] = seen;
    const recent = starts.filter((atMs) => nowMs - Number(atMs) < startsForgottenAfterMs).length;
    return {
      atMs: membersAndScores.filter((_, index) => index % 2 === 1).map(Number),
      failedStarts: Math.max(0, this.#started ? recent - 1 : recent),
    };
  }

  /** This process connects now. Once is enough. */
  async started(): Promise<void> {
    const { redis, clock, countsStarts } = this.#options;
    if (this.#started || !countsStarts) return;
    this.#started = true;
    await this.#ask(() =>
      Promise.all([
        redis.lpush(this.#startsKey, clock.now()),
        redis.ltrim(this.#startsKey, 0, startsRemembered - 1),
        redis.pexpire(this.#startsKey, startsForgottenAfterMs),
      ]),
    );
  }

  /** An IDENTIFY is about to be sent. */
  async identified(): Promise<void> {
    const { redis, clock } = this.#options;
    const nowMs = clock.now();
    this.#own = [...this.#own.filter((atMs) => atMs >= nowMs - dayMs), nowMs];
    await this.#ask(() =>
      Promise.all([
        redis.zadd(this.#identifiesKey, nowMs, `${nowMs}:${randomUUID()}`),
        redis.zremrangebyscore(this.#identifiesKey, "-inf", nowMs - dayMs),
        redis.pexpire(this.#identifiesKey, dayMs),
      ]),
    );
  }

  /** This process has run well, or ends as it was asked to: the next start is like a first one. */
  async proven(): Promise<void> {
    const { redis, countsStarts } = this.#options;
    if (countsStarts) await this.#ask(() => redis.del(this.#startsKey));
    this.#started = false;
  }

  #ask<T>(question: () => Promise<T>): Promise<T | undefined> {
    const { redis, clock, onError } = this.#options;
    return askRedis(redis, clock, question, onError);
  }
}
