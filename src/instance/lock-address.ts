import { tmpdir } from "node:os";

/** Where a lock is: a name that the kernel keeps, or the folder and name of a socket file. */
export type LockAddress =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "file"; readonly folder: string; readonly name: string };

/** Which lock is meant. */
export interface LockPlace {
  /** Names what is locked: one process per fingerprint and machine. */
  readonly fingerprint: string;
  /**
   * Folder of the socket where the kernel has no names of its own; the temporary folder by default. Whoever empties it
   * lets a second process start.
   */
  readonly runDir?: string;
  /** The running system's by default. */
  readonly platform?: NodeJS.Platform;
}

export function lockAddress({ fingerprint, platform = process.platform, runDir = tmpdir() }: LockPlace): LockAddress {
  const name = `signalguard-${fingerprint}`;
  switch (platform) {
    case "linux":
      return { kind: "name", name: `\0${name}` };
    case "win32":
      return { kind: "name", name: `\\\\.\\pipe\\${name}` };
    default:
      return { kind: "file", folder: runDir, name };
  }
}
