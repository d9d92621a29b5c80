import { askInstance } from "../instance/ask-instance.ts";
import { askHealth, type Health } from "./health.ts";

/** What is known of the bot on this machine. */
export type InstanceStatus =
  | { readonly state: "stopped" }
  | ({
      /** `unknown`: it lives, and its `/health` could not be asked. */
      readonly state: Health["status"] | "hangs" | "unknown";
      readonly pid: number | undefined;
      readonly version: string | undefined;
      /** ISO 8601. */
      readonly startedAt: string | undefined;
      /** Why it is not simply ready. */
      readonly reasons: readonly string[];
    } & Lead);

/** Where one of several leads, as it says itself: its part, and of a standby who leads. */
type Lead = Pick<Health, "role" | "epoch" | "leader">;

/** For a script: 0 ready, or to take over at any time; 1 not ready or not known to be, 2 degraded, 3 nothing runs. */
export const statusExitCodes: Readonly<Record<InstanceStatus["state"], number>> = {
  ready: 0,
  standby: 0,
  degraded: 2,
  notReady: 1,
  hangs: 1,
  unknown: 1,
  stopped: 3,
};

export interface StatusOptions {
  readonly fingerprint: string;
  readonly http: { readonly host: string; readonly port: number };
  /** Whether it may run without a lock of this machine, so that only its port tells that it runs. */
  readonly lockless: boolean;
  /** Wall-clock time, ms since the epoch. */
  readonly now: () => number;
}

export async function readStatus({ fingerprint, http, lockless, now }: StatusOptions): Promise<InstanceStatus> {
  const [instance, answer] = await Promise.all([askInstance(fingerprint), askHealth(http)]);
  if (instance.kind === "none") {
    if (!lockless || answer.kind === "silent") return { state: "stopped" };
    const { status, pid, version, reasons, uptimeSeconds } = answer.health;
    const startedAt = new Date(now() - uptimeSeconds * 1000).toISOString();
    return { state: status, pid, version, startedAt, reasons, ...leadOf(answer.health) };
  }
  const { holder, answers } = instance;
  const known = { pid: holder?.pid, version: holder?.version, startedAt: holder?.startedAt };
  if (!answers) return { state: "hangs", ...known, reasons: ["it does not answer"] };
  if (answer.kind === "silent") return { state: "unknown", ...known, reasons: [answer.why] };
  if (answer.health.pid !== known.pid) {
    const other = `port ${http.port} of ${http.host} is answered by process ${answer.health.pid}, another bot`;
    return { state: "unknown", ...known, reasons: [other] };
  }
  return { state: answer.health.status, ...known, reasons: answer.health.reasons, ...leadOf(answer.health) };
}

const leadOf = ({ role, epoch, leader }: Health): Lead => ({ role, epoch, leader });
