import { askLock } from "./ask-instance.ts";
import { InstanceLockedError } from "./instance-locked-error.ts";
import type { LockMode } from "./lock-address.ts";
import { codeOf, type LockHolder } from "./lock-holder.ts";
import { type PidFilePlace, pidFilePath, readPidFile, writePidFile } from "./pid-file.ts";
import { acquireProcessLock, type ProcessLockOptions } from "./process-lock.ts";

export interface TakeHostOptions extends ProcessLockOptions, PidFilePlace {
  readonly mode: LockMode;
  /** The lock needs no file: the process goes on, and people and scripts have to ask the lock. `reason` is a short word. */
  readonly onNoPidFile: (path: string, reason: string) => void;
  /** Another process of this machine asks for the lease already, and holds the lock; this one goes on without. */
  readonly onSecond: (first: LockHolder | undefined) => void;
}

/**
 * Makes this process the one of its token that people and scripts find on this machine, and writes down which it is: the
 * only one there is or, of those that ask for a lease, the first. The only one never runs beside that first one.
 *
 * @throws InstanceLockedError
 */
export async function takeHost(options: TakeHostOptions): Promise<{ release(): Promise<void> }> {
  const { mode, now, onNoPidFile, onSecond } = options;
  const lock = await acquireProcessLock(options);
  const first = lock.kind === "taken" ? (lock.holder ?? (await readPidFile(options))) : undefined;
  if (lock.kind === "taken" && mode === "lock") {
    throw new InstanceLockedError({ mode, answers: lock.holder !== undefined, holder: first }, mode, now());
  }
  // Not before ours is taken: when two start at once, they do not miss each other.
  const rival = await askLock({ ...options, mode: mode === "lock" ? "lease" : "lock" });
  if (rival.kind === "running") {
    if (lock.kind === "held") await lock.release();
    throw new InstanceLockedError(rival, mode, now());
  }
  if (lock.kind === "taken") {
    onSecond(first);
    return { release: async () => {} };
  }
  let removePidFile = async () => {};
  try {
    removePidFile = await writePidFile(options, lock.self);
  } catch (error) {
    onNoPidFile(pidFilePath(options), codeOf(error) ?? "unknown");
  }
  return {
    async release() {
      // While the lock is ours, the file is nobody else's.
      await removePidFile().catch(() => {});
      await lock.release();
    },
  };
}
