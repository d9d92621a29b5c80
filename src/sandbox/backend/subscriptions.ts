import type { FastifyInstance } from "fastify";
import { type BackendContext, fieldsOf, SubscriptionRefusal, timestampOf } from "./envelopes.ts";

interface ChannelSubscription {
  readonly id: number;
  readonly discordUserId: string;
  readonly discordUsername: string | null;
  readonly pair: string;
  readonly timeframe: string;
  readonly channelId: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

const limitPerPerson = 5;

/** `backend-contract.md` 2.8: the envelope is C, the failures are error B, and the limit is a 429 without `Retry-After`. */
export function addSubscriptionRoutes(server: FastifyInstance, { clock }: BackendContext): void {
  const all = new Map<number, ChannelSubscription>();
  let lastId = 0;
  const newestFirst = () => [...all.values()].reverse();
  const remove = (found: ChannelSubscription | undefined): ChannelSubscription => {
    if (found === undefined) throw new SubscriptionRefusal(404, "Subscription not found");
    all.delete(found.id);
    return found;
  };

  server.post("/api/v1/subscriptions", (request, reply) => {
    const wanted = readNew(fieldsOf(request.body));
    const own = newestFirst().filter(({ discordUserId }) => discordUserId === wanted.discordUserId);
    if (own.length >= limitPerPerson) {
      throw new SubscriptionRefusal(429, "Subscription limit reached. Maximum 5 subscriptions per user.");
    }
    if (own.some(({ pair, timeframe }) => pair === wanted.pair && timeframe === wanted.timeframe)) {
      throw new SubscriptionRefusal(409, "Already subscribed to this pair and timeframe");
    }
    lastId += 1;
    const at = timestampOf(clock);
    const created = { id: lastId, ...wanted, updatedAt: at, createdAt: at };
    all.set(lastId, created);
    reply.code(201);
    return { success: true, data: created };
  });

  server.get<{ Params: { id: string } }>("/api/v1/subscriptions/user/:id", ({ params }) => ({
    success: true,
    data: newestFirst().filter(({ discordUserId }) => discordUserId === params.id),
  }));

  server.get("/api/v1/subscriptions/pairs", () => {
    const pairs = new Map(newestFirst().map(({ pair, timeframe }) => [`${pair} ${timeframe}`, { pair, timeframe }]));
    return { success: true, data: [...pairs.values()] };
  });

  server.get<{ Params: { pair: string } }>("/api/v1/subscriptions/pair/:pair", ({ params, query }) => {
    const { timeframe = "1h" } = fieldsOf(query);
    const subscribed = newestFirst().filter((one) => one.pair === params.pair && one.timeframe === timeframe);
    const data = subscribed.map(({ discordUserId, discordUsername }) => ({ discordUserId, discordUsername }));
    return { success: true, data };
  });

  server.delete<{ Params: { id: string; pair: string } }>(
    "/api/v1/subscriptions/user/:id/pair/:pair",
    ({ params, query }) => {
      const { timeframe = "1h" } = fieldsOf(query);
      const data = remove(
        newestFirst().find(
          (one) => one.discordUserId === params.id && one.pair === params.pair && one.timeframe === timeframe,
        ),
      );
      return { success: true, message: "Subscription deleted successfully", data };
    },
  );

  server.delete<{ Params: { id: string } }>("/api/v1/subscriptions/:id", ({ params }) => {
    if (!/^\d+$/.test(params.id)) throw new SubscriptionRefusal(500, "Failed to delete subscription");
    remove(all.get(Number(params.id)));
    return { success: true, message: "Subscription deleted successfully" };
  });
}

function readNew(body: Readonly<Record<string, unknown>>) {
  const { discordUserId, discordUsername = null, pair, timeframe = "1h", channelId = null } = body;
  if (!discordUserId || !pair) throw new SubscriptionRefusal(400, "Missing required fields: discordUserId, pair");
  if (typeof discordUserId !== "string" || typeof pair !== "string") {
    throw new SubscriptionRefusal(500, "Failed to create subscription");
  }
  if (!/^[A-Z]{3}\/[A-Z]{3}$/.test(pair)) {
    throw new SubscriptionRefusal(400, "Invalid pair format. Expected format: XXX/XXX");
  }
  if (timeframe !== "1h" && timeframe !== "4h" && timeframe !== "1d") {
    throw new SubscriptionRefusal(400, "Invalid timeframe. Must be one of: 1h, 4h, 1d");
  }
  const textOrNull = (value: unknown) => (typeof value === "string" ? value : null);
  return {
    discordUserId,
    discordUsername: textOrNull(discordUsername),
    pair,
    timeframe,
    channelId: textOrNull(channelId),
  };
}
