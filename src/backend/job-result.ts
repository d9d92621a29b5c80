import { z } from "zod";
import { json } from "./fields.ts";
import { parseSignal } from "./signal.ts";

/** What the backend calls a job: shown nowhere, and part of a key in Redis. */
export const jobIdSchema = z.string().regex(/^[\x21-\x7e]{1,200}$/);

/** What became of a job, as it was sent: `signal` as in `/trading/signal`. */
export type JobResult = { readonly jobId: string } & (
  | { readonly kind: "signal"; readonly signal: unknown }
  | { readonly kind: "failed" }
);

/** A signal is two kilobytes; what is far beyond is none. */
export const longestResult = 32_768;

/** Undefined for what is no result of a job: not JSON, neither a signal nor an error, or both. Never throws. */
export function readJobResult(text: string): JobResult | undefined {
  if (text.length > longestResult) return undefined;
  const { data } = resultSchema.safeParse(text);
  if (data === undefined) return undefined;
  const { jobId, signal, error } = data;
  if ((signal === null) === (error === null)) return undefined;
  if (signal === null) return { jobId, kind: "failed" };
  // Whose pair it is, only whoever asked for it knows.
  return parseSignal(signal, { pair: anyPair }) === undefined ? undefined : { jobId, kind: "signal", signal };
}

const anyPair = "EUR/USD";

const resultSchema = json(
  z.object({
    jobId: jobIdSchema,
    signal: z.record(z.string(), z.unknown()).nullable().default(null),
    // A text or a structure: it is counted, and shown to nobody.
    error: z
      .union([z.string().min(1), z.record(z.string(), z.unknown())])
      .nullable()
      .default(null),
  }),
);
