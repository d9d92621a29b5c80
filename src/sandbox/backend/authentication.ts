import type { FastifyRequest } from "fastify";
import { type BackendContext, Refusal } from "./envelopes.ts";

/**
 * The backend's schemes, one per path family (`backend-contract.md` 1.1). The fourth, for health, notifications and market,
 * is that nothing is asked. The same mistake has another status in each.
 *
 * @throws {Refusal} 401 or 403.
 */
export function authenticate(request: FastifyRequest, keys: BackendContext["apiKeys"]): void {
  const path = request.url.split("?")[0] ?? "";
  if (path.startsWith("/api/v1/discord/")) authenticateDiscord(request, keys.discordBot);
  else if (path.startsWith("/api/v1/subscriptions")) authenticateSubscriptions(request, keys.subscriptions);
  else if (path.startsWith("/api/v1/trading/signal")) authenticateTrading(request, Object.values(keys));
  else if (/^\/api\/v1\/(trading|positions)\//.test(path)) throw personWanted(request);
}

function authenticateDiscord({ headers }: FastifyRequest, key: string): void {
  const { authorization } = headers;
  if (authorization === undefined) throw new Refusal(401, "Missing Authorization header", "UNAUTHORIZED");
  const given = bearerOf(authorization);
  if (given === undefined) {
    throw new Refusal(401, "Invalid Authorization header format. Expected: Bearer <API_KEY>", "INVALID_AUTH_FORMAT");
  }
  if (given !== key) throw new Refusal(403, "Invalid API key", "INVALID_API_KEY");
}

function authenticateSubscriptions({ headers }: FastifyRequest, key: string): void {
  const given = headers["x-api-key"];
  if (given === undefined) throw new Refusal(401, "API key required", "API_KEY_REQUIRED");
  if (given !== key) throw new Refusal(401, "Invalid API key", "INVALID_API_KEY");
}

/** A Bearer value counts as an API key only when it looks like one; else it is taken for a person's token. */
const keyLength = 64;

function authenticateTrading(request: FastifyRequest, keys: readonly string[]): void {
  const { authorization, "x-api-key": xApiKey } = request.headers;
  const bearer = authorization === undefined ? undefined : bearerOf(authorization);
  // Observed: x-api-key wins when both are there, even when it is the wrong one.
  if (xApiKey === undefined && (bearer?.length !== keyLength || bearer.includes("."))) throw personWanted(request);
  if (!keys.includes(String(xApiKey ?? bearer))) throw new Refusal(401, "Invalid API key", "INVALID_API_KEY");
}

/** Only a person's token would do, and the sandbox has no people with tokens. */
function personWanted({ headers }: FastifyRequest): Refusal {
  const { authorization } = headers;
  if (authorization === undefined) return new Refusal(401, "Authorization header or API key required", "AUTH_REQUIRED");
  if (bearerOf(authorization) === undefined) {
    return new Refusal(401, "Invalid authorization header format", "INVALID_AUTH_FORMAT");
  }
  return new Refusal(401, "Invalid access token", "INVALID_TOKEN");
}

function bearerOf(authorization: string): string | undefined {
  return /^Bearer (.+)$/.exec(authorization)?.[1];
}
