import { InstanceLockedError } from "./instance-locked-error.ts";
import { codeOf } from "./lock-holder.ts";
import { type PidFilePlace, pidFilePath, readPidFile, writePidFile } from "./pid-file.ts";
import { acquireProcessLock, type ProcessLockOptions } from "./process-lock.ts";

export interface TakeHostOptions extends ProcessLockOptions, PidFilePlace {
  /** The lock needs no file: the process goes on, and people and scripts have to ask the lock. `reason` is a short word. */
  readonly onNoPidFile: (path: string, reason: string) => void;
}

/**
 * Makes this process the only one of its token on this machine, and writes down which it is.
 *
 * @throws InstanceLockedError
 */
export async function takeHost(options: TakeHostOptions): Promise<{ release(): Promise<void> }> {
  const { now, onNoPidFile } = options;
  const lock = await acquireProcessLock(options);
  if (lock.kind === "taken") {
    const holder = lock.holder ?? (await readPidFile(options));
    throw new InstanceLockedError({ answers: lock.holder !== undefined, holder }, now());
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
