import type { ApiResult } from "./api-result.ts";

/** An error as Discord answers it: HTTP status and JSON body. */
export interface DiscordErrorResponse extends ApiResult {
  readonly body: { readonly code: number; readonly message: string; readonly errors?: unknown };
}

/**
 * The response for one of Discord's error codes. Codes and texts follow the table of JSON error codes; the statuses are those
 * observed for them (`discord-facts.md` 1.4, 4.1), since Discord publishes none.
 * @throws RangeError for a code the sandbox does not know.
 */
export const discordError = (
  code: number,
  overrides: { readonly errors?: unknown; readonly message?: string } = {},
): DiscordErrorResponse => {
  const entry = table.get(code);
  if (entry === undefined) throw new RangeError(`The sandbox Discord has no error ${code}.`);
  const [status, message] = entry;
  return {
    status,
    body: {
      code,
      message: overrides.message ?? message,
      ...(overrides.errors === undefined ? {} : { errors: overrides.errors }),
    },
  };
};

/** 400/50035 with the tree of `errors` that Discord builds from paths; each reason reads `path.to.field: what is wrong`. */
export const invalidFormBody = (reasons: readonly string[]): DiscordErrorResponse =>
  discordError(50035, { errors: errorTree(reasons) });

/** Code 0 stands for errors that Discord answers by status alone. */
const general = (status: number, message: string) => (): DiscordErrorResponse => ({
  status,
  body: { code: 0, message: `${status}: ${message}` },
});

export const unauthorized = general(401, "Unauthorized");
export const unknownRoute = general(404, "Not Found");
export const methodNotAllowed = general(405, "Method Not Allowed");

const table: ReadonlyMap<number, readonly [status: number, message: string]> = new Map([
  [10003, [404, "Unknown Channel"]],
  [10004, [404, "Unknown Guild"]],
  [10008, [404, "Unknown Message"]],
  [10013, [404, "Unknown User"]],
  [10015, [404, "Unknown Webhook"]],
  [10062, [404, "Unknown interaction"]],
  [10063, [404, "Unknown application command"]],
  /** Anti-spam quarantine; in no published table (`discord-facts.md` 4.1). */
  [20026, [403, "This bot has been flagged for anti-spam review and cannot send messages for now"]],
  [30032, [400, "Maximum number of application commands reached (100)"]],
  [30034, [400, "Maximum number of daily application command creates has been reached (200)"]],
  /**
   * Seen both as 429 and as 403 (`discord-facts.md` 4.1). 403 here: with a 429 the client's own rate limiter would wait and
   * repeat, and the bot would never see the code that tells it to pause opening channels.
   */
  [40003, [403, "You are opening direct messages too fast"]],
  [40060, [400, "Interaction has already been acknowledged."]],
  [40094, [400, "The maximum number of follow-up messages for this interaction has been reached"]],
  [50003, [403, "Cannot execute action on this channel type"]],
  [50005, [403, "Cannot edit a message authored by another user"]],
  [50006, [400, "Cannot send an empty message"]],
  [50007, [403, "Cannot send messages to this user"]],
  [50027, [401, "Invalid Webhook Token"]],
  [50035, [400, "Invalid Form Body"]],
  [50109, [400, "The request body contains invalid JSON."]],
  [50278, [403, "Cannot send messages to this user due to having no mutual guilds"]],
]);

interface ErrorTree {
  [key: string]: ErrorTree | { readonly code: string; readonly message: string }[];
}

const errorTree = (reasons: readonly string[]): ErrorTree => {
  const root: ErrorTree = {};
  for (const reason of reasons) {
    const separator = reason.indexOf(": ");
    const path = separator < 0 ? [] : reason.slice(0, separator).split(".");
    const message = separator < 0 ? reason : reason.slice(separator + 2);
    let node = root;
    for (const key of path) {
      const child = node[key];
      const next: ErrorTree = child === undefined || Array.isArray(child) ? {} : child;
      node[key] = next;
      node = next;
    }
    const errors = node._errors;
    const entry = { code: "BASE_TYPE_INVALID", message };
    node._errors = Array.isArray(errors) ? [...errors, entry] : [entry];
  }
  return root;
};
