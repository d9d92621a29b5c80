import { type LockMode, type LockPlace, lockAddress } from "./lock-address.ts";
import { askHolder, type LockHolder } from "./lock-holder.ts";
import { type PidFilePlace, readPidFile } from "./pid-file.ts";
import { askByFile } from "./socket-file-lock.ts";

export type HostInstance =
  | { readonly kind: "none" }
  | {
      readonly kind: "running";
      /** Whose lock it holds. */
      readonly mode: LockMode;
      /** Whether it said itself who it is. One that hangs does not, and one that starts or ends right now may not. */
      readonly answers: boolean;
      /** Of one that does not answer, as its pid file says; absent when that says nothing that can be believed. */
      readonly holder: LockHolder | undefined;
    };

type Place = LockPlace & PidFilePlace;

/**
 * Which process of this token holds a lock of this machine: the only one, or the first of those that ask for a lease, as
 * there are not both. The locks alone decide whether there is one; nothing is locked or changed by asking.
 */
export async function askInstance(
  fingerprint: string,
  place: Omit<Place, "fingerprint" | "mode"> = {},
): Promise<HostInstance> {
  const ask = (mode: LockMode) => askLock({ fingerprint, ...place, mode });
  const [only, first] = await Promise.all([ask("lock"), ask("lease")]);
  return only.kind === "running" ? only : first;
}

/** Who holds this lock. */
export async function askLock(place: Place): Promise<HostInstance> {
  const { mode = "lock" } = place;
  const address = lockAddress(place);
  const inquiry =
    address.kind === "name" ? await askHolder(address.name) : await askByFile(address.folder, address.name);
  if (inquiry.kind === "dead") return { kind: "none" };
  const { holder } = inquiry.taken;
  if (holder !== undefined) return { kind: "running", mode, answers: true, holder };
  return { kind: "running", mode, answers: false, holder: await readPidFile(place) };
}
