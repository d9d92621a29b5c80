import type { HostInstance } from "./ask-instance.ts";
import type { LockMode } from "./lock-address.ts";
import { runningTime } from "./running-time.ts";

type Holding = Omit<Extract<HostInstance, { kind: "running" }>, "kind">;

/** Another process holds a lock of this token on this machine, beside which this one may not run. */
export class InstanceLockedError extends Error {
  override readonly name = "InstanceLockedError";
  readonly code = "INSTANCE_LOCKED";

  /** @param mode of this process */
  constructor(holding: Holding, mode: LockMode, nowMs: number) {
    const otherwise =
      holding.mode === mode
        ? "set INSTANCE_MODE=off to allow several"
        : "start both with INSTANCE_MODE=lease, for one to lead and the other to stand by";
    const how = holding.mode === mode ? "" : ` with INSTANCE_MODE=${holding.mode}`;
    super(
      `${whoIs(holding, nowMs)} runs this bot on this machine already${how}. Two would race for every interaction. ` +
        `${howToStop(holding)}, or ${otherwise}.`,
    );
  }
}

function whoIs({ holder }: Holding, nowMs: number): string {
  if (holder === undefined) return "Another process";
  const time = runningTime(holder, nowMs);
  return `Process ${holder.pid} (version ${holder.version}${time === undefined ? "" : `, running for ${time}`})`;
}

function howToStop({ answers, holder }: Holding): string {
  if (holder === undefined) return "It does not say which: find it (ss -xlp | grep signalguard) and stop it first";
  if (!answers) return `It does not answer: end it first (kill -9 ${holder.pid})`;
  return `Stop it first (pm2 stop signalguard, npm run bot -- stop, or kill ${holder.pid})`;
}
