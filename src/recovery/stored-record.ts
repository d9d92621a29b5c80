import { z } from "zod";
import type { InteractionRecord, OpenInteraction } from "../interactions/store.ts";
import type { Sealer } from "../sealing.ts";

/** The fields of a record in Redis: in clear only what is needed to tell whether anybody has to answer it. */
export const recordFields = {
  /** One for each instance that recorded it, so that neither replaces the other. */
  recordedBy: (instance: string) => `by:${instance}`,
  /** There when something stood in place of "thinking…" that was not the answer. */
  shown: "shown",
} as const;

export interface StoredRecord {
  /** The instances that recorded it; all but those who let go of it may be about to answer it. */
  readonly recorders: readonly string[];
  /** What the record had left to live when it was written, ms: with Redis's own countdown, its age on nobody's clock. */
  readonly lifeMs: number;
  readonly sealed: string;
  readonly shown: boolean;
  /** How many fields it has: it changes by more of them only. */
  readonly size: number;
}

/** A record was removed because it could not be read. Says nothing of what was in it. */
export class UnreadableRecordError extends Error {
  override readonly name = "UnreadableRecordError";
  readonly code = "RECORD_UNREADABLE";

  /** @param reason `sealed`: of another token, moved from another record, or damaged */
  constructor(reason: "malformed" | "sealed" | "content") {
    super(`a recorded interaction could not be read and was removed (${reason})`);
  }
}

export const sealRecord = (record: InteractionRecord, sealer: Sealer): string =>
  sealer.seal(JSON.stringify(record), record.target.id);

/** @throws {UnreadableRecordError} */
export function readStored(fields: Readonly<Record<string, string>>): StoredRecord {
  const stored = storedSchema.safeParse(fields);
  if (!stored.success) throw new UnreadableRecordError("malformed");
  const prefix = recordFields.recordedBy("");
  const names = Object.keys(fields);
  const recorders = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  return { ...stored.data, recorders, shown: recordFields.shown in fields, size: names.length };
}

/** @throws {UnreadableRecordError} */
export function openRecord({ sealed, shown }: StoredRecord, interactionId: string, sealer: Sealer): OpenInteraction {
  const text = sealer.open(sealed, interactionId);
  if (text === undefined) throw new UnreadableRecordError("sealed");
  const record = recordSchema.safeParse(parseJson(text));
  if (!record.success || record.data.target.id !== interactionId) throw new UnreadableRecordError("content");
  return shown ? { ...record.data, shown } : record.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const storedSchema = z.object({
  lifeMs: z.coerce.number().positive(),
  sealed: z.string(),
});

/** Without a prototype, as the layer makes them: an option's name must not find what every object inherits. */
const entriesOf = <Value extends z.ZodType>(value: Value) =>
  z.record(z.string(), value).transform((entries) => {
    const bare: Record<string, z.output<Value>> = Object.create(null);
    return Object.assign(bare, entries);
  });

const personSchema = z.object({ id: z.string(), username: z.string(), displayName: z.string(), locale: z.string() });

const commonSchema = z.object({
  target: z.object({ id: z.string(), applicationId: z.string(), token: z.string() }),
  command: z.string(),
  surface: z.enum(["reply", "update"]),
  visibility: z.enum(["public", "private"]),
});

const recordSchema: z.ZodType<InteractionRecord> = z.discriminatedUnion("kind", [
  commonSchema.extend({
    kind: z.literal("command"),
    input: z.object({
      subcommand: z.string().optional(),
      options: entriesOf(z.union([z.string(), z.number(), z.boolean()])),
      person: personSchema,
    }),
  }),
  commonSchema.extend({
    kind: z.literal("component"),
    input: z.object({ person: personSchema, argument: z.string(), values: z.array(z.string()) }),
  }),
  commonSchema.extend({
    kind: z.literal("modal"),
    input: z.object({ person: personSchema, argument: z.string(), fields: entriesOf(z.string()) }),
  }),
]);
