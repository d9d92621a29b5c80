import { type Clock, delay } from "../clock.ts";
import { askInstance } from "../instance/ask-instance.ts";
import { tokenFingerprint } from "../instance/token-fingerprint.ts";
import { redisReason } from "../notifications/subscriber.ts";
import { livenessMs } from "../recovery/liveness.ts";
import { listLiving } from "../recovery/living.ts";
import { withRedis } from "../redis-inquiry.ts";

export interface InstanceCount {
  /** How many processes with this token run, as far as can be seen. */
  readonly count: number;
  /** The one that holds the lock of this machine. */
  readonly host: { readonly pid: number | undefined; readonly answers: boolean } | undefined;
  readonly redis:
    | { readonly kind: "asked"; readonly living: number }
    /** Then the processes of other machines, and those without a lock, cannot be seen. */
    | { readonly kind: "unreachable"; readonly reason: string };
}

/** For a script and cron: 0 one runs, 1 none does, 2 more than one, 3 one runs and others could not be looked for. */
export function instancesExitCode({ count, redis }: InstanceCount): number {
  if (count > 1) return 2;
  if (count === 0) return 1;
  return redis.kind === "asked" ? 0 : 3;
}

export interface CountOptions {
  readonly token: string;
  readonly redis: { readonly url: string; readonly db: number };
  readonly clock: Clock;
}

/**
 * Counts processes that run, never names of programs: who holds the lock of this machine, and who says in Redis that it
 * lives, wherever it is. Nothing is changed, and nobody is ended.
 */
export async function countInstances({ token, redis, clock }: CountOptions): Promise<InstanceCount> {
  const fingerprint = tokenFingerprint(token);
  const ask = () => withRedis(redis, (connection) => listLiving(connection, fingerprint));
  const [instance, living] = await Promise.all([askInstance(fingerprint), tell(ask)]);
  const host = instance.kind === "none" ? undefined : { pid: instance.holder?.pid, answers: instance.answers };
  const here = host === undefined ? 0 : 1;
  if ("reason" in living) return { count: here, host, redis: { kind: "unreachable", ...living } };
  const expected = Math.max(here, 1);
  const still = living.ids.length > expected || here === 0 ? await stillLiving(living.ids, ask, clock) : living.ids;
  return { count: Math.max(here, still.length), host, redis: { kind: "asked", living: still.length } };
}

/** One that was killed looks alive until its last sign of life is too old: whoever is there a while later does live. */
async function stillLiving(
  ids: readonly string[],
  ask: () => Promise<readonly string[]>,
  clock: Clock,
): Promise<readonly string[]> {
  if (ids.length === 0) return ids;
  await delay(clock, livenessMs + 500);
  const later = await tell(ask);
  return "reason" in later ? ids : ids.filter((id) => later.ids.includes(id));
}

async function tell(
  ask: () => Promise<readonly string[]>,
): Promise<{ readonly ids: readonly string[] } | { readonly reason: string }> {
  try {
    return { ids: await ask() };
  } catch (error) {
    return { reason: redisReason(error) };
  }
}
