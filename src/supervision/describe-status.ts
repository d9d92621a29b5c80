import { runningTime } from "../instance/running-time.ts";
import type { InstanceStatus } from "./status.ts";

type Running = Exclude<InstanceStatus, { state: "stopped" }>;

/** For a person at a terminal: how it is and which, and a line for each reason. */
export function describeStatus(status: InstanceStatus, nowMs: number): string {
  if (status.state === "stopped") return "stopped: no process with this token holds the lock of this machine";
  const { state, pid, version, reasons } = status;
  const parts = [pid && `process ${pid}`, version && `version ${version}`, age(status, nowMs), partInLease(status)];
  return [`${state}: ${parts.filter(Boolean).join(", ")}`, ...reasons.map((reason) => `  ${reason}`)].join("\n");
}

/** The end of a sentence: "process 42, running for 3 min". */
export function whoRuns(status: Running, nowMs: number): string {
  const who = status.pid === undefined ? "a process that does not say which" : `process ${status.pid}`;
  return [who, age(status, nowMs), partInLease(status)].filter(Boolean).join(", ");
}

/** Where one of several leads, what this one does; undefined elsewhere, and where it cannot be told. */
export function partInLease(status: InstanceStatus): string | undefined {
  if (status.state === "stopped") return undefined;
  const { role, epoch, leader } = status;
  switch (role) {
    case "leader":
      return `leads (epoch ${epoch})`;
    case "standby":
      return leader === undefined ? "stands by" : `stands by while ${leader} leads (epoch ${epoch})`;
    case "finishing":
      return `passed the lead on (epoch ${epoch}) and ends what it began`;
    case "lost":
      return `lost the lead (epoch ${epoch})`;
    case undefined:
      return undefined;
  }
}

function age({ startedAt }: Running, nowMs: number): string | undefined {
  const time = startedAt === undefined ? undefined : runningTime({ startedAt }, nowMs);
  return time === undefined ? undefined : `running for ${time}`;
}
