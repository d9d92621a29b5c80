import { type LockPlace, lockAddress } from "./lock-address.ts";
import { askHolder, type LockHolder } from "./lock-holder.ts";
import { type PidFilePlace, readPidFile } from "./pid-file.ts";
import { askByFile } from "./socket-file-lock.ts";

export type HostInstance =
  | { readonly kind: "none" }
  | {
      readonly kind: "running";
      /** Whether it said itself who it is. One that hangs does not, and one that starts or ends right now may not. */
      readonly answers: boolean;
      /** Of one that does not answer, as its pid file says; absent when that says nothing that can be believed. */
      readonly holder: LockHolder | undefined;
    };

/**
 * Which process holds the lock of this token on this machine. The lock alone decides whether there is one; nothing is
 * locked or changed by asking.
 */
export async function askInstance(
  fingerprint: string,
  place: Omit<LockPlace, "fingerprint"> & Omit<PidFilePlace, "fingerprint"> = {},
): Promise<HostInstance> {
  const address = lockAddress({ fingerprint, ...place });
  const inquiry =
    address.kind === "name" ? await askHolder(address.name) : await askByFile(address.folder, address.name);
  if (inquiry.kind === "dead") return { kind: "none" };
  const { holder } = inquiry.taken;
  if (holder !== undefined) return { kind: "running", answers: true, holder };
  return { kind: "running", answers: false, holder: await readPidFile({ fingerprint, ...place }) };
}
