import { randomUUID } from "node:crypto";
import { startNotifications } from "./app-notifications.ts";
import { keepSessions } from "./app-sessions.ts";
import { startSignalJobs } from "./app-signal-jobs.ts";
import { createBackend } from "./backend/client.ts";
import { createRedisPositionDetails } from "./backend/position-details.ts";
import { betweenRunsMs, createPrecompute } from "./backend/precompute.ts";
import { startPrecomputeRuns } from "./backend/precompute-runs.ts";
import { createSignalCache } from "./backend/signal-cache.ts";
import { createSignalUse } from "./backend/signal-use.ts";
import { delay, systemClock } from "./clock.ts";
import {
  type CommandDependencies,
  commandDefinitions,
  createAllowance,
  createCommands,
  createComponents,
  createModals,
  explain,
} from "./commands/index.ts";
import type { Config } from "./config.ts";
import { createGateway } from "./discord/gateway.ts";
import { createLateAnswers } from "./discord/late-answers.ts";
import { takeHost } from "./instance/host.ts";
import { lockScope } from "./instance/lock-scope.ts";
import { tokenFingerprint } from "./instance/token-fingerprint.ts";
import { createInteractionLayer, createRestLane, DiscordClock, keepRecovering } from "./interactions/index.ts";
import type { Logger } from "./logging.ts";
import { createNotificationQueue } from "./notifications/queue.ts";
import { createRuleStore } from "./notifications/rule-store.ts";
import { redisReason } from "./notifications/subscriber.ts";
import { wakingRules } from "./notifications/waking-rules.ts";
import { watchClock } from "./operations/clock-watch.ts";
import { EventBus } from "./operations/event-bus.ts";
import { logEvents } from "./operations/event-log.ts";
import type { BotEvent } from "./operations/events.ts";
import { createMetrics } from "./operations/metrics.ts";
import { Readiness } from "./operations/readiness.ts";
import { createOperationsServer } from "./operations/server.ts";
import { texts } from "./presentation/texts.ts";
import { createInteractionStore } from "./recovery/store.ts";
import { createRedisConnection } from "./redis-connection.ts";
import { RunningParts } from "./running-parts.ts";

/**
 * Nothing is received from the moment the gateway is told to close, but a connection that has died silently would be
 * waited for half a minute, and the interactions in flight with it, ms.
 */
const gatewayCloseMs = 1000;

/** A person gets at most one late answer in this time, ms. */
const lateAnswerIntervalMs = 60_000;

export interface AppOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly version: string;
  /** Called at most once, when the bot can do nothing more: the process has to stop the app and end. */
  readonly onFatal: (error: Error) => void;
  /** Aborted when the process is asked to stop; a start under way ends early then. */
  readonly stopping: AbortSignal;
}

export interface App {
  /** Where `/livez` and the like are answered. */
  readonly operationsUrl: string;
  /**
   * Answers what is in flight, gives up the rest, and lets go of everything. Resolves once; later calls get the same.
   *
   * @param why whether a person or a supervisor wants it, or something failed: starts after that are counted
   */
  stop(why: "asked" | "failed"): Promise<void>;
}

/**
 * The only place where parts are created and joined, with `app-notifications.ts` and `app-signal-jobs.ts` for those of one
 * subject. Starts them in order and resolves when interactions reach the bot; whatever was started is stopped, in reverse,
 * when a later part cannot be.
 *
 * @throws InstanceLockedError, OperationsServerError, TokenRefusedError, WrongApplicationError
 */
export async function startApp({ config, logger, version, onFatal, stopping }: AppOptions): Promise<App> {
  const clock = systemClock;
  const parts = new RunningParts(logger);
  let asked = false;
  const stop: App["stop"] = (why) => {
    asked ||= why === "asked";
    return parts.stop();
  };
  const runs = (name: string, stop: () => unknown): void => parts.add(name, stop);

  try {
    const fingerprint = tokenFingerprint(config.discord.token);
    if (config.instanceMode === "lock") {
      const host = await takeHost({
        ...{ fingerprint, version, now: () => clock.now() },
        onNoPidFile: (path, reason) =>
          logger.warn("no pid file could be written; the lock holds without it", { path, reason }),
      });
      runs("instance lock", host.release);
    }

    const bus = new EventBus<BotEvent>((error) => logger.error("an event listener failed", { error }));
    const { publish } = bus;
    logEvents(bus, logger);
    const readiness = new Readiness(bus);
    const queue = createNotificationQueue({ redis: config.redis, fingerprint });
    runs("queue", () => queue.close());
    const metrics = createMetrics({
      bus,
      readiness,
      version,
      commands: commandDefinitions.map(({ name }) => name),
      countOpen: () => queue.jobs.getJobCounts("waiting", "active", "delayed"),
    });
    let redisState: "up" | "down" | undefined;
    const redis = createRedisConnection({
      ...config.redis,
      onState: (state, reason) => {
        redisState = state;
        publish({ kind: "redis", state, reason });
      },
    });
    runs("redis", () => redis.disconnect());

    const jobs = startSignalJobs({ config, redis, clock, publish, runs });
    const { host, port } = config.http;
    const { instanceMode, signalHookSecret: secret } = config;
    const operations = createOperationsServer({
      ...{ host, port, clock, readiness, metrics, version, instanceMode },
      ...(secret !== undefined && { signalHook: { secret, receive: (text: string) => jobs.receive(text, "hook") } }),
    });
    const { url } = await operations.start();
    runs("operations server", operations.stop);
    logger.info("operations server listening", { url });

    const { url: backendUrl, signalFreshMs, signalKeepMs, precompute: choice } = config.backend;
    const signalUse = createSignalUse({ redis, backendUrl, clock });
    const backend = createBackend({
      ...config.backend,
      clock,
      publish,
      jobs,
      details: createRedisPositionDetails({ redis, clock }),
      cache: createSignalCache({ redis, backendUrl, clock, freshMs: signalFreshMs, keepMs: signalKeepMs }),
      ...(choice.kind === "learned" ? { onSignalAsked: signalUse.count } : {}),
    });
    const precompute = startPrecomputeRuns({
      ...{ redis, address: config.redis, fingerprint, clock, everyMs: betweenRunsMs(signalFreshMs) },
      run:
        choice.kind === "off"
          ? undefined
          : createPrecompute({
              choice,
              use: signalUse,
              refresh: backend.refreshAhead,
              freshMs: signalFreshMs,
              publish,
            }),
      onError: (error) => logger.warn("signals are not refreshed ahead", { reason: redisReason(error) }),
    });
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
    };

    const { confirmations, ledger, work } = startNotifications({
      ...{ config, fingerprint, queue, clock, publish, runs, logger },
      lane: { ...discord, token },
    });
    runs("notifications", () => work.stop());

    // Whoever ran here under the lock that is ours now is dead.
    const scope = config.instanceMode === "lock" ? lockScope() : undefined;
    // That Redis is down has been said; each interaction would say it again, several times.
    const redisFailure = (message: string) => (operation: string, error: unknown) =>
      logger[redisState === "up" ? "warn" : "debug"](message, { operation, reason: redisReason(error) });
    const store = createInteractionStore({
      redis,
      fingerprint,
      secret: token,
      clock,
      instanceId: `${scope ?? "anywhere"}:${randomUUID()}`,
      isKnownDead: (instanceId) => scope !== undefined && instanceId.startsWith(`${scope}:`),
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
      backend,
      messenger: confirmations,
      rules: wakingRules(createRuleStore({ redis, keys: queue.keys }), queue),
      history: ledger,
      clock,
      connections: () => ({ gatewayLatencyMs: gateway.latencyMs, redis: readiness.redis }),
    };
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
      allowance: createAllowance({ redis, fingerprint, clock, limits: config.allowance }),
    });
    const stopRecovering = keepRecovering(layer, clock);
    runs("interactions", async () => {
      stopRecovering();
      const unanswered = await layer.drain(config.drainTimeoutMs);
      if (unanswered > 0) logger.error("stopped with interactions unanswered", { unanswered });
    });

    const sessions = keepSessions({
      ...{ config, fingerprint, token, scope, redis, clock, publish, rest: discord },
      onError: redisFailure("the session at Discord could not be kept in Redis"),
    });
    runs("session", () => sessions.stop(asked));
    const gateway = createGateway({
      ...discord,
      ...sessions.gateway,
      token,
      applicationId,
      onInteraction: (interaction) => void layer.handle(interaction),
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
    runs("gateway", () => Promise.race([gateway.close(), delay(clock, gatewayCloseMs)]));
    if (maySessionStart) await gateway.connect();
    // They need none of what is stopped meanwhile, and the time of both together is more than a supervisor gives.
    runs("notifications, from now on", () => void work.stop());
    runs("precompute, from now on", () => void precompute.stop());
    runs("announcement", () => publish({ kind: "stopping" }));
    return { operationsUrl: url, stop };
  } catch (error) {
    await stop("failed");
    throw error;
  }
}
