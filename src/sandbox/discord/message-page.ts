import * as z from "zod";
import type { ApiResult } from "./api-result.ts";
import { invalidFormBody } from "./errors.ts";
import { messageToApi, type StoredMessage } from "./messages.ts";

/** Which messages of a channel are asked for, as Discord documents it under "Get Channel Messages". */
export interface MessagePage {
  readonly limit: number;
  /** Message ids; at most one of the two is used. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

const snowflake = z.string().regex(/^\d+$/);
const pageSchema = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  before: snowflake.optional(),
  after: snowflake.optional(),
});

/** The page a query asks for; a refusal when Discord would not take it. `around` is not known here. */
export function readPage(query: URLSearchParams): MessagePage | ApiResult {
  const { data, error } = pageSchema.safeParse(Object.fromEntries(query));
  if (data !== undefined) return { limit: data.limit, before: data.before, after: data.after };
  const violations = error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  return { ...invalidFormBody(violations), violations };
}

/** Newest first. After a message come the ones next to it, not the newest. */
export function listMessages(messages: readonly StoredMessage[], { limit, before, after }: MessagePage): ApiResult {
  const inOrder = messages.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  const wanted = inOrder.filter(
    ({ id }) =>
      (before === undefined || BigInt(id) < BigInt(before)) && (after === undefined || BigInt(id) > BigInt(after)),
  );
  const page = after === undefined ? wanted.slice(-limit) : wanted.slice(0, limit);
  // A nonce is for whoever sends and is told of the sending.
  return { status: 200, body: page.toReversed().map((message) => ({ ...messageToApi(message), nonce: undefined })) };
}
