import { createHash } from "node:crypto";
import type { Clock } from "../../clock.ts";

export interface RateLimitedRequest {
  readonly method: string;
  /** The template, for example `/channels/:id/messages`. */
  readonly route: string;
  /** What the bucket is kept for: the channel, guild or webhook id and token of the path; empty when it has none. */
  readonly major: string;
  /** Whether it carries the bot's token. */
  readonly authenticated: boolean;
}

export type RateLimitDecision =
  | { readonly kind: "allowed"; readonly headers: Readonly<Record<string, string>> }
  | {
      readonly kind: "limited";
      readonly status: 429;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: { readonly message: string; readonly retry_after: number; readonly global: boolean };
    };

/** `count` requests in each window of `windowMs`, which begins with its first request. */
export interface Limit {
  readonly count: number;
  readonly windowMs: number;
}

export interface RateLimitOptions {
  readonly global?: Limit;
  readonly channelMessages?: Limit;
  readonly webhooks?: Limit;
  readonly openDms?: Limit;
  readonly commands?: Limit;
  readonly other?: Limit;
}

/**
 * Discord tells its limits only by headers. Known are the global one and what is commonly seen on messages and webhooks
 * (`discord-facts.md` 4.2); the others are chosen so that a well-behaved bot never meets them and a loop does.
 */
export const defaultLimits: Required<RateLimitOptions> = {
  global: { count: 50, windowMs: 1000 },
  channelMessages: { count: 5, windowMs: 5000 },
  webhooks: { count: 5, windowMs: 2000 },
  openDms: { count: 10, windowMs: 10_000 },
  commands: { count: 20, windowMs: 20_000 },
  other: { count: 50, windowMs: 1000 },
};

interface Window {
  used: number;
  /** On the monotonic clock. */
  readonly endsAt: number;
}

/**
 * Discord's rate limits: one bucket per route and major parameter, and a global one for requests with the bot's token. Callbacks of
 * interactions are outside all of them, webhook routes outside the global one (`discord-facts.md` 1.3, 4.2).
 */
export class RateLimits {
  readonly #clock: Clock;
  readonly #limits: Required<RateLimitOptions>;
  /** Begun windows in order of their beginning. Ended ones are dropped, so there are as many as the last seconds' traffic. */
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock, options: RateLimitOptions = {}) {
    this.#clock = clock;
    this.#limits = { ...defaultLimits, ...options };
  }

  /** Counts the request, or says how long it has to wait. A refused request counts nowhere. */
  take(request: RateLimitedRequest): RateLimitDecision {
    if (isCallback(request)) return { kind: "allowed", headers: {} };
    this.#dropEnded();
    const bucket = bucketOf(request);
    const limit = this.#limits[bucket.limit];
    const window = this.#windowOf(`${bucket.hash}:${request.major}`, limit);
    const global = isGloballyLimited(request) ? this.#windowOf(globalKey, this.#limits.global) : undefined;
    if (global !== undefined && global.used >= this.#limits.global.count) return this.#limited(global, {}, "global");
    if (window.used >= limit.count) return this.#limited(window, this.#headers(bucket.hash, limit, window), "user");
    window.used += 1;
    if (global !== undefined) global.used += 1;
    return { kind: "allowed", headers: this.#headers(bucket.hash, limit, window) };
  }

  /** How many windows are held now. */
  get size(): number {
    return this.#windows.size;
  }

  #windowOf(key: string, { windowMs }: Limit): Window {
    const now = this.#clock.monotonic();
    const current = this.#windows.get(key);
    if (current !== undefined && current.endsAt > now) return current;
    const window = { used: 0, endsAt: now + windowMs };
    this.#windows.delete(key);
    this.#windows.set(key, window);
    return window;
  }

  #dropEnded(): void {
    const now = this.#clock.monotonic();
    for (const [key, { endsAt }] of this.#windows) {
      // A longer window at the front may keep ended ones behind it, for its own length at most.
      if (endsAt > now) return;
      this.#windows.delete(key);
    }
  }

  #headers(hash: string, limit: Limit, window: Window): Record<string, string> {
    const resetAfterMs = window.endsAt - this.#clock.monotonic();
    return {
      "X-RateLimit-Limit": String(limit.count),
      "X-RateLimit-Remaining": String(limit.count - window.used),
      "X-RateLimit-Reset": seconds(this.#clock.now() + resetAfterMs),
      "X-RateLimit-Reset-After": seconds(resetAfterMs),
      "X-RateLimit-Bucket": hash,
    };
  }

  #limited(window: Window, headers: Record<string, string>, scope: "user" | "global"): RateLimitDecision {
    const retryAfterMs = window.endsAt - this.#clock.monotonic();
    return {
      kind: "limited",
      status: 429,
      headers: {
        ...headers,
        // Whole seconds in the header, fractions in the body.
        "Retry-After": String(Math.ceil(retryAfterMs / 1000)),
        "X-RateLimit-Scope": scope,
        ...(scope === "global" ? { "X-RateLimit-Global": "true" } : {}),
      },
      body: {
        message: "You are being rate limited.",
        retry_after: Number(seconds(retryAfterMs)),
        global: scope === "global",
      },
    };
  }
}

const globalKey = "global";

const isCallback = ({ route }: RateLimitedRequest): boolean =>
  route.startsWith("/interactions/") && route.endsWith("/callback");

const isWebhook = ({ route }: RateLimitedRequest): boolean => route.startsWith("/webhooks/");

const isGloballyLimited = (request: RateLimitedRequest): boolean => request.authenticated && !isWebhook(request);

/** All webhook routes of one token share a bucket; any other route has one for each method. */
const bucketOf = (request: RateLimitedRequest): { readonly limit: keyof RateLimitOptions; readonly hash: string } =>
  isWebhook(request)
    ? { limit: "webhooks", hash: hashOf("webhooks") }
    : { limit: limitOf(request), hash: hashOf(`${request.method} ${request.route}`) };

const limitOf = ({ method, route }: RateLimitedRequest): keyof RateLimitOptions => {
  if (/^\/channels\/[^/]+\/messages/.test(route)) return "channelMessages";
  if (method === "POST" && route === "/users/@me/channels") return "openDms";
  if (/^\/applications\/.*\/commands/.test(route)) return "commands";
  return "other";
};

/** Opaque, as Discord's are: clients only compare them. */
const hashOf = (name: string): string => createHash("sha256").update(name).digest("hex").slice(0, 32);

const seconds = (ms: number): string => (ms / 1000).toFixed(3);
