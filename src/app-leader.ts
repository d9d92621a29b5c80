import type { Redis } from "ioredis";
import { startNotifications } from "./app-notifications.ts";
import { keepSessions } from "./app-sessions.ts";
import type { Backend } from "./backend/backend.ts";
import { type Clock, delay } from "./clock.ts";
import {
  type CommandDependencies,
  createAllowance,
  createCommands,
  createComponents,
  createModals,
  explain,
} from "./commands/index.ts";
import type { Config } from "./config.ts";
import { createGateway } from "./discord/gateway.ts";
import { createLateAnswers } from "./discord/late-answers.ts";
import { SharedDeadline } from "./discord/shared-deadline.ts";
import type { GuardThread } from "./discord/threaded-strategy.ts";
import {
  createInteractionLayer,
  createRestLane,
  DiscordClock,
  keepRecovering,
  OfferedTurns,
} from "./interactions/index.ts";
import { type Leadership, whileActing } from "./leadership.ts";
import type { Logger } from "./logging.ts";
import type { Published } from "./notifications/published.ts";
import type { NotificationQueue } from "./notifications/queue.ts";
import { createRuleStore } from "./notifications/rule-store.ts";
import { redisReason } from "./notifications/subscriber.ts";
import { wakingRules } from "./notifications/waking-rules.ts";
import { watchClock } from "./operations/clock-watch.ts";
import type { BotEventBus } from "./operations/events.ts";
import type { Readiness } from "./operations/readiness.ts";
import { texts } from "./presentation/texts.ts";
import { createInteractionStore } from "./recovery/store.ts";

/**
 * Nothing is received from the moment the gateway is told to close, but a connection that has died silently would be
 * waited for half a minute, and the interactions in flight with it, ms.
 */
const gatewayCloseMs = 1000;

/** A person gets at most one late answer in this time, ms. */
const lateAnswerIntervalMs = 60_000;

export interface LeadOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly bus: BotEventBus;
  readonly readiness: Readiness;
  readonly redis: Redis;
  readonly queue: NotificationQueue;
  readonly published: Published;
  readonly backend: Backend;
  /** Begins to ask the backend ahead for what people ask for. */
  readonly startPrecompute: () => { stop(): Promise<void> };
  /** Names the bot token. */
  readonly fingerprint: string;
  readonly leadership: Leadership;
  /** Told of each part, in the order of starting. */
  readonly runs: (name: string, stop: () => unknown) => void;
  /** Called when the bot can do nothing more. */
  readonly onFatal: (error: Error) => void;
  /** Whether the process ends because it was asked to. */
  readonly asked: () => boolean;
  /** Aborted when the process is asked to stop; a start under way ends early then. */
  readonly stopping: AbortSignal;
}

/**
 * Starts what only the leader does, in order: takes in and delivers notifications, answers for dead processes, and connects
 * to Discord. Resolves when interactions reach the bot.
 *
 * @throws TokenRefusedError, WrongApplicationError
 */
export async function lead(options: LeadOptions): Promise<void> {
  const { config, logger, clock, bus, readiness, redis, queue, published, backend, fingerprint, leadership } = options;
  const { runs, onFatal, stopping, asked, startPrecompute } = options;
  const { publish } = bus;
  const { fence } = leadership;
  // Who leads no more can end nothing: its successor does.
  const drainTimeoutMs = () => (leadership.mayAct() ? config.drainTimeoutMs : 0);

  const precompute = startPrecompute();
  runs("precompute", () => precompute.stop());

  const discordClock = new DiscordClock(clock);
  watchClock({
    bus,
    clock,
    offset: () => discordClock.offset(),
    onWrong: (offsetMs) =>
      logger.warn("this machine's clock differs from Discord's: set it (ages are corrected meanwhile)", {
        offsetMs: Math.round(offsetMs),
      }),
  });
  const { token, applicationId, apiUrl } = config.discord;
  const discord = {
    apiUrl,
    sampleDate: (date: string | null, sentAtMs: number, receivedAtMs: number) =>
      discordClock.sampleDate(date, sentAtMs, receivedAtMs),
    mayRequest: leadership.mayAct,
  };

  const { confirmations, ledger, work } = startNotifications({
    ...{ config, fingerprint, queue, published, fence, clock, publish, runs, logger, drainTimeoutMs },
    lane: { ...discord, token },
  });
  runs("notifications", () => work.stop());

  // That Redis is down has been said; each interaction would say it again, several times.
  const redisFailure = (message: string) => (operation: string, error: unknown) =>
    logger[redis.status === "ready" ? "warn" : "debug"](message, { operation, reason: redisReason(error) });
  const store = createInteractionStore({
    redis,
    fingerprint,
    secret: token,
    clock,
    fence,
    instanceId: leadership.instanceId,
    isKnownDead: leadership.isKnownDead,
    onError: redisFailure("interactions could not be kept in Redis"),
  });
  store.start();
  runs("interaction store", store.stop);

  const interactionLane = createRestLane(discord);
  runs("interaction lane", interactionLane.close);
  const lateAnswers = createLateAnswers({
    clock,
    send: (personId, answer, messageId) => confirmations.confirm(personId, answer, messageId),
    intervalMs: lateAnswerIntervalMs,
    reasons: texts.interaction,
  });
  const given: CommandDependencies = {
    backend: whileActing(leadership, backend),
    messenger: confirmations,
    rules: wakingRules(createRuleStore({ redis, fence, keys: queue.keys }), queue),
    history: ledger,
    clock,
    connections: () => ({ gatewayLatencyMs: gateway.latencyMs, redis: readiness.redis }),
  };
  const turns = config.stallGuard ? new OfferedTurns() : undefined;
  const layer = createInteractionLayer({
    clock,
    discordClock,
    lane: interactionLane,
    commands: createCommands(given),
    components: createComponents(given),
    modals: createModals(given),
    explain,
    texts: texts.interaction,
    publish,
    ...config.interactions,
    store,
    ...(config.lateAnswers ? { lateAnswers } : {}),
    guard: turns,
    allowance: createAllowance({ redis, fingerprint, clock, limits: config.allowance }),
  });
  const stopRecovering = keepRecovering(layer, clock);
  runs("interactions", async () => {
    stopRecovering();
    const unanswered = await layer.drain(drainTimeoutMs());
    if (unanswered > 0) logger.error("stopped with interactions unanswered", { unanswered });
  });

  const sessions = keepSessions({
    ...{ config, fingerprint, token, scope: leadership.scope, clock, publish, rest: discord },
    redis: whileActing(leadership, redis),
    onError: redisFailure("the session at Discord could not be kept in Redis"),
  });
  runs("session", () => sessions.stop(asked()));
  const gateway = createGateway({
    ...discord,
    ...sessions.gateway,
    guard: turns && guardThread({ config, turns, modes: layer.modes, leadership, onDied: onFatal }),
    token,
    applicationId,
    onInteraction: (interaction) => {
      // What comes after a long standstill may be answered by another one by now, and be long overdue.
      if (leadership.mayAct()) void layer.handle(interaction);
    },
    onState: (state, reason) => publish({ kind: "gateway", state, reason }),
    onResumed: () => publish({ kind: "gatewaySession", how: "resume" }),
    onClosedForGood: onFatal,
    onWarning: (message, error) => logger.warn(message, { error }),
  });
  bus.on("deliveriesHalted", ({ reason }) => {
    if (reason === "unauthorized") onFatal(new Error("Discord does not accept the bot's token any more"));
  });
  const maySessionStart = await sessions.awaitStart(stopping);
  await interactionLane.start();
  runs("lead", () => leadership.passOn());
  runs("gateway", () => Promise.race([gateway.close(), delay(clock, gatewayCloseMs)]));
  if (maySessionStart) await gateway.connect();
  // They need none of what is stopped meanwhile, and the time of both together is more than a supervisor gives.
  runs("notifications, from now on", () => void work.stop());
  runs("precompute, from now on", () => void precompute.stop());
}

/** Beside the bot's own file, as the build puts it. */
const threadProgram = new URL("./gateway-thread.js", import.meta.url);

function guardThread({
  config,
  leadership,
  ...rest
}: Pick<LeadOptions, "config" | "leadership"> & Pick<GuardThread, "turns" | "modes" | "onDied">): GuardThread {
  const mayActUntil = new SharedDeadline();
  leadership.watchActing((forMs) => mayActUntil.set(forMs));
  return { ...rest, ...config.interactions, program: threadProgram, mayActUntil };
}
