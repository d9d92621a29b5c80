import { type Clock, delay } from "../clock.ts";
import { askLock } from "../instance/ask-instance.ts";
import { type LeaseReport, readLease } from "../instance/read-lease.ts";
import { tokenFingerprint } from "../instance/token-fingerprint.ts";
import { redisReason } from "../notifications/subscriber.ts";
import { livenessMs } from "../recovery/liveness.ts";
import { listLiving } from "../recovery/living.ts";
import { withRedis } from "../redis-inquiry.ts";
import type { CountOptions, InstanceCount } from "./instances.ts";

/** Who can answer interactions where one of several leads (`INSTANCE_MODE=lease`). */
export interface LedInstances {
  /** Who holds the lock of this machine, and so asks for no lease. */
  readonly host: InstanceCount["host"];
  readonly lease:
    | (LeaseReport & {
        readonly kind: "asked";
        /** How many can answer: who leads, and whoever does without a lease. */
        readonly count: number;
        /** Ids of those that say in Redis that they live, and neither lead nor end what they had begun as leader. */
        readonly strangers: readonly string[];
      })
    /** Then nobody can tell who leads. */
    | { readonly kind: "unreachable"; readonly reason: string };
}

/** For a script and cron: 0 one leads, 1 none does, 2 more than one can answer, 3 it cannot be told. */
export function ledInstancesExitCode({ lease }: LedInstances): number {
  if (lease.kind === "unreachable") return 3;
  if (lease.count > 1) return 2;
  return lease.leader === undefined ? 1 : 0;
}

/** Nothing is changed, and nobody is ended. */
export async function countLedInstances({ token, redis, clock }: CountOptions): Promise<LedInstances> {
  const fingerprint = tokenFingerprint(token);
  const [instance, lease] = await Promise.all([
    // Who holds the other one asks for the lease as well.
    askLock({ fingerprint, mode: "lock" }),
    askLease(fingerprint, redis, clock),
  ]);
  const host = instance.kind === "none" ? undefined : { pid: instance.holder?.pid, answers: instance.answers };
  if ("reason" in lease) return { host, lease: { kind: "unreachable", ...lease } };
  // Who holds the lock says in Redis as well that it lives.
  const unled = Math.max(host === undefined ? 0 : 1, lease.strangers.length);
  return { host, lease: { kind: "asked", count: (lease.leader === undefined ? 0 : 1) + unled, ...lease } };
}

interface Sight extends LeaseReport {
  readonly strangers: readonly string[];
}

/** One that was killed looks alive until its last sign of life is too old, and between two leaders there is none. */
async function askLease(
  fingerprint: string,
  server: CountOptions["redis"],
  clock: Clock,
): Promise<Sight | { readonly reason: string }> {
  const look = () =>
    withRedis(server, async (redis) =>
      sightOf(await listLiving(redis, fingerprint), await readLease(redis, fingerprint)),
    );
  try {
    const first = await look();
    const isPassing = first.leader === undefined && first.standbys.length > 0;
    if (first.strangers.length === 0 && !isPassing) return first;
    await delay(clock, livenessMs + 500);
    const later = await look();
    return { ...later, strangers: later.strangers.filter((id) => first.strangers.includes(id)) };
  } catch (error) {
    return { reason: redisReason(error) };
  }
}

function sightOf(living: readonly string[], report: LeaseReport): Sight {
  const epochs = report.leader === undefined ? report.finishingEpochs : [report.epoch, ...report.finishingEpochs];
  // As a leader names itself: `lease:<epoch>:<id>`.
  const isLed = (id: string) => epochs.some((epoch) => id.startsWith(`lease:${epoch}:`));
  return { ...report, strangers: living.filter((id) => !isLed(id)) };
}
