import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import { type Leading, Lease, type LeaseLostError } from "./instance/lease.ts";
import { epochOf } from "./instance/lease-keys.ts";
import { type LeaseMember, thisMember } from "./instance/lease-member.ts";
import { createRedisLeaseStore } from "./instance/redis-lease-store.ts";
import type { Leadership } from "./leadership.ts";
import { redisReason } from "./notifications/subscriber.ts";
import type { LeadershipState, LifecycleEvent } from "./operations/events.ts";
import { createRedisConnection } from "./redis-connection.ts";

export interface StandByOrLeadOptions
  extends Pick<StandForLeadOptions, "config" | "fingerprint" | "version" | "clock"> {
  /** Starts what only the leader does. */
  readonly lead: (leadership: Leadership) => Promise<void>;
  readonly publish: (event: LifecycleEvent) => void;
  /** Told of each part, in the order of starting. */
  readonly runs: (name: string, stop: () => unknown) => void;
  /** Called when this process has to end. */
  readonly onFatal: (error: Error) => void;
  /** Called when a standby has taken over. */
  readonly onTakenOver: () => void;
  /** Aborted when the process is asked to stop. */
  readonly stopping: AbortSignal;
}

/**
 * Leads when nobody does, and stands by otherwise, to take over later. Resolves when it is known what this process is; a
 * leader has started by then.
 *
 * @throws what `lead` throws
 */
export function standByOrLead(options: StandByOrLeadOptions): Promise<"leader" | "standby"> {
  const { lead, publish, runs, onFatal, onTakenOver, stopping, ...rest } = options;
  return new Promise((resolve, reject) => {
    let known: "leader" | "standby" | undefined;
    const know = (role: "leader" | "standby") => {
      known ??= role;
      resolve(known);
    };
    const start = async (leadership: Leadership): Promise<void> => {
      try {
        await lead(leadership);
        if (known === "standby" && !stopping.aborted) onTakenOver();
        know("leader");
      } catch (error) {
        if (known === undefined) reject(error);
        // What fails in the middle of ending says nothing.
        else if (leadership.mayAct() && !stopping.aborted) onFatal(asError(error));
      }
    };
    const candidacy = standForLead({
      ...rest,
      onState(state) {
        publish({ kind: "leadership", ...state });
        if (state.role === "standby") know("standby");
      },
      onLeading: (leadership) => void start(leadership),
      onLost: onFatal,
    });
    runs("lease", () => candidacy.stop());
    // A start that is broken off has nobody else to give the lease up.
    stopping.addEventListener("abort", () => known ?? void candidacy.stop(), { once: true });
  });
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

interface StandForLeadOptions {
  readonly config: Pick<Config, "redis" | "lease" | "drainTimeoutMs">;
  /** Names the bot token. */
  readonly fingerprint: string;
  readonly version: string;
  readonly clock: Clock;
  /** Told of every change. */
  readonly onState: (state: LeadershipState) => void;
  /** Called once at most. */
  readonly onLeading: (leadership: Leadership) => void;
  /** Called once at most, when this process leads no more and has to end. */
  readonly onLost: (error: LeaseLostError) => void;
}

/** This process among those of which one leads. */
interface Candidacy {
  /** Gives up whatever it has of the lease. Takes half a second at most. */
  stop(): Promise<void>;
}

/** Stands by until the lease is free, and keeps it then. */
function standForLead(options: StandForLeadOptions): Candidacy {
  const { config, fingerprint, version, clock, onState, onLeading, onLost } = options;
  const { durationMs, renewDeadlineMs, retryMs } = config.lease;
  let told: string | undefined;
  const tell = (state: LeadershipState): void => {
    const news = JSON.stringify(state);
    if (news !== told) onState(state);
    told = news;
  };

  const redis = createRedisConnection({
    ...config.redis,
    name: "signalguard-lease",
    // Enough tries are left then to renew over another connection.
    commandTimeoutMs: Math.ceil(renewDeadlineMs / 4),
    longestPauseMs: retryMs,
    // Before it is known whether Redis is there, there is nothing to say.
    onState: () => lease.start(),
  });
  let trouble: string | undefined;
  redis.on("error", (error) => {
    trouble = redisReason(error);
  });
  const store = createRedisLeaseStore({
    ...{ redis, fingerprint, self: thisMember(version, clock.now()) },
    // Two looks may fail.
    standbyLifeMs: 3 * durationMs,
    onFree: () => lease.look(),
  });
  const watchers: ((forMs: number) => void)[] = [];
  let actsUntilMs = Number.NEGATIVE_INFINITY;
  const lease = new Lease({
    store,
    settings: config.lease,
    clock,
    random: Math.random,
    // What the connection said tells more than that there is none.
    reasonOf: (error) => (redis.status === "ready" ? redisReason(error) : (trouble ?? "not connected")),
    onStandby: (leader) =>
      tell(
        typeof leader === "string"
          ? { role: "standby", reason: leader }
          : { role: "standby", epoch: leader.epoch, leader: placeOf(leader.member) },
      ),
    onActing(forMs) {
      actsUntilMs = clock.monotonic() + forMs;
      for (const tell of watchers) tell(forMs);
    },
    onLeading: (leading) => {
      tell({ role: "leader", epoch: leading.epoch });
      onLeading(leadershipOf(leading));
    },
    onLost: (error) => {
      tell({ role: "lost", epoch: lease.epoch ?? 0, reason: error.message });
      onLost(error);
    },
  });

  const leadershipOf = ({ token, epoch, finishing }: Leading): Leadership => ({
    fence: { key: store.keys.fence, finishingKey: store.keys.finishing, token },
    scope: "lease",
    instanceId: instanceOf(token),
    // What an earlier leader writes is refused, and it sends nothing either; but whoever passed the lead on may still answer.
    isKnownDead(instanceId) {
      const former = tokenOf(instanceId);
      return former !== undefined && !finishing.includes(former) && epochOf(former) < epoch;
    },
    mayAct: () => lease.mayAct,
    watchActing(listener) {
      watchers.push(listener);
      listener(Math.max(0, actsUntilMs - clock.monotonic()));
    },
    async passOn() {
      // Who has lost it has nothing to pass on.
      if (!lease.mayAct) return;
      tell({ role: "finishing", epoch });
      await lease.passOn(finishAtMost(config.drainTimeoutMs));
    },
  });

  return {
    async stop() {
      await lease.stop();
      store.close();
      redis.disconnect();
    },
  };
}

/** A stop takes up to three times as long, and a little. */
const finishAtMost = (drainTimeoutMs: number): number => 3 * drainTimeoutMs + 3000;

const placeOf = (member: LeaseMember | undefined): string | undefined =>
  member && `process ${member.pid} on ${member.host}`;

const prefix = "lease:";
const instanceOf = (token: string): string => `${prefix}${token}`;
const tokenOf = (instanceId: string): string | undefined =>
  instanceId.startsWith(prefix) ? instanceId.slice(prefix.length) : undefined;
