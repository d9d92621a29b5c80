import { randomUUID } from "node:crypto";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import { createDeliveryLane, type DeliveryLaneSettings } from "./discord/delivery-lane.ts";
import type { Fence } from "./fence.ts";
import type { Logger } from "./logging.ts";
import { createAcceptance } from "./notifications/acceptance.ts";
import { type Confirmations, createConfirmations } from "./notifications/confirmations.ts";
import type { Halt } from "./notifications/delivery-end.ts";
import { DeliveryGate } from "./notifications/delivery-gate.ts";
import { DeliveryStep } from "./notifications/delivery-step.ts";
import { DirectChannels } from "./notifications/direct-channels.ts";
import type { PublishNotificationEvent } from "./notifications/events.ts";
import { FailedAttempts } from "./notifications/failed-attempts.ts";
import { createLedger, type Ledger } from "./notifications/ledger.ts";
import { MessageAttempts } from "./notifications/message-attempts.ts";
import { notificationMessage, signalsPerMessage } from "./notifications/notification-message.ts";
import { createOpenPace } from "./notifications/open-pace.ts";
import { PersonTurns } from "./notifications/person-turns.ts";
import type { Published } from "./notifications/published.ts";
import type { NotificationQueue } from "./notifications/queue.ts";
import { createRuleStore } from "./notifications/rule-store.ts";
import { judgeByRules } from "./notifications/rules.ts";
import { SignalChangeStep } from "./notifications/signal-change-step.ts";
import { createStreamConsumer } from "./notifications/stream-consumer.ts";
import { createDeliveryWorker } from "./notifications/worker.ts";
import { RunningParts } from "./running-parts.ts";

export interface NotificationsOptions {
  readonly config: Pick<Config, "redis" | "notifications">;
  /** Names the bot token. */
  readonly fingerprint: string;
  readonly queue: NotificationQueue;
  /** May listen already, and keep what came. */
  readonly published: Published;
  /** Carried by every durable write, where processes lead one after the other. */
  readonly fence: Fence | undefined;
  readonly lane: Omit<DeliveryLaneSettings, "requestsPerSecond" | "onInvalidRequests">;
  readonly clock: Clock;
  /** How long what is under way at a stop may take, ms; asked then. */
  readonly drainTimeoutMs: () => number;
  readonly publish: PublishNotificationEvent;
  /** Told of each part that answers people as well, in the order of starting. */
  readonly runs: (name: string, stop: () => unknown) => void;
  readonly logger: Pick<Logger, "warn">;
}

export interface Notifications {
  readonly confirmations: Confirmations;
  readonly ledger: Ledger;
  /** Taking in and delivering, which nobody waits for: stopped by the caller. */
  readonly work: RunningParts;
}

/** Creates and joins the parts that turn what is published into messages, and starts them. */
export function startNotifications(options: NotificationsOptions): Notifications {
  const { config, fingerprint, queue, published, fence, clock, publish, runs, drainTimeoutMs } = options;
  const { intervalMs, editWithinMs, requestsPerSecond, opensPerSecond, changeChannelId, historyMs } =
    config.notifications;
  // Not the connection of the interactions: a storm of signals must not keep a command waiting for its claim.
  const { redis, keys } = queue;

  const gate = new DeliveryGate({ queue, worker: () => worker, clock, publish });
  const halt = (reason: Halt) => gate.halt(reason);
  const lane = createDeliveryLane({
    ...options.lane,
    requestsPerSecond,
    onInvalidRequests: (count, windowLeftMs) => gate.invalidRequests(count, windowLeftMs),
  });
  runs("delivery lane", lane.close);
  const pace = createOpenPace({ redis, key: keys.opens, opensPerSecond });
  const onOpen = () => publish({ kind: "channelOpened" });
  const channels = new DirectChannels({ lane, redis, fence, keys, pace, clock, onOpen });
  runs("direct channels", () => channels.close());
  const halted = () => gate.closed;
  const confirmations = createConfirmations({ lane, channels, clock, publish, halted, halt });
  runs("confirmations", () => confirmations.stop(drainTimeoutMs()));

  const rules = createRuleStore({ redis, fence, keys });
  const turns = new PersonTurns({ redis, fence, keys, historyMs });
  const failed = new FailedAttempts({ turns, channels, rules, halt, clock, random: Math.random });
  const render = notificationMessage;
  const attempts = new MessageAttempts({ turns, channels, lane, failed, render, clock, publish, intervalMs });
  const mostItems = signalsPerMessage;
  const notifications = new DeliveryStep({
    turns,
    attempts,
    rules,
    judge: judgeByRules,
    clock,
    editWithinMs,
    mostItems,
  });
  const changes = new SignalChangeStep({ channelId: changeChannelId, lane, redis, fence, keys, clock, halt });

  const acceptance = createAcceptance({
    queue: { ...queue, fence },
    clock,
    publish,
    announcesChanges: changeChannelId !== undefined,
  });
  const worker = createDeliveryWorker({
    ...{ redis: config.redis, keys, notifications, changes, clock, publish },
    accept: (entries) => acceptance.accept(entries),
  });
  const work = new RunningParts(options.logger);
  worker.start();
  work.add("deliveries", () => worker.stop(drainTimeoutMs()));
  gate.start();
  work.add("delivery gate", () => gate.stop());

  work.add("acceptance", () => acceptance.stop(acceptMs));
  const consumer = createStreamConsumer({
    ...{ redis: config.redis, fingerprint, acceptance, clock, publish },
    consumer: randomUUID(),
  });
  consumer.start();
  work.add("stream consumer", consumer.stop);
  published.start();
  published.deliverTo((text, meant, receivedAtMs) => acceptance.receive(text, meant, receivedAtMs));
  work.add("subscriber", published.stop);
  return { confirmations, ledger: createLedger({ redis, keys }), work };
}

/** For what was published just before the stop to reach Redis, ms. */
const acceptMs = 1_000;
