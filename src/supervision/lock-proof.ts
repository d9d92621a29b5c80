import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { type LockKey, lockName } from "../instance/lock-address.ts";

/**
 * Whether the process with this number holds the lock, as the kernel tells it: the number is only as good as who said it,
 * and in another container the same number is another process. Undefined where that cannot be seen: other systems than
 * Linux, and processes of other users.
 */
export function holdsLock(pid: number, lock: LockKey, platform: NodeJS.Platform = process.platform) {
  if (platform !== "linux") return undefined;
  try {
    const inodes = socketsNamed(`@${lockName(lock)}`);
    if (inodes.length === 0) return undefined;
    const folder = `/proc/${pid}/fd`;
    const links = readdirSync(folder).map((descriptor) => linkOf(`${folder}/${descriptor}`));
    return inodes.some((inode) => links.includes(`socket:[${inode}]`));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "ENOENT" ? false : undefined;
  }
}

/** Columns of the table: …, inode, and the name, each NUL of it shown as "@"; some versions of Node pad it with those. */
const socketsNamed = (name: string): readonly string[] =>
  readFileSync("/proc/net/unix", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[7]?.replace(/@+$/, "") === name)
    .map((columns) => columns[6] ?? "");

/** Descriptors come and go while they are looked at. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
