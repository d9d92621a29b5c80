import { REST, type RouteLike } from "@discordjs/rest";
import type { Config } from "../config.ts";
import { type DateSampler, restOptions } from "../interactions/rest.ts";
import { readRestFailure } from "../interactions/rest-errors.ts";
import { type Finding, warn } from "./finding.ts";

/** One answer of Discord, or why there is none. */
export type Asked =
  | { readonly kind: "answered"; readonly body: unknown }
  | { readonly kind: "refused"; readonly status: number; readonly code: number }
  /** `why` is a sentence's end: "Discord cannot be reached". */
  | { readonly kind: "silent"; readonly why: string };

const answerTimeoutMs = 5000;

/** Asks once: no repetition, no waiting for a rate limit. */
export async function askDiscord(
  { apiUrl, token }: Pick<Config["discord"], "apiUrl" | "token">,
  route: RouteLike,
  options: { readonly query?: URLSearchParams; readonly auth?: boolean; readonly sampleDate?: DateSampler } = {},
): Promise<Asked> {
  const { query, auth = true, sampleDate = () => {} } = options;
  const rest = new REST({
    ...restOptions({ apiUrl, sampleDate }),
    retries: 0,
    timeout: answerTimeoutMs,
    rejectOnRateLimit: () => true,
  }).setToken(token);
  try {
    return { kind: "answered", body: await rest.get(route, { auth, ...(query === undefined ? {} : { query }) }) };
  } catch (error) {
    const failure = readRestFailure(error);
    switch (failure.kind) {
      case "refused":
        return failure;
      case "limited":
        return { kind: "silent", why: `Discord asks to wait ${Math.ceil(failure.retryAfterMs / 1000)} s` };
      case "unsent":
        return { kind: "silent", why: "Discord cannot be reached" };
      case "unaccounted":
        return { kind: "silent", why: "Discord does not answer" };
    }
  }
}

/** Of what depends on Discord while Discord is not there, or the token is wrong: the check of the token says what to do. */
export const notKnown = (asked: Exclude<Asked, { kind: "answered" }>): Finding =>
  asked.kind === "silent"
    ? warn(`could not be asked: ${asked.why}`, "see what is said of the token, and look again then")
    : warn(
        `could not be asked: Discord refused (HTTP ${asked.status}, code ${asked.code})`,
        "see what is said of the token and the application",
      );
