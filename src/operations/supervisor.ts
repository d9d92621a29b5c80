import { execFile } from "node:child_process";
import { type Clock, delay } from "../clock.ts";

/** What systemd is told by a service of `Type=notify` (`sd_notify(3)`); nothing is told where nobody asked to hear it. */
export interface Supervisor {
  /**
   * The bot does its work. From now on the watchdog is fed as long as `alive` holds: a process that hangs feeds nothing,
   * and is killed and started again.
   */
  ready(alive: () => Promise<boolean>, role?: "leader" | "standby"): void;
  /** A standby leads from now on. */
  takenOver(): void;
  /** The bot ends by itself or because it was asked to; there is no need to hurry it. */
  stopping(): void;
}

export interface SupervisorOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
  readonly clock: Clock;
  /** Called when systemd cannot be told, the first time. */
  readonly onTrouble: (reason: string) => void;
  /** Tells systemd; by default with the program `systemd-notify`. */
  readonly send?: (states: readonly string[]) => Promise<void>;
}

/** Of the time systemd allows between two signs of life: one may get lost, and the next is still in time. */
const fedPerTimeout = 3;

const doing = {
  leader: "interactions reach the bot",
  standby: "stands by, to lead when nobody else does",
} as const;

export function createSupervisor({ env, pid, clock, onTrouble, send = notifier(env) }: SupervisorOptions): Supervisor {
  if (send === undefined) return { ready: () => {}, takenOver: () => {}, stopping: () => {} };
  const ending = new AbortController();
  let troubled = false;
  const tell = async (...states: readonly string[]): Promise<void> => {
    try {
      await send(states);
    } catch (error) {
      if (!troubled) onTrouble(error instanceof Error ? error.message : String(error));
      troubled = true;
    }
  };
  const feed = async (timeoutMs: number, alive: () => Promise<boolean>): Promise<void> => {
    while (!ending.signal.aborted) {
      if (await alive()) await tell("WATCHDOG=1");
      await delay(clock, timeoutMs / fedPerTimeout, ending.signal);
    }
  };
  return {
    ready(alive, role = "leader") {
      void tell("READY=1", `STATUS=${doing[role]}`);
      const timeoutMs = watchdogMs(env, pid);
      if (timeoutMs !== undefined) void feed(timeoutMs, alive);
    },
    takenOver: () => void tell(`STATUS=${doing.leader}`),
    stopping() {
      ending.abort();
      void tell("STOPPING=1", "STATUS=answering what is in flight");
    },
  };
}

/** Absent when no watchdog waits for this process. */
function watchdogMs({ WATCHDOG_USEC, WATCHDOG_PID }: NodeJS.ProcessEnv, pid: number): number | undefined {
  if (WATCHDOG_PID !== undefined && Number(WATCHDOG_PID) !== pid) return undefined;
  const ms = Number(WATCHDOG_USEC) / 1000;
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

const notifyTimeoutMs = 10_000;

/**
 * systemd listens on a datagram socket, which Node does not have; the program that comes with systemd does. It is another
 * process than the service's main one, hence `NotifyAccess=all` in the unit.
 */
function notifier({ NOTIFY_SOCKET, PATH }: NodeJS.ProcessEnv): SupervisorOptions["send"] {
  if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === "") return undefined;
  const options = { env: { NOTIFY_SOCKET, PATH }, timeout: notifyTimeoutMs };
  return (states) =>
    new Promise((resolve, reject) => {
      execFile("systemd-notify", [...states], options, (error) => (error === null ? resolve() : reject(error)));
    });
}

/** Whether this process answers as it would to a monitor. */
export async function answersLivez(operationsUrl: string, timeoutMs: number): Promise<boolean> {
  try {
    const response = await fetch(`${operationsUrl}/livez`, { signal: AbortSignal.timeout(timeoutMs) });
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}
