import { dayMs, type PastIdentifies } from "./identify-history.ts";

/** Why no session may be started now. */
export interface Obstacle {
  /** For a log and for /readyz; holds no secret. */
  readonly reason: string;
  readonly waitMs: number;
}

/** Discord's `session_start_limit` (`discord-facts.md` 3.2). */
export interface SessionStartLimit {
  readonly total: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
}

/**
 * Between an IDENTIFY and the next, by how many were in vain just before, ms; the last one is repeated, which comes to 300
 * a day. After a first failure nobody is kept waiting.
 */
const pausesMs = [0, 0, 15_000, 30_000, 60_000, 120_000, 300_000] as const;

/**
 * Whether Discord's limit leaves room for `count` more identifies. The last one costs the token, so some are kept back, for
 * a person who has to start the bot after whatever spent the others.
 */
export function budgetObstacle(
  { total, remaining, resetAfterMs }: SessionStartLimit,
  past: PastIdentifies,
  { count, reserve, nowMs }: { readonly count: number; readonly reserve: number; readonly nowMs: number },
): Obstacle | undefined {
  // Discord's number may be of a moment ago; what we know of ourselves is not.
  const windowStartMs = nowMs + resetAfterMs - dayMs;
  const own = resetAfterMs === 0 ? 0 : past.atMs.filter((atMs) => atMs >= windowStartMs).length;
  const left = Math.max(0, Math.min(remaining, total - own));
  if (left - count >= reserve) return undefined;
  const until = new Date(nowMs + resetAfterMs).toISOString();
  const ours = `${past.atMs.length} of the last 24 hours were ours`;
  return {
    reason: `${left} of ${total} session starts are left until ${until} (${ours}), and ${reserve} are kept back by IDENTIFY_RESERVE`,
    waitMs: resetAfterMs,
  };
}

/**
 * Whether the last IDENTIFY is long enough ago. A process that dies and is started again, or a session that Discord ends
 * again and again, would spend the thousand of a day in less than two hours.
 *
 * @param ownInVain identifies of this process whose sessions did not last
 */
export function paceObstacle(
  { atMs, failedStarts }: PastIdentifies,
  { ownInVain, nowMs }: { readonly ownInVain: number; readonly nowMs: number },
): Obstacle | undefined {
  const inVain = failedStarts + ownInVain;
  const pauseMs = pausesMs[Math.min(inVain, pausesMs.length - 1)] ?? 0;
  const lastAtMs = atMs.at(-1) ?? Number.NEGATIVE_INFINITY;
  const waitMs = pauseMs - Math.max(0, nowMs - lastAtMs);
  if (waitMs <= 0) return undefined;
  const why =
    failedStarts > 0 ? `the bot was started ${failedStarts} times in vain before` : "its sessions did not last";
  return { reason: `${why}: pausing before the next session start, so as not to spend them all`, waitMs };
}
