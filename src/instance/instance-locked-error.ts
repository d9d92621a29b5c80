import type { HostInstance } from "./ask-instance.ts";
import { runningTime } from "./running-time.ts";

type Holding = Pick<Extract<HostInstance, { kind: "running" }>, "answers" | "holder">;

/** Another process holds the lock of this token on this machine. */
export class InstanceLockedError extends Error {
  override readonly name = "InstanceLockedError";
  readonly code = "INSTANCE_LOCKED";

  constructor(holding: Holding, nowMs: number) {
    super(
      `${whoIs(holding, nowMs)} runs this bot on this machine already. Two would race for every interaction. ` +
        `${howToStop(holding)}, or set INSTANCE_MODE=off to allow several.`,
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
  return `Stop it first (pm2 stop signalguard, or kill ${holder.pid})`;
}
