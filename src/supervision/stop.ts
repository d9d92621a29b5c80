import type { Clock } from "../clock.ts";
import { delay } from "../clock.ts";
import { askInstance, askLock } from "../instance/ask-instance.ts";
import { holdsLock } from "./lock-proof.ts";

export type Stopped =
  | { readonly kind: "none" }
  | { readonly kind: "stopped"; readonly pid: number; readonly tookMs: number }
  /** It did not end in time and was killed: what it left open is answered by the next start. */
  | { readonly kind: "forced"; readonly pid: number; readonly tookMs: number }
  /** Something holds the lock and cannot be ended from here; `why` is a sentence. */
  | { readonly kind: "failed"; readonly why: string };

export interface StopOptions {
  readonly fingerprint: string;
  readonly clock: Clock;
  /** For the bot to answer what is in flight, ms; then it is killed. */
  readonly patienceMs: number;
  /** Called once it has been asked. */
  readonly onAsked: (pid: number) => void;
}

const pollMs = 100;
/** The kernel ends a killed process at once, unless a disk hangs, ms. */
const killPatienceMs = 5000;

/** Asks the bot of this token on this machine to stop, and ends it when it does not. */
export async function stopInstance({ fingerprint, clock, patienceMs, onAsked }: StopOptions): Promise<Stopped> {
  const found = await askInstance(fingerprint);
  if (found.kind === "none") return found;
  const { holder, mode } = found;
  if (holder === undefined) {
    return { kind: "failed", why: "it does not say which process it is; find it: ss -xlp | grep signalguard" };
  }
  const { pid } = holder;
  if (holdsLock(pid, { fingerprint, mode }) === false) {
    return {
      kind: "failed",
      why: `process ${pid} of this machine is another program: the bot runs in a container, so stop it there`,
    };
  }
  const startMs = clock.monotonic();
  const gone = async (withinMs: number): Promise<boolean> => {
    const endMs = clock.monotonic() + withinMs;
    for (;;) {
      const now = await askLock({ fingerprint, mode });
      if (now.kind === "none" || (now.holder !== undefined && now.holder.pid !== pid)) return true;
      if (clock.monotonic() >= endMs) return false;
      await delay(clock, pollMs);
    }
  };
  const refusal = send(pid, "SIGTERM");
  if (refusal !== undefined) return { kind: "failed", why: refusal };
  onAsked(pid);
  if (await gone(patienceMs)) return { kind: "stopped", pid, tookMs: clock.monotonic() - startMs };
  send(pid, "SIGKILL");
  if (await gone(killPatienceMs)) return { kind: "forced", pid, tookMs: clock.monotonic() - startMs };
  return { kind: "failed", why: `process ${pid} does not end, though it was killed` };
}

/** Why it could not be sent, in a sentence; a process that is gone already is no trouble. */
function send(pid: number, signal: NodeJS.Signals): string | undefined {
  try {
    process.kill(pid, signal);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ESRCH") return undefined;
    return `process ${pid} belongs to another user, who has to stop it (${String(code)})`;
  }
}
