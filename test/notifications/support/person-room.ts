import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { createDeliveryLane } from "../../../src/discord/delivery-lane.ts";
import type { Halt } from "../../../src/notifications/delivery-end.ts";
import { type AcceptedNotification, DeliveryStep, type StepOutcome } from "../../../src/notifications/delivery-step.ts";
import { DirectChannels } from "../../../src/notifications/direct-channels.ts";
import type { NotificationEvent } from "../../../src/notifications/events.ts";
import { FailedAttempts } from "../../../src/notifications/failed-attempts.ts";
import { contentDigest } from "../../../src/notifications/identity.ts";
import { type NotificationKeys, notificationKeys } from "../../../src/notifications/keys.ts";
import type { DirectMessage } from "../../../src/notifications/lane.ts";
import { createLedger, type Ledger } from "../../../src/notifications/ledger.ts";
import { parseNotification } from "../../../src/notifications/message.ts";
import { MessageAttempts } from "../../../src/notifications/message-attempts.ts";
import { createOpenPace } from "../../../src/notifications/open-pace.ts";
import { PersonTurns } from "../../../src/notifications/person-turns.ts";
import { createRuleStore, type RuleStore } from "../../../src/notifications/rule-store.ts";
import { judgeByRules, slotOf } from "../../../src/notifications/rules.ts";
import type { MessageView } from "../../../src/notifications/settlement.ts";
import type { RequestFault, SandboxDiscord } from "../../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../../src/sandbox/discord/index.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

export interface RoomSettings {
  readonly intervalMs?: number;
  readonly editWithinMs?: number;
  readonly mostItems?: number;
  readonly opensPerSecond?: number;
  readonly crash?: Crash;
}

/** `kill -9` at one call to Redis or Discord: nothing that comes after it happens. */
export interface Crash {
  /** The first is 1. */
  readonly atCall: number;
  /** Whether that call still takes effect. */
  readonly takesEffect: boolean;
}

/** One process's way of delivering. Several may share one Redis and one Discord. */
export interface TestProcess {
  readonly step: DeliveryStep;
  readonly turns: PersonTurns;
  readonly channels: DirectChannels;
  run(accepted: AcceptedNotification, signal?: AbortSignal): Promise<StepOutcome>;
}

const plenty = { count: 10_000, windowMs: 1_000 };

/** Real Redis, real lane, the sandbox Discord, and one virtual clock for all but Redis. */
export class PersonRoom {
  readonly clock = new VirtualClock(Date.UTC(2026, 10, 21, 12));
  readonly keys: NotificationKeys = notificationKeys(randomUUID());
  readonly events: NotificationEvent[] = [];
  readonly halts: Halt[] = [];
  readonly redis: Redis;
  readonly discord: SandboxDiscord;
  readonly rules: RuleStore;
  readonly ledger: Ledger;
  readonly #closing: (() => unknown)[] = [];

  private constructor(redis: Redis, discord: SandboxDiscord, clock: VirtualClock) {
    this.redis = redis;
    this.discord = discord;
    this.clock = clock;
    this.rules = createRuleStore({ redis, keys: this.keys });
    this.ledger = createLedger({ redis, keys: this.keys });
  }

  static async open(redisUrl: string): Promise<PersonRoom> {
    const clock = new VirtualClock(Date.UTC(2026, 10, 21, 12));
    const limits = { global: plenty, channelMessages: plenty, openDms: plenty, other: plenty };
    const discord = await startSandboxDiscord({ clock, rateLimits: limits });
    return new PersonRoom(new Redis(redisUrl), discord, clock);
  }

  async close(): Promise<void> {
    for (const close of this.#closing.splice(0)) await close();
    this.redis.disconnect();
    await this.discord.close();
  }

  process(settings: RoomSettings = {}): TestProcess {
    const { intervalMs = 60_000, editWithinMs = 600_000, mostItems = 10, opensPerSecond = 1_000 } = settings;
    const { keys, clock, rules } = this;
    const life = mortal(settings.crash);
    const redis = life(this.redis);
    const realLane = createDeliveryLane({
      apiUrl: this.discord.apiUrl,
      token: this.discord.botToken,
      sampleDate: () => {},
      requestsPerSecond: 10_000,
      // Only of requests that hang, and real: what answers has time enough.
      timeoutMs: 3_000,
      onInvalidRequests: () => {},
    });
    const lane = life(realLane);
    const pace = createOpenPace({ redis: this.redis, key: keys.opens, opensPerSecond });
    const channels = new DirectChannels({ lane, redis, keys, pace, clock });
    const turns = new PersonTurns({ redis, keys, historyMs: 30 * 24 * 3_600_000 });
    const publish = (event: NotificationEvent) => void this.events.push(event);
    const halt = async (reason: Halt) => void this.halts.push(reason);
    const failed = new FailedAttempts({ turns, channels, rules, halt, clock, random: () => 1 });
    const attempts = new MessageAttempts({ turns, channels, lane, failed, render, clock, publish, intervalMs });
    const step = new DeliveryStep({ turns, attempts, rules, judge: judgeByRules, clock, editWithinMs, mostItems });
    this.#closing.push(realLane.close);
    const run: TestProcess["run"] = (accepted, signal = new AbortController().signal) => step.run(accepted, signal);
    return { step, turns, channels, run };
  }

  /** Published now, and accepted. */
  accept(personId: string, changes: Readonly<Record<string, unknown>> = {}): AcceptedNotification {
    this.#published += 1;
    const nowMs = this.clock.now();
    const payload = JSON.stringify({
      discordUserId: personId,
      ...{ pair: "EUR/USD", timeframe: "1h", timestamp: new Date(nowMs).toISOString() },
      signal: { signal: "buy", confidence: 0.8, signalStrength: "strong", entryPrice: 1 + this.#published / 10_000 },
      ...changes,
    });
    const parsed = parseNotification(payload, nowMs);
    if (parsed.kind === "malformed") throw new Error(parsed.reason);
    return { identity: contentDigest(parsed.notification), payload, notification: parsed.notification };
  }
  #published = 0;

  /** What the person sees, the oldest first. */
  seen(personId: string): readonly string[] {
    return this.discord.directMessages(personId).map(({ content }) => content);
  }

  /** The turn of a process that died is over. */
  async turnExpires(personId: string): Promise<void> {
    await this.redis.del(this.keys.person(personId).turn);
  }

  /** The requests of this kind that reached Discord. */
  requests(method: string, route: string): number {
    return this.discord.requests.filter((one) => one.method === method && one.route === route).length;
  }

  /** The next request to a channel's messages goes wrong. */
  sendingFails(outcome: RequestFault["outcome"], times = 1): void {
    this.discord.addRouteFault({ method: "POST", route: messages, times, fault: { outcome } as RequestFault });
  }
}

export const messages = "/channels/:id/messages";
export const message = "/channels/:id/messages/:message";
export const open = "/users/@me/channels";

export const lost = { kind: "reset", processed: true } as const;

/** One line a signal, and one button, as the real card has it. */
export const render = ({ items, deliveryKey }: MessageView): DirectMessage => ({
  content: items
    .map(({ notification: { signal }, previous }) => {
      const before = previous === undefined ? "" : ` (was ${previous.word})`;
      return `${signal.word} ${slotOf(signal)}${before}`;
    })
    .join("\n"),
  components: [{ type: 1, components: [{ type: 2, style: 2, label: "Mute", custom_id: `mute:${deliveryKey}:1` }] }],
});

export class Crashed extends Error {}

/** Counts the calls of everything it wraps together, and fails at the chosen one and at every one after it. */
function mortal(crash: Crash | undefined): <T extends object>(part: T) => T {
  let calls = 0;
  const call = async (perform: () => Promise<unknown>) => {
    calls += 1;
    if (crash === undefined || calls < crash.atCall) return perform();
    if (calls === crash.atCall && crash.takesEffect) await perform().catch(() => {});
    throw new Crashed();
  };
  return (part) =>
    new Proxy(part, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function" || typeof name !== "string") return member;
        const bound = member.bind(target);
        return mortalCalls.has(name) ? (...args: unknown[]) => call(() => bound(...args)) : bound;
      },
    });
}

const mortalCalls = new Set([
  ...["eval", "get", "set", "hget", "hset"],
  ...["openChannel", "sendMessage", "editMessage", "recentMessages"],
]);

/** How it ended, in a word; fails when it has not. */
export function ended(outcome: StepOutcome): string {
  if (outcome.kind !== "ended") throw new Error(`not ended: ${JSON.stringify(outcome)}`);
  const { end, reason } = outcome.done;
  return reason === undefined ? end : `${end} ${reason}`;
}
