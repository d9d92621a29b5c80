import { lockByName } from "./kernel-name-lock.ts";
import { type LockPlace, lockAddress } from "./lock-address.ts";
import type { LockHolder, ProcessLock } from "./lock-holder.ts";
import { lockByFile } from "./socket-file-lock.ts";

export type { LockHolder, ProcessLock } from "./lock-holder.ts";

export interface ProcessLockOptions extends LockPlace {
  /** Told to whoever finds the lock taken. */
  readonly version: string;
  /** Wall-clock time in ms since the epoch, for the same purpose. */
  readonly now: () => number;
}

/**
 * Makes this process the only one with this fingerprint on the machine, whoever's it is, until it releases the lock or
 * ends in any way: the kernel frees it, so there is nothing stale to clean up after `kill -9`. It is a listening socket,
 * which also tells a connecting process who holds it, and it does not keep the process alive.
 *
 * Holds within one network namespace on Linux, which containers do not share: across those, a lease is needed. Where the
 * lock is a socket file, each user has their own.
 */
export function acquireProcessLock(options: ProcessLockOptions): Promise<ProcessLock> {
  const self: LockHolder = {
    pid: process.pid,
    startedAt: new Date(options.now()).toISOString(),
    version: options.version,
  };
  const address = lockAddress(options);
  return address.kind === "name" ? lockByName(address.name, self) : lockByFile(address.folder, address.name, self);
}
