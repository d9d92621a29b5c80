import { tmpdir } from "node:os";
import { lockByName } from "./kernel-name-lock.ts";
import type { LockHolder, ProcessLock } from "./lock-holder.ts";
import { lockByFile } from "./socket-file-lock.ts";

export type { LockHolder, ProcessLock } from "./lock-holder.ts";

export interface ProcessLockOptions {
  /** Names what is locked: one process per fingerprint and machine. */
  readonly fingerprint: string;
  /**
   * Folder of the socket where the kernel has no names of its own; the temporary folder by default. Whoever empties it
   * lets a second process start.
   */
  readonly runDir?: string;
  /** Told to whoever finds the lock taken. */
  readonly version: string;
  /** Wall-clock time in ms since the epoch, for the same purpose. */
  readonly now: () => number;
  /** The running system's by default. */
  readonly platform?: NodeJS.Platform;
}

/**
 * Makes this process the only one with this fingerprint on the machine, until it releases the lock or ends in any way:
 * the kernel frees it, so there is nothing stale to clean up after `kill -9`. It is a listening socket, which also tells a
 * connecting process who holds it, and it does not keep the process alive.
 *
 * Holds within one network namespace on Linux, which containers do not share: across those, a lease is needed.
 */
export function acquireProcessLock(options: ProcessLockOptions): Promise<ProcessLock> {
  const { fingerprint, platform = process.platform, runDir = tmpdir() } = options;
  const self: LockHolder = {
    pid: process.pid,
    startedAt: new Date(options.now()).toISOString(),
    version: options.version,
  };
  switch (platform) {
    case "linux":
      return lockByName(`\0signalguard-${fingerprint}`, self);
    case "win32":
      return lockByName(`\\\\.\\pipe\\signalguard-${fingerprint}`, self);
    default:
      return lockByFile(runDir, `signalguard-${fingerprint}`, self);
  }
}
