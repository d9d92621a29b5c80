import { randomUUID } from "node:crypto";
import { lead } from "./app-leader.ts";
import { standByOrLead } from "./app-lease.ts";
import { startSignalJobs } from "./app-signal-jobs.ts";
import { createBackend } from "./backend/client.ts";
import { createRedisPositionDetails } from "./backend/position-details.ts";
import { betweenRunsMs, createPrecompute } from "./backend/precompute.ts";
import { startPrecomputeRuns } from "./backend/precompute-runs.ts";
import { createSignalCache } from "./backend/signal-cache.ts";
import { createSignalUse } from "./backend/signal-use.ts";
import { systemClock } from "./clock.ts";
import { commandDefinitions } from "./commands/index.ts";
import type { Config } from "./config.ts";
import { takeHost } from "./instance/host.ts";
import { lockScope } from "./instance/lock-scope.ts";
import { tokenFingerprint } from "./instance/token-fingerprint.ts";
import type { Leadership } from "./leadership.ts";
import type { Logger } from "./logging.ts";
import { createPublished } from "./notifications/published.ts";
import { createNotificationQueue } from "./notifications/queue.ts";
import { redisReason } from "./notifications/subscriber.ts";
import { EventBus } from "./operations/event-bus.ts";
import { logEvents } from "./operations/event-log.ts";
import type { BotEvent } from "./operations/events.ts";
import { createMetrics } from "./operations/metrics.ts";
import { Readiness } from "./operations/readiness.ts";
import { createOperationsServer } from "./operations/server.ts";
import { createRedisConnection } from "./redis-connection.ts";
import { RunningParts } from "./running-parts.ts";

export interface AppOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly version: string;
  /** Called at most once, when the bot can do nothing more: the process has to stop the app and end. */
  readonly onFatal: (error: Error) => void;
  /** Called when a standby has taken over, and interactions reach it. */
  readonly onTakenOver: () => void;
  /** Aborted when the process is asked to stop; a start under way ends early then. */
  readonly stopping: AbortSignal;
}

export interface App {
  /** A standby may lead later on. */
  readonly role: "leader" | "standby";
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
 * Where parts are created and joined: here what every process has, in `app-leader.ts` what only the leader does, with
 * `app-notifications.ts` and `app-sessions.ts` for parts of it, and in `app-lease.ts` how one comes to lead where several could. Starts them in
 * order and resolves when interactions reach the bot, or it stands by; whatever was started is stopped, in reverse, when a
 * later part cannot be.
 *
 * @throws InstanceLockedError, OperationsServerError, TokenRefusedError, WrongApplicationError
 */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, logger, version, onFatal, onTakenOver, stopping } = options;
  const clock = systemClock;
  const parts = new RunningParts(logger);
  let asked = false;
  const runs = (name: string, stop: () => unknown): void => parts.add(name, stop);

  try {
    const fingerprint = tokenFingerprint(config.discord.token);
    const { instanceMode, signalHookSecret: secret } = config;
    if (instanceMode !== "off") {
      const host = await takeHost({
        ...{ fingerprint, version, mode: instanceMode, now: () => clock.now() },
        onNoPidFile: (path, reason) =>
          logger.warn("no pid file could be written; the lock holds without it", { path, reason }),
        onSecond: (first) =>
          logger.info("another process of this machine asks for the lease too: npm run bot knows that one", {
            first: first?.pid,
          }),
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
    const redis = createRedisConnection({
      ...config.redis,
      onState: (state, reason) => publish({ kind: "redis", state, reason }),
    });
    runs("redis", () => redis.disconnect());

    const jobs = startSignalJobs({ config, redis, clock, publish, runs });
    const { host, port } = config.http;
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
    const startPrecompute = () =>
      startPrecomputeRuns({
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

    // Of what came in the last moments of a leader that died, some may not be accepted.
    const keepMs = 2 * config.lease.durationMs;
    const published = createPublished({ redisUrl: config.redis.url, clock, publish, keepMs });
    const having = {
      config,
      logger,
      clock,
      bus,
      readiness,
      redis,
      queue,
      published,
      backend,
      startPrecompute,
      fingerprint,
    };
    const shared = { ...having, runs, onFatal, stopping, asked: () => asked };
    let role: App["role"] = "leader";
    if (instanceMode === "lease") {
      published.start();
      runs("published", published.stop);
      role = await standByOrLead({
        ...{ config, fingerprint, version, clock, publish, runs, onFatal, onTakenOver, stopping },
        lead: (leadership) => lead({ ...shared, leadership }),
      });
    } else {
      await lead({ ...shared, leadership: unrivalled(instanceMode) });
    }
    let stopped: Promise<void> | undefined;
    const stop: App["stop"] = (why) => {
      asked ||= why === "asked";
      if (stopped === undefined) publish({ kind: "stopping" });
      stopped ??= parts.stop();
      return stopped;
    };
    return { role, operationsUrl: url, stop };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

/** What one may do who needs no lease. */
function unrivalled(mode: "lock" | "off"): Leadership {
  // Whoever ran here under the lock that is ours now is dead.
  const scope = mode === "lock" ? lockScope() : undefined;
  return {
    fence: undefined,
    scope,
    instanceId: `${scope ?? "anywhere"}:${randomUUID()}`,
    isKnownDead: (instanceId) => scope !== undefined && instanceId.startsWith(`${scope}:`),
    mayAct: () => true,
    watchActing: (listener) => listener(Number.POSITIVE_INFINITY),
    passOn: async () => {},
  };
}
