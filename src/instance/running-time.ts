import type { LockHolder } from "./lock-holder.ts";

/** How long a process has been running, for a person: `3 h 12 min`. Undefined when it did not say when it began. */
export function runningTime({ startedAt }: Pick<LockHolder, "startedAt">, nowMs: number): string | undefined {
  const startedAtMs = Date.parse(startedAt);
  if (Number.isNaN(startedAtMs)) return undefined;
  // The clock may have been set back meanwhile.
  const seconds = Math.floor(Math.max(0, nowMs - startedAtMs) / 1000);
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86_400)];
  if (days > 0) return `${days} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}
