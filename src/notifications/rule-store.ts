import type { Redis } from "ioredis";
import { z } from "zod";
import type { NotificationKeys } from "./keys.ts";
import { isTimeZone } from "./quiet-hours.ts";
import { noRules, type PersonRules } from "./rules.ts";

/** Members given are set; `null` takes a rule away. */
export type RuleChange = {
  readonly [Key in Exclude<keyof PersonRules, "stopped">]?: PersonRules[Key] | null;
};

/** The rules of each person, kept in Redis. Every method rejects with what Redis answers. */
export interface RuleStore {
  read(personId: string): Promise<PersonRules>;
  /** @returns the rules as they are after the change */
  change(personId: string, change: RuleChange): Promise<PersonRules>;
  /**
   * Adds one slot of which fewer are wanted, whatever else is changed at the same time.
   *
   * @returns the rules as they are then; without the slot when the person has named too many already
   */
  addFewer(personId: string, slot: string): Promise<PersonRules>;
  /** Nothing is sent to the person any more, until they come back. */
  stop(personId: string, code: number, atMs: number): Promise<void>;
  /** @returns whether the person was stopped */
  resume(personId: string): Promise<boolean>;
  /** Why the person is stopped, when they have not been told yet; they count as told from then on. */
  takeStopNotice(personId: string): Promise<PersonRules["stopped"]>;
}

export interface RuleStoreOptions {
  /** Created with `enableOfflineQueue: false`, so that nobody waits for a Redis that is away. */
  readonly redis: Pick<Redis, "hgetall" | "multi" | "eval">;
  readonly keys: Pick<NotificationKeys, "person">;
}

/** Beyond all pairs and timeframes there are; custom ids come from clients, who could name any. */
const mostFewer = 200;

/** A hash for each person, a field for each rule, each JSON. Nothing expires: a rule holds until it is changed. */
export function createRuleStore({ redis, keys }: RuleStoreOptions): RuleStore {
  const keyOf = (personId: string): string => keys.person(personId).rules;

  return {
    read: async (personId) => readRules(await redis.hgetall(keyOf(personId))),

    async change(personId, change) {
      const key = keyOf(personId);
      const transaction = redis.multi();
      for (const [field, value] of Object.entries(change)) {
        if (value === null) transaction.hdel(key, field);
        else if (value !== undefined) transaction.hset(key, field, JSON.stringify(value));
      }
      const results = await resultsOf(transaction.hgetall(key).exec());
      return readRules(results.at(-1));
    },

    addFewer: async (personId, slot) =>
      readRules(fromPairs(await redis.eval(addFewerScript, 1, keyOf(personId), slot, mostFewer))),

    async stop(personId, code, atMs) {
      const stopped: PersonRules["stopped"] = { code, atMs };
      const key = keyOf(personId);
      await resultsOf(
        redis.multi().hset(key, "stopped", JSON.stringify(stopped)).hset(key, "stopNotice", "true").exec(),
      );
    },

    async resume(personId) {
      const key = keyOf(personId);
      const [removed] = await resultsOf(redis.multi().hdel(key, "stopped").hdel(key, "stopNotice").exec());
      return removed === 1;
    },

    async takeStopNotice(personId) {
      const key = keyOf(personId);
      const [taken, rules] = await resultsOf(redis.multi().hdel(key, "stopNotice").hgetall(key).exec());
      return taken === 1 ? readRules(rules).stopped : undefined;
    },
  };
}

const addFewerScript = `
-- KEYS[1] rules
-- ARGV[1] slot, ARGV[2] how many there may be
-- Returns every field and its value, after one another.
local read, slots = pcall(cjson.decode, redis.call("HGET", KEYS[1], "fewer") or "[]")
if not read or type(slots) ~= "table" or #slots == 0 then slots = {} end
local known = false
for _, slot in ipairs(slots) do known = known or slot == ARGV[1] end
if not known and #slots < tonumber(ARGV[2]) then
  slots[#slots + 1] = ARGV[1]
  redis.call("HSET", KEYS[1], "fewer", cjson.encode(slots))
end
return redis.call("HGETALL", KEYS[1])
`;

/** @throws what Redis answered to any of the commands */
async function resultsOf(executed: Promise<[error: Error | null, result: unknown][] | null>): Promise<unknown[]> {
  const results = (await executed) ?? [];
  for (const [error] of results) if (error !== null) throw error;
  return results.map(([, result]) => result);
}

function fromPairs(list: unknown): Readonly<Record<string, string>> {
  const parts = z.array(z.string()).parse(list);
  return Object.fromEntries(parts.flatMap((part, index) => (index % 2 === 0 ? [[part, parts[index + 1] ?? ""]] : [])));
}

/** What is kept of a rule that cannot be read is ignored, and the other rules hold. */
function readRules(fields: unknown): PersonRules {
  const read = rulesSchema.parse(fields);
  return {
    minConfidence: read.minConfidence,
    strongOnly: read.strongOnly ?? noRules.strongOnly,
    fewer: read.fewer ?? noRules.fewer,
    quietHours: read.quietHours,
    mutedUntilMs: read.mutedUntilMs,
    stopped: read.stopped,
  };
}

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue("not JSON");
    return z.NEVER;
  }
});

const field = <Value>(schema: z.ZodType<Value>) => json.pipe(schema).optional().catch(undefined);

const minute = z.int().min(0).max(1439);

const rulesSchema = z.object({
  minConfidence: field(z.number().min(0).max(1)),
  strongOnly: field(z.boolean()),
  fewer: field(z.array(z.string())),
  quietHours: field(
    z.object({
      fromMinute: minute,
      toMinute: minute,
      timeZone: z.string().refine(isTimeZone),
      strongPasses: z.boolean(),
    }),
  ),
  mutedUntilMs: field(z.number()),
  stopped: field(z.object({ code: z.int(), atMs: z.number() })),
});
