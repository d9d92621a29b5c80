import { Redis } from "ioredis";
import type { Clock } from "../clock.ts";
import type { RedisAddress } from "../queue-connection.ts";
import { disconnect } from "./disconnect.ts";
import { notificationStream, streamGroup } from "./keys.ts";
import { claimAnswerSchema, readAnswerSchema, type StreamEntry } from "./stream-entries.ts";
import { redisReason } from "./subscriber.ts";

export interface StreamReaderOptions {
  readonly redis: RedisAddress;
  readonly fingerprint: string;
  readonly consumer: string;
  readonly clock: Clock;
  /** The longest that {@link StreamReader.readNew} waits, ms. */
  readonly maxWaitMs: number;
  /** How long Redis may take to answer before the connection counts as dead, ms. */
  readonly answerTimeoutMs: number;
}

/** One connection that reads the stream as one consumer of the bot's group. Everything rejects once it is lost. */
export interface StreamReader {
  /** Connects, and creates stream and group where there are none. */
  open(): Promise<void>;
  /** What was read under this name before and not acknowledged, after the id. */
  readOwn(after: string): Promise<readonly StreamEntry[]>;
  /** What nobody of the group has read; waits for it. */
  readNew(waitMs: number): Promise<readonly StreamEntry[]>;
  /** Takes over what others have read so long ago, and not acknowledged; `next` is where to go on. */
  claim(idleMs: number, start: string): Promise<{ readonly next: string; readonly entries: readonly StreamEntry[] }>;
  acknowledge(entries: readonly StreamEntry[]): Promise<void>;
  /** Forgets consumers that are gone, and entries from before `keptSinceMs` that no group needs any more. */
  sweep(consumerIdleMs: number, keptSinceMs: number): Promise<void>;
  /** Why the connection failed, in a short word; undefined when it said nothing. */
  readonly trouble: string | undefined;
  /** Resolves when Redis hands over nothing more. */
  close(): Promise<void>;
}

/** Enough that the way there and back does not matter, and one process does not take all. */
const batchCount = 100;

export function createStreamReader(options: StreamReaderOptions): StreamReader {
  const { clock, consumer, maxWaitMs, answerTimeoutMs } = options;
  const group = streamGroup(options.fingerprint);
  let trouble: string | undefined;
  // Of no use after its first failure: whoever reads has to start anew.
  const redis = new Redis(options.redis.url, {
    db: options.redis.db,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectTimeout: answerTimeoutMs,
    commandTimeout: maxWaitMs + answerTimeoutMs,
    connectionName: "signalguard-stream",
  });
  redis.on("error", (error: unknown) => {
    trouble = redisReason(error);
  });

  const asConsumer = ["GROUP", group, consumer, "COUNT", batchCount] as const;

  return {
    get trouble() {
      return trouble;
    },
    async open() {
      await redis.connect();
      try {
        // From the beginning: what was published before the first start counts as well.
        await redis.xgroup("CREATE", notificationStream, group, "0", "MKSTREAM");
      } catch (error) {
        if (redisReason(error) !== "BUSYGROUP") throw error;
      }
    },
    async readOwn(after) {
      return readAnswerSchema.parse(await redis.xreadgroup(...asConsumer, "STREAMS", notificationStream, after));
    },
    async readNew(waitMs) {
      // 0 would mean without end.
      const blockMs = Math.max(1, Math.min(maxWaitMs, Math.round(waitMs)));
      return readAnswerSchema.parse(
        await redis.xreadgroup(...asConsumer, "BLOCK", blockMs, "STREAMS", notificationStream, ">"),
      );
    },
    async claim(idleMs, start) {
      return claimAnswerSchema.parse(
        await redis.xautoclaim(notificationStream, group, consumer, idleMs, start, "COUNT", batchCount),
      );
    },
    async acknowledge(entries) {
      await redis.xack(notificationStream, group, ...entries.map(({ id }) => id));
    },
    async sweep(consumerIdleMs, keptSinceMs) {
      await redis.eval(sweepScript, 1, notificationStream, group, consumerIdleMs, keptSinceMs);
    },
    close: () => disconnect(redis, clock),
  };
}

/** A consumer is deleted together with what it has not acknowledged, so that has to be looked at in the same moment. */
const sweepScript = `
-- KEYS[1] stream
-- ARGV[1] group, ARGV[2] how long a consumer is silent that is gone, ms; ARGV[3] how far back entries are kept, ms since the epoch
-- Returns nothing.
local function fields(list)
  local map = {}
  for i = 1, #list, 2 do map[list[i]] = list[i + 1] end
  return map
end
for _, list in ipairs(redis.call("XINFO", "CONSUMERS", KEYS[1], ARGV[1])) do
  local consumer = fields(list)
  if consumer.pending == 0 and consumer.idle > tonumber(ARGV[2]) then
    redis.call("XGROUP", "DELCONSUMER", KEYS[1], ARGV[1], consumer.name)
  end
end
local function before(one, other)
  local ms, sequence = string.match(one, "(%d+)-(%d+)")
  local otherMs, otherSequence = string.match(other, "(%d+)-(%d+)")
  if ms ~= otherMs then return tonumber(ms) < tonumber(otherMs) end
  return tonumber(sequence) < tonumber(otherSequence)
end
local needed = ARGV[3] .. "-0"
for _, list in ipairs(redis.call("XINFO", "GROUPS", KEYS[1])) do
  local group = fields(list)
  local first = redis.call("XPENDING", KEYS[1], group.name)[2] or group["last-delivered-id"]
  if before(first, needed) then needed = first end
end
redis.call("XTRIM", KEYS[1], "MINID", "~", needed)
`;
