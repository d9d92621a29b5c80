import type { DefaultJobOptions } from "bullmq";
import { z } from "zod";
import { malformedReasons } from "./message.ts";

/**
 * What the queue holds. A job's id is the identity of what it carries: the queue ignores a second one with the id of one
 * it knows, whichever way it came.
 */
export type NotificationJob =
  /** One signal for one person: the text as it was published. */
  | (JobData & { readonly name: "notification" })
  /** One change for many people: the text as it was published. */
  | (JobData & { readonly name: "signalChange" })
  /** What could not be read, kept with the reason; read again by the worker, so that a mended parser helps it. */
  | (MalformedJobData & { readonly name: "malformed" });

const jobDataSchema = z.object({
  /** As published. Untrusted text. */
  payload: z.string(),
  /** When it reached Redis (a stream entry) or this process (a published message), ms since the epoch. */
  receivedAtMs: z.number(),
  way: z.enum(["channel", "stream"]),
  /** Names one reception: tells whose addition of several the queue took. */
  receipt: z.string(),
});

const malformedJobDataSchema = jobDataSchema.extend({
  /** What it was meant to be. */
  meant: z.enum(["notification", "signalChange"]),
  reason: z.enum(malformedReasons),
  /** The field at fault, empty for the whole. */
  path: z.string(),
  /** Size as published; the payload is cut when it is longer than may be kept. */
  bytes: z.number(),
});

const jobSchema = z.discriminatedUnion("name", [
  jobDataSchema.extend({ name: z.literal("notification") }),
  jobDataSchema.extend({ name: z.literal("signalChange") }),
  malformedJobDataSchema.extend({ name: z.literal("malformed") }),
]);

export type JobData = Readonly<z.infer<typeof jobDataSchema>>;
export type MalformedJobData = Readonly<z.infer<typeof malformedJobDataSchema>>;
export type JobName = NotificationJob["name"];

/** Reads a job of the queue; undefined for one that another version wrote, or nobody's. */
export const readJob = (name: string, data: unknown): NotificationJob | undefined =>
  typeof data === "object" ? jobSchema.safeParse({ ...data, name }).data : undefined;

/** What a completed job returns; the reason is one of few words. */
export const jobEndSchema = z.object({
  end: z.enum(["delivered", "merged", "edited", "superseded", "withheld", "deadLetter"]),
  reason: z.string().optional(),
});

export type JobEnd = Readonly<z.infer<typeof jobEndSchema>>;

/** How long a finished notification is remembered, and so recognised when it comes again. */
export const retentionMs = 3 * 24 * 60 * 60_000;

/** How long a dead letter can be looked at and redriven. */
export const deadLetterRetentionMs = 14 * 24 * 60 * 60_000;

/** A job ends by what Discord or the rules say of it, never by having been tried often. */
const unlimitedAttempts = 1_000_000_000;

export const jobOptions: DefaultJobOptions = {
  attempts: unlimitedAttempts,
  // The worker says how long.
  backoff: { type: "custom" },
  removeOnComplete: { age: retentionMs / 1000 },
  removeOnFail: { age: deadLetterRetentionMs / 1000 },
  // A stack says nothing to whoever reads dead letters, and errors can repeat what was sent.
  stackTraceLimit: 0,
};
