import type { Redis } from "ioredis";

/**
 * What a durable write carries where several processes may lead one after the other. A former leader may go on without
 * knowing that it is one (it was frozen, or cut off), and its clock may be wrong; so Redis itself refuses what it writes.
 */
export interface Fence {
  /** Holds the token of whoever leads, or led last. */
  readonly key: string;
  /** Sorted set of the tokens of those that have passed the lead on and end what they had begun, by until when, on Redis's clock. */
  readonly finishingKey: string;
  /** Ours: the epoch, and who leads in it. */
  readonly token: string;
}

/** Another process leads: what this one wanted to write must not be written any more. Nothing was changed. */
export class StaleLeaderError extends Error {
  override readonly name = "StaleLeaderError";
  readonly code = "STALE_LEADER";

  constructor() {
    super("another process leads by now: this write was refused");
  }
}

/**
 * Runs one of our scripts, unless the fence refuses it; without a fence there is nobody who could lead instead.
 *
 * @throws StaleLeaderError, or what Redis answers
 */
export async function runScript(
  { redis, fence }: { readonly redis: Pick<Redis, "eval">; readonly fence?: Fence | undefined },
  script: string,
  keys: readonly string[],
  values: readonly (string | number)[],
): Promise<unknown> {
  if (fence === undefined) return redis.eval(script, keys.length, ...keys, ...values);
  const fencedKeys = [...keys, fence.key, fence.finishingKey];
  try {
    return await redis.eval(guard + script, fencedKeys.length, ...fencedKeys, ...values, fence.token);
  } catch (error) {
    throw error instanceof Error && error.message.startsWith(refusal) ? new StaleLeaderError() : error;
  }
}

/** Refuses a stale leader before anything is written. For what is written by somebody else's script right after it. */
export async function assertNotStale(connection: Parameters<typeof runScript>[0]): Promise<void> {
  if (connection.fence !== undefined) await runScript(connection, "return 1", [], []);
}

const refusal = "STALELEADER";

/** Takes away its own keys and values before the script that follows sees any. */
const guard = `
-- KEYS[last - 1] fence, KEYS[last] finishing
-- ARGV[last] our token
local finishing, fence, token = table.remove(KEYS), table.remove(KEYS), table.remove(ARGV)
if redis.call("GET", fence) ~= token then
  local time, untilMs = redis.call("TIME"), redis.call("ZSCORE", finishing, token)
  if not untilMs or tonumber(untilMs) <= tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000 then
    return redis.error_reply("${refusal} another process leads")
  end
end
`;
