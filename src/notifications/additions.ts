import { assertNotStale, type Fence, runScript } from "../fence.ts";
import { untimedIdentity, untimedRepeatMs } from "./identity.ts";
import { retentionMs } from "./jobs.ts";
import type { NotificationQueue } from "./queue.ts";
import type { Candidate } from "./reception.ts";

/** A candidate that is in the queue. */
export interface Addition {
  readonly candidate: Candidate;
  readonly identity: string;
  /** False when the queue had it before, by whichever way and process. */
  readonly added: boolean;
}

/** The queue as somebody adds to it who may have ceased to lead. */
export type QueueToAddTo = Pick<NotificationQueue, "jobs" | "redis" | "keys"> & { readonly fence?: Fence | undefined };

/**
 * Adds all of them to the durable queue. Resolves when Redis has them all; asking again after it rejected is harmless, and
 * finds what the first time added.
 */
export async function addToQueue(queue: QueueToAddTo, candidates: readonly Candidate[]): Promise<readonly Addition[]> {
  const identities = await identify(queue, candidates);
  // The library's own script carries no fence. Should the lead be lost right here, what is added was published all the same,
  // and counts once, whoever adds it.
  await assertNotStale(queue);
  const named = candidates.map((candidate, index) => ({ candidate, identity: identities[index] ?? "" }));
  await queue.jobs.addBulk(
    named.map(({ candidate: { job }, identity }) => {
      const { name, ...data } = job;
      return { name, data, opts: { jobId: identity } };
    }),
  );
  const ours = await compareReceipts(queue, named);
  return named.map((each, index) => ({ ...each, added: ours[index] === true }));
}

/** What has no time of its own is named by the time of the first that counts as the same, whoever received that. */
async function identify(queue: QueueToAddTo, candidates: readonly Candidate[]) {
  const untimed = candidates.flatMap(({ name, job }) =>
    "digest" in name ? [{ digest: name.digest, receivedAtMs: job.receivedAtMs }] : [],
  );
  const firsts = await run(queue, firstsScript, {
    keys: untimed.map(({ digest }) => queue.keys.untimed(digest)),
    values: [untimedRepeatMs, retentionMs, ...untimed.map(({ receivedAtMs }) => receivedAtMs)],
  });
  let next = 0;
  return candidates.map(({ name }) => {
    if ("identity" in name) return name.identity;
    return untimedIdentity(name.digest, String(firsts[next++]));
  });
}

/** The library answers the same whether it added a job or knew it; what was stored tells. */
async function compareReceipts(
  { redis, jobs }: QueueToAddTo,
  named: readonly { readonly candidate: Candidate; readonly identity: string }[],
): Promise<readonly boolean[]> {
  const answers = await run({ redis }, receiptsScript, {
    keys: named.map(({ identity }) => jobs.toKey(identity)),
    values: named.map(({ candidate }) => candidate.job.receipt),
  });
  return answers.map((answer) => answer === 1);
}

async function run(
  connection: Pick<QueueToAddTo, "redis" | "fence">,
  script: string,
  { keys, values }: { readonly keys: readonly string[]; readonly values: readonly (string | number)[] },
): Promise<readonly unknown[]> {
  if (keys.length === 0) return [];
  const answer = await runScript(connection, script, keys, values);
  return Array.isArray(answer) ? answer : [];
}

/**
 * Every time is kept as long as the queue remembers jobs: a stream entry that is read again after a crash, hours later,
 * must get the name it had.
 */
const firstsScript = `
-- KEYS[i] sorted set of one content: when the first ones came
-- ARGV[1] how near in time the same is one, ms; ARGV[2] how long times are kept, ms; ARGV[2 + i] when it came, ms since the epoch
-- Returns for each the time of the first that it is the same as; its own when it is the first.
local within, kept = tonumber(ARGV[1]), tonumber(ARGV[2])
local firsts = {}
for i, key in ipairs(KEYS) do
  local at = tonumber(ARGV[2 + i])
  local near = redis.call("ZRANGEBYSCORE", key, string.format("(%.0f", at - within), string.format("(%.0f", at + within), "LIMIT", 0, 1)
  if near[1] then
    firsts[i] = near[1]
  else
    redis.call("ZADD", key, ARGV[2 + i], ARGV[2 + i])
    redis.call("ZREMRANGEBYSCORE", key, "-inf", string.format("(%.0f", at - kept))
    redis.call("PEXPIRE", key, ARGV[2])
    firsts[i] = ARGV[2 + i]
  end
end
return firsts
`;

const receiptsScript = `
-- KEYS[i] job, ARGV[i] receipt
-- Returns for each 1 when the job holds the receipt, else 0.
local ours = {}
for i, key in ipairs(KEYS) do
  local data = redis.call("HGET", key, "data")
  ours[i] = data and string.find(data, ARGV[i], 1, true) and 1 or 0
end
return ours
`;
