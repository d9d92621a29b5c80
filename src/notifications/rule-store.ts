import type { Redis } from "ioredis";
import { z } from "zod";
import { type Fence, runScript } from "../fence.ts";
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
  readonly redis: Pick<Redis, "hgetall" | "eval">;
  readonly fence?: Fence | undefined;
  readonly keys: Pick<NotificationKeys, "person">;
}

/** Beyond all pairs and timeframes there are; custom ids come from clients, who could name any. */
const mostFewer = 200;

/** A hash for each person, a field for each rule, each JSON. Nothing expires: a rule holds until it is changed. */
export function createRuleStore({ redis, fence, keys }: RuleStoreOptions): RuleStore {
  const keyOf = (personId: string): string => keys.person(personId).rules;

  const write = async (
    personId: string,
    {
      removed = [],
      set = {},
    }: { readonly removed?: readonly string[]; readonly set?: Readonly<Record<string, unknown>> },
  ) => {
    const fields = Object.entries(set).flatMap(([field, value]) => [field, JSON.stringify(value)]);
    const values = [removed.length, ...removed, ...fields];
    const reply = await runScript({ redis, fence }, changeRulesScript, [keyOf(personId)], values);
    const [removedFirst, rules] = changeReplySchema.parse(reply);
    return { removedFirst: removedFirst === 1, rules: readRules(fromPairs(rules)) };
  };

  return {
    read: async (personId) => readRules(await redis.hgetall(keyOf(personId))),

    async change(personId, change) {
      const given = Object.entries(change).filter(([, value]) => value !== undefined);
      const removed = given.filter(([, value]) => value === null).map(([field]) => field);
      const set = Object.fromEntries(given.filter(([, value]) => value !== null));
      return (await write(personId, { removed, set })).rules;
    },

    addFewer: async (personId, slot) =>
      readRules(fromPairs(await runScript({ redis, fence }, addFewerScript, [keyOf(personId)], [slot, mostFewer]))),

    async stop(personId, code, atMs) {
      const stopped: PersonRules["stopped"] = { code, atMs };
      await write(personId, { set: { stopped, stopNotice: true } });
    },

    resume: async (personId) => (await write(personId, { removed: ["stopped", "stopNotice"] })).removedFirst,

    async takeStopNotice(personId) {
      const { removedFirst, rules } = await write(personId, { removed: ["stopNotice"] });
      return removedFirst ? rules.stopped : undefined;
    },
  };
}

const changeRulesScript = `
-- KEYS[1] rules
-- ARGV[1] how many fields are taken away, then these, then each field that is set and its value
-- Returns {1 when the first field taken away was there, every field and its value after one another}.
local removed = tonumber(ARGV[1])
local first = 0
for index = 1, removed do
  local was = redis.call("HDEL", KEYS[1], ARGV[1 + index])
  if index == 1 then first = was end
end
for index = removed + 2, #ARGV, 2 do redis.call("HSET", KEYS[1], ARGV[index], ARGV[index + 1]) end
return { first, redis.call("HGETALL", KEYS[1]) }
`;

const changeReplySchema = z.tuple([z.number(), z.array(z.string())]);

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
