import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { z } from "zod";

/** One process that leads, or waits to. */
export interface LeaseMember {
  /** Of this run of the process: a restarted one is another. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly version: string;
}

export const thisMember = (version: string, nowMs: number): LeaseMember => ({
  id: randomUUID(),
  host: hostname(),
  pid: process.pid,
  startedAt: new Date(nowMs).toISOString(),
  version,
});

const memberSchema = z.object({
  id: z.string(),
  host: z.string(),
  pid: z.int(),
  startedAt: z.string(),
  version: z.string(),
});

/** Undefined for what another version wrote, or nobody of ours. */
export function readMember(text: unknown): LeaseMember | undefined {
  try {
    return memberSchema.safeParse(JSON.parse(String(text))).data;
  } catch {
    return undefined;
  }
}
