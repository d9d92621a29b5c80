import { z } from "zod";
import { streamField } from "./keys.ts";
import { malformed } from "./message.ts";
import { type Received, receive } from "./reception.ts";

/** One entry of a stream; `fields` is null for one that was deleted before it was acknowledged. */
export interface StreamEntry {
  readonly id: string;
  /** Names and values in turn. */
  readonly fields: readonly string[] | null;
}

const entriesSchema = z
  .array(z.tuple([z.string(), z.array(z.string()).nullable()]))
  .transform((entries) => entries.map(([id, fields]): StreamEntry => ({ id, fields })));

/** What XREADGROUP answers for one stream: null when nothing came in time. */
export const readAnswerSchema = z
  .array(z.tuple([z.string(), entriesSchema]))
  .nullable()
  .transform((streams) => streams?.[0]?.[1] ?? []);

/** What XAUTOCLAIM answers: where to go on, and the entries that are ours now. Redis before 7 says null for deleted ones. */
export const claimAnswerSchema = z
  .tuple([
    z.string(),
    z
      .array(z.tuple([z.string(), z.array(z.string()).nullable()]).nullable())
      .transform((entries) =>
        entries.flatMap((entry): StreamEntry[] => (entry === null ? [] : [{ id: entry[0], fields: entry[1] }])),
      ),
  ])
  .rest(z.unknown())
  .transform(([next, entries]) => ({ next, entries }));

/** What is to be accepted of an entry; undefined when nothing is left of it. Other fields are the publisher's business. */
export function readEntry({ id, fields }: StreamEntry, nowMs: number): Received | undefined {
  if (fields === null) return undefined;
  const from = { meant: "notification", way: "stream", receivedAtMs: entryTimeMs(id, nowMs) } as const;
  const at = fields.findIndex((name, index) => index % 2 === 0 && name === streamField);
  const payload = at < 0 ? undefined : fields[at + 1];
  if (payload !== undefined) return receive(payload, from);
  return receive(JSON.stringify(fields), { ...from, fault: malformed("noPayload", streamField) });
}

/**
 * When Redis got it: an entry that waited for the bot is as old as that, and read again it has the same time. Publishers may
 * choose ids of their own, which say nothing.
 */
function entryTimeMs(id: string, nowMs: number): number {
  const atMs = Number(/^(\d{1,15})-/.exec(id)?.[1]);
  return Number.isFinite(atMs) && atMs > nowMs - credibleAgeMs && atMs <= nowMs + credibleLeadMs ? atMs : nowMs;
}

/** Redis's clock and ours may differ. */
const credibleLeadMs = 60_000;
const credibleAgeMs = 30 * 24 * 60 * 60_000;
