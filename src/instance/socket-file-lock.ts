import { randomBytes } from "node:crypto";
import { link, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  askHolder,
  closeServer,
  codeOf,
  type Inquiry,
  type LockHolder,
  listenAsHolder,
  type ProcessLock,
} from "./lock-holder.ts";

/**
 * A lock by a socket file, where the kernel has no names of its own. The file outlives its process, so a dead one has to
 * be replaced without ever replacing a live one:
 *
 * - Each holder has the next number: `NAME.1`, `NAME.2`, … Only the highest counts.
 * - A socket gets its number by `link`, which is atomic and refuses an existing name, and gets it only when it listens
 *   already. So a numbered socket that refuses connections is dead, and will be for ever.
 * - A number is removed only by the holder of a higher one. Whoever took a number that had been removed, because it looked
 *   long ago, sees the higher one afterwards and gives way.
 */
export async function lockByFile(folder: string, name: string, self: LockHolder): Promise<ProcessLock> {
  await mkdir(folder, { recursive: true });
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const highest = await highestNumber(folder, name);
    if (highest > 0) {
      const inquiry = await askHolder(join(folder, `${name}.${highest}`));
      if (inquiry.kind === "alive") return inquiry.taken;
    }
    const lock = await takeNumber(folder, name, highest + 1, self);
    if (lock !== undefined) return lock;
  }
  return { kind: "taken" };
}

/** Who holds such a lock; takes and changes nothing. */
export async function askByFile(folder: string, name: string): Promise<Inquiry> {
  // A folder that cannot be read holds no lock of ours.
  const highest = await highestNumber(folder, name).catch(() => 0);
  return highest === 0 ? { kind: "dead" } : askHolder(join(folder, `${name}.${highest}`));
}

/** Losing means that another has won in between, which the next look will most likely show. */
const maxAttempts = 10;

async function takeNumber(
  folder: string,
  name: string,
  number: number,
  self: LockHolder,
): Promise<ProcessLock | undefined> {
  const nameless = join(folder, `${name}-${randomBytes(4).toString("hex")}`);
  const numbered = join(folder, `${name}.${number}`);
  const server = await listenAsHolder(nameless, self);
  const linked = await linkIfFree(nameless, numbered);
  await rm(nameless, { force: true });
  if (linked && (await highestNumber(folder, name)) === number) {
    await removeOlder(folder, name, number);
    return { kind: "held", self, release: () => closeServer(server) };
  }
  if (linked) await rm(numbered, { force: true });
  await closeServer(server);
  return undefined;
}

async function linkIfFree(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    // The number is taken, or a new holder has swept away our socket together with what crashed ones left.
    if (["EEXIST", "ENOENT"].includes(codeOf(error) ?? "")) return false;
    throw error;
  }
}

async function highestNumber(folder: string, name: string): Promise<number> {
  return Math.max(0, ...(await numbersIn(folder, name)));
}

async function numbersIn(folder: string, name: string): Promise<number[]> {
  const prefix = `${name}.`;
  const entries = await readdir(folder);
  return entries
    .filter((entry) => entry.startsWith(prefix))
    .map((entry) => Number(entry.slice(prefix.length)))
    .filter((number) => Number.isSafeInteger(number) && number > 0);
}

/** Tidying only: what belongs to another user, or is in use by nobody we know, may stay. */
async function removeOlder(folder: string, name: string, own: number): Promise<void> {
  const numbers = (await numbersIn(folder, name)).filter((number) => number < own);
  const nameless = (await readdir(folder)).filter((entry) => entry.startsWith(`${name}-`));
  const leftovers = [...numbers.map((number) => `${name}.${number}`), ...nameless];
  await Promise.allSettled(leftovers.map((entry) => rm(join(folder, entry), { force: true })));
}
