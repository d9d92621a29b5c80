import * as z from "zod";
import type { DropGatewayOptions, InteractionFaults, InteractionInput, RequestFault, RouteFault } from "./api.ts";

const id = z.string().regex(/^\d{17,20}$/, "an id of 17 to 20 digits");
const durationMs = z.number().nonnegative();

export const personBody = z.strictObject({
  id: id.optional(),
  username: z.string().min(1).optional(),
  displayName: z.string().min(1).optional(),
  locale: z.string().min(2).optional(),
  dms: z.enum(["open", "closed"]).optional(),
});

export const dmsBody = z.strictObject({ dms: z.enum(["open", "closed"]) });

export const clockBody = z.strictObject({ offsetMs: z.number() });

export const dropBody: z.ZodType<DropGatewayOptions> = z.strictObject({
  sessionId: z.string().optional(),
  code: z.number().int().min(1000).max(4999).optional(),
  resumable: z.boolean().optional(),
  request: z.enum(["reconnect", "invalidSession"]).optional(),
});

const requestFault: z.ZodType<RequestFault> = z.strictObject({
  delayRequestMs: durationMs.optional(),
  delayResponseMs: durationMs.optional(),
  outcome: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.enum(["reset", "close", "hang"]), processed: z.boolean() }),
      z.strictObject({ kind: z.literal("status"), status: z.number().int().min(200).max(599), processed: z.boolean() }),
      z.strictObject({
        kind: z.literal("error"),
        status: z.number().int().min(400).max(599),
        code: z.number().int(),
        processed: z.boolean(),
      }),
      z.strictObject({
        kind: z.literal("rateLimit"),
        retryAfterMs: durationMs,
        scope: z.enum(["user", "global", "shared"]),
      }),
    ])
    .optional(),
});

export const routeFaultBody: z.ZodType<RouteFault> = z.strictObject({
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]),
  route: z.string().startsWith("/"),
  fault: requestFault,
  times: z.number().int().positive().optional(),
});

/** `null` in a list stands for a request without a fault. */
const faultList = z
  .array(requestFault.nullable())
  .transform((list) => list.map((fault) => fault ?? undefined))
  .optional();

const interactionFaults: z.ZodType<InteractionFaults> = z.strictObject({
  deliverAfterMs: durationMs.optional(),
  duplicateAfterMs: durationMs.optional(),
  unknownForMs: durationMs.optional(),
  secondAckUnknown: z.boolean().optional(),
  onlySession: z.number().int().nonnegative().optional(),
  dropGatewayFirst: z.boolean().optional(),
  callbacks: faultList,
  edits: faultList,
  followUps: faultList,
});

const place = { personId: id, place: z.enum(["guild", "dm"]).optional() };

const command = {
  name: z.string().min(1),
  subcommandGroup: z.string().optional(),
  subcommand: z.string().optional(),
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
};

const interactionInput: z.ZodType<InteractionInput> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("command"), ...place, ...command }),
  z.strictObject({
    kind: z.literal("autocomplete"),
    ...place,
    ...command,
    focused: z.strictObject({ name: z.string(), value: z.string() }),
  }),
  z.strictObject({ kind: z.literal("button"), ...place, customId: z.string(), messageId: id }),
  z.strictObject({
    kind: z.literal("select"),
    ...place,
    customId: z.string(),
    messageId: id,
    values: z.array(z.string()),
  }),
  z.strictObject({
    kind: z.literal("modal"),
    ...place,
    customId: z.string(),
    fields: z.record(z.string(), z.string()),
    messageId: id.optional(),
  }),
]);

export const interactionBody = z.strictObject({ input: interactionInput, faults: interactionFaults.optional() });
