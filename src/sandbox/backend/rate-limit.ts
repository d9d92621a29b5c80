import type { FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../../clock.ts";
import { errorA, timestampOf } from "./envelopes.ts";

interface Limit {
  readonly max: number;
  readonly windowMs: number;
}

const shippedLimit: Limit = { max: 100, windowMs: 900_000 };
const marketLimit: Limit = { max: 30, windowMs: 60_000 };

/**
 * The backend's limiter: per client address, in memory, health included, and a stricter one on top for `/market`
 * (`backend-contract.md` 1.3). Answers 429 and returns true when the request is over a limit.
 */
export function createRateLimit(clock: Clock, limit: Limit | "off" = shippedLimit) {
  if (limit === "off") return (): boolean => false;
  // Observed: the body of a 429 carries the time the backend started, not the present.
  const startedAt = timestampOf(clock);
  const count = createCounter(clock, limit);
  const countMarket = createCounter(clock, marketLimit);
  return (request: FastifyRequest, reply: FastifyReply): boolean => {
    const isMarket = request.url.startsWith("/api/v1/market/");
    const counts = [count(request.ip), ...(isMarket ? [countMarket(request.ip)] : [])];
    for (const { headers } of counts) reply.headers(headers);
    const over = counts.find(({ isOver }) => isOver);
    if (over === undefined) return false;
    reply
      .code(429)
      .header("retry-after", over.headers["ratelimit-reset"])
      .send(errorA("Too many requests from this IP, please try again later", startedAt));
    return true;
  };
}

function createCounter(clock: Clock, { max, windowMs }: Limit) {
  const used = new Map<string, number>();
  let endsAtMs = 0;
  return (client: string) => {
    if (clock.now() >= endsAtMs) {
      used.clear();
      endsAtMs = clock.now() + windowMs;
    }
    const count = (used.get(client) ?? 0) + 1;
    used.set(client, count);
    return {
      isOver: count > max,
      headers: {
        "ratelimit-limit": String(max),
        "ratelimit-remaining": String(Math.max(0, max - count)),
        "ratelimit-reset": String(Math.ceil((endsAtMs - clock.now()) / 1000)),
        "ratelimit-policy": `${max};w=${windowMs / 1000}`,
      },
    };
  };
}
