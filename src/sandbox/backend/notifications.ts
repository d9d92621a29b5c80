import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Clock } from "../../clock.ts";
import { type BackendContext, fieldsOf, Refusal, successA, timestampOf } from "./envelopes.ts";
import type { Publisher } from "./publisher.ts";

interface NotificationSubscription {
  readonly discordUserId: string;
  readonly discordUsername: string;
  readonly pair: string;
  readonly signalType: string;
  readonly channel: string;
  readonly subscribedAt: string;
}

/** `backend-contract.md` 2.7: no authentication, state in memory, unknown fields refused. */
export function addNotificationRoutes(server: FastifyInstance, { clock }: BackendContext, publisher: Publisher): void {
  const subscriptions = new Map<string, NotificationSubscription>();
  const preferences = new Map<string, Record<string, unknown>>();
  const takeMinute = createMinutes(clock);
  const of = (userId: string) => [...subscriptions.values()].filter(({ discordUserId }) => discordUserId === userId);

  server.post("/api/v1/notifications/subscribe", (request) => {
    const wanted = check(subscribeSchema, request.body);
    const { discordUserId, pair, signalType, channel } = wanted;
    subscriptions.set(`${discordUserId} ${pair}`, { ...wanted, subscribedAt: timestampOf(clock) });
    return successA(clock, { success: true, subscription: { pair, signalType, channel } });
  });

  server.post("/api/v1/notifications/unsubscribe", (request) => {
    const { discordUserId, pair } = check(unsubscribeSchema, request.body);
    const removed = of(discordUserId).filter((subscription) => pair === "all" || subscription.pair === pair);
    if (removed.length === 0) throw new Error("No active subscriptions found");
    for (const subscription of removed) subscriptions.delete(`${discordUserId} ${subscription.pair}`);
    return successA(clock, { success: true, unsubscribedCount: removed.length });
  });

  server.get<{ Params: { id: string } }>("/api/v1/notifications/subscriptions/:id", (request) => {
    const own = of(request.params.id);
    return successA(clock, { subscriptions: own, count: own.length });
  });

  server.post("/api/v1/notifications/preferences", (request) => {
    const { discordUserId, preferences: changes } = check(preferencesSchema, request.body);
    const merged = { ...preferences.get(discordUserId), ...changes, updatedAt: timestampOf(clock) };
    preferences.set(discordUserId, merged);
    return successA(clock, { success: true, preferences: merged });
  });

  server.get<{ Params: { id: string } }>("/api/v1/notifications/preferences/:id", (request) =>
    successA(clock, { success: true, preferences: preferences.get(request.params.id) ?? {} }),
  );

  server.post("/api/v1/notifications/send", async (request) => {
    const { signal, pair, timeframe = "1h" } = fieldsOf(request.body);
    if (!signal || !pair) throw new Refusal(400, "Missing required fields: signal and pair");
    const wanting = [...subscriptions.values()].filter(
      (subscription) =>
        subscription.pair === pair &&
        isWanted(fieldsOf(signal), subscription, preferences.get(subscription.discordUserId)),
    );
    let sent = 0;
    for (const { discordUserId } of wanting) {
      if (!takeMinute(discordUserId)) continue;
      // With Redis down this waits for ever, and the person's minute is used up.
      await publisher.publish(
        JSON.stringify({ discordUserId, signal, pair, timeframe, timestamp: timestampOf(clock) }),
      );
      sent += 1;
    }
    return successA(clock, { success: true, sent });
  });
}

/** A missing confidence passes every minimum; only the exact word matches a signal type. */
function isWanted(
  signal: Readonly<Record<string, unknown>>,
  { signalType }: NotificationSubscription,
  { minConfidence, strongSignalsOnly }: Readonly<Record<string, unknown>> = {},
): boolean {
  const isStrong = signal.signalStrength === "strong" || signal.signalStrength === "very_strong";
  if (signalType === "strong" ? !isStrong : signalType !== "all" && signalType !== signal.signal) return false;
  if (strongSignalsOnly === true && !isStrong) return false;
  return !(Number(signal.confidence) < Number(minConfidence));
}

/** One message to a person in a minute; further ones are dropped. */
function createMinutes(clock: Clock): (userId: string) => boolean {
  const lastMs = new Map<string, number>();
  return (userId) => {
    if (clock.now() - (lastMs.get(userId) ?? Number.NEGATIVE_INFINITY) < 60_000) return false;
    lastMs.set(userId, clock.now());
    return true;
  };
}

/** @throws {Refusal} 400 with the first problem only, in the words of the backend's validation. */
function check<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  throw new Refusal(400, result.error.issues[0]?.message ?? "invalid");
}

const required = (path: string, otherwise: string) => (issue: { readonly input?: unknown }) =>
  `"${path}" ${issue.input === undefined ? "is required" : otherwise}`;

const object = <Shape extends z.core.$ZodLooseShape>(shape: Shape, path = "value") =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `"${issue.keys[0]}" is not allowed`
        : required(path, "must be of type object")(issue),
  });
const text = (path: string) => z.string({ error: required(path, "must be a string") });
const oneOf = <const Words extends readonly string[]>(path: string, words: Words) =>
  z.enum(words, { error: `"${path}" must be one of [${words.join(", ")}]` });

/** Numbers and booleans may come as strings. */
function bounded(path: string, min: number, max: number) {
  return z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^-?[\d.]+$/)
          .transform(Number),
      ],
      { error: `"${path}" must be a number` },
    )
    .refine((value) => value >= min, { error: `"${path}" must be greater than or equal to ${min}` })
    .refine((value) => value <= max, { error: `"${path}" must be less than or equal to ${max}` });
}
const flag = (path: string) =>
  z.union([z.boolean(), z.enum(["true", "false"]).transform((word) => word === "true")], {
    error: `"${path}" must be a boolean`,
  });

const subscribeSchema = object({
  discordUserId: text("discordUserId"),
  discordUsername: text("discordUsername"),
  pair: text("pair").regex(/^[A-Z]{3}\/[A-Z]{3}$/, "Currency pair must be in format XXX/XXX"),
  signalType: oneOf("signalType", ["all", "buy", "sell", "strong"]).default("all"),
  channel: oneOf("channel", ["discord"]).default("discord"),
});

const unsubscribeSchema = object({
  discordUserId: text("discordUserId"),
  discordUsername: text("discordUsername").optional(),
  pair: text("pair").default("all"),
});

const preferencesSchema = object({
  discordUserId: text("discordUserId"),
  discordUsername: text("discordUsername").optional(),
  preferences: object(
    {
      riskLevel: bounded("preferences.riskLevel", 1, 10).optional(),
      tradingStyle: oneOf("preferences.tradingStyle", ["trend", "counter-trend", "mixed"]).optional(),
      minConfidence: bounded("preferences.minConfidence", 0, 1).optional(),
      strongSignalsOnly: flag("preferences.strongSignalsOnly").optional(),
    },
    "preferences",
  ),
});
