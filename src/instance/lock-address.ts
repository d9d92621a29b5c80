import { tmpdir } from "node:os";

/** Where a lock is: a name that the kernel keeps, or the folder and name of a socket file. */
export type LockAddress =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "file"; readonly folder: string; readonly name: string };

/** The `INSTANCE_MODE` of those for whom a lock is. */
export type LockMode = "lock" | "lease";

/** Which lock of a machine is meant. */
export interface LockKey {
  /** Names the bot token. */
  readonly fingerprint: string;
  /** `lock` by default: of the only process. `lease`: of the first of those that ask for a lease. */
  readonly mode?: LockMode;
}

/** Neither begins with the other and a hyphen, which is how files are named that may be swept away with a lock. */
export const lockName = ({ fingerprint, mode = "lock" }: LockKey): string =>
  mode === "lock" ? `signalguard-${fingerprint}` : `signalguard-lease-${fingerprint}`;

export interface LockPlace extends LockKey {
  /**
   * Folder of the socket where the kernel has no names of its own; the temporary folder by default. Whoever empties it
   * lets a second process start.
   */
  readonly runDir?: string;
  /** The running system's by default. */
  readonly platform?: NodeJS.Platform;
}

export function lockAddress({ platform = process.platform, runDir = tmpdir(), ...key }: LockPlace): LockAddress {
  const name = lockName(key);
  switch (platform) {
    case "linux":
      return { kind: "name", name: `\0${name}` };
    case "win32":
      return { kind: "name", name: `\\\\.\\pipe\\${name}` };
    default:
      return { kind: "file", folder: runDir, name };
  }
}
