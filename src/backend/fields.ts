import { z } from "zod";

/**
 * Members as the backend really sends them. A decimal is a number here and a string there (`backend-contract.md` 2.5, 2.6);
 * `NaN`, infinities and blank strings are not decimals.
 */
export const decimal = z.union([z.number(), z.string().trim().min(1).transform(Number).pipe(z.number())]);

export const date = z.string().transform((text, context) => {
  const parsed = new Date(text);
  if (!Number.isNaN(parsed.getTime())) return parsed;
  context.addIssue({ code: "custom", message: "not a date" });
  return z.NEVER;
});

/** The backend says null for what is absent. */
export const absentOr = <T>(schema: z.ZodType<T>) => schema.nullish().transform((value) => value ?? undefined);

/** Absent, null or unusable: all the same to a reader who can do without. */
export const lenient = <T>(schema: z.ZodType<T>) => schema.optional().catch(undefined);

/** Text that holds JSON of a form. */
export const json = <T>(schema: z.ZodType<T>) =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: "custom", message: "not JSON" });
        return z.NEVER;
      }
    })
    .pipe(schema);
