import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";

/**
 * Names where a process lock holds: this boot of this machine, and this network namespace of it, because that is what the
 * kernel's names belong to. A process that held the lock here before us cannot run beside us. Absent where that cannot
 * be told (other systems than Linux).
 */
export function lockScope(platform: NodeJS.Platform = process.platform): string | undefined {
  if (platform !== "linux") return undefined;
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const namespace = readlinkSync("/proc/self/ns/net");
    return createHash("sha256").update(`${boot} ${namespace}`).digest("hex").slice(0, 16);
  } catch {
    return undefined;
  }
}
