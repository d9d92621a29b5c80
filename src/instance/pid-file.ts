import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { type LockKey, lockName } from "./lock-address.ts";
import { type LockHolder, lockHolderSchema } from "./lock-holder.ts";

/** Which pid file is meant. */
export interface PidFilePlace extends LockKey {
  /** By default the folder for such files of the user's session (`XDG_RUNTIME_DIR`), else the temporary one. */
  readonly pidDir?: string;
}

/** Like `TMPDIR`, set by the system and not by whoever configures the bot. */
const defaultDir = (): string => process.env.XDG_RUNTIME_DIR || tmpdir();

export const pidFilePath = ({ pidDir = defaultDir(), ...key }: PidFilePlace): string =>
  join(pidDir, `${lockName(key)}.pid`);

/**
 * Writes down for people and scripts which process runs; it is never what decides whether one does. Whatever stood there
 * before is replaced: only the holder of the lock writes.
 *
 * @returns takes it away
 * @throws what the system answers, for example ENOSPC or EROFS; then nothing is there, as far as that can be helped
 */
export async function writePidFile(place: PidFilePlace, self: LockHolder): Promise<() => Promise<void>> {
  const path = pidFilePath(place);
  const unfinished = `${path}.${randomBytes(4).toString("hex")}`;
  const record: PidRecord = { ...self, process: processMark(self.pid) };
  try {
    // Not where a name that others can guess leads: the folder may be everybody's.
    await writeFile(unfinished, `${JSON.stringify(record, null, 2)}\n`, { flag: "wx", mode: 0o644 });
    await rename(unfinished, path);
  } catch (error) {
    // A file of a process that is gone says less than none.
    await Promise.allSettled([rm(unfinished, { force: true }), rm(path, { force: true })]);
    throw error;
  }
  return () => rm(path, { force: true });
}

/** What the file says, if the very process it speaks of lives; its number alone may be another's by now. */
export async function readPidFile(place: PidFilePlace): Promise<LockHolder | undefined> {
  const text = await readFile(pidFilePath(place), "utf8").catch(() => "");
  const record = recordSchema.safeParse(parseJson(text)).data;
  if (record?.process === undefined || processMark(record.pid) !== record.process) return undefined;
  const { process: _, ...holder } = record;
  return holder;
}

const recordSchema = lockHolderSchema.extend({
  /** Tells the process from a later one with its number; absent where the system does not say. */
  process: z.string().optional(),
});

type PidRecord = z.infer<typeof recordSchema>;

/** The boot, and when in it the process began, in the kernel's ticks; undefined when there is none, or no Linux. */
function processMark(pid: number): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses, with whatever is in it; the start is the 22nd.
    const startTicks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return startTicks === undefined ? undefined : `${boot} ${startTicks}`;
  } catch {
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
