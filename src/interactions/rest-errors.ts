import { DiscordAPIError, HTTPError, RateLimitError } from "@discordjs/rest";
import type { RequestFailure } from "./lane.ts";

const neverConnected = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "REQUEST_FORBIDDEN",
]);

/** What a failed request to Discord says, and nothing that its error carries besides (`discord-facts.md` 9). */
export function readRestFailure(error: unknown): RequestFailure {
  if (error instanceof DiscordAPIError) {
    // An OAuth error has a string, and an answer that is no JSON has none (`discord-facts.md` 10).
    const code = typeof error.code === "number" ? error.code : 0;
    return { kind: "refused", status: error.status, code };
  }
  if (error instanceof RateLimitError) return { kind: "limited", retryAfterMs: error.retryAfter };
  if (error instanceof HTTPError) return { kind: "unaccounted", status: error.status };
  return neverConnected.has(networkCode(error)) ? { kind: "unsent" } : { kind: "unaccounted" };
}

function networkCode(error: unknown): string {
  // Several addresses tried in turn fail together.
  if (error instanceof AggregateError && error.errors.length > 0) return networkCode(error.errors[0]);
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error && error.cause !== undefined ? networkCode(error.cause) : "";
}
