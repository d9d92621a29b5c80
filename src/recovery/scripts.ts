/**
 * Every change there is, each as one, and refused as one where it comes from a leader that is none any more. Sent with
 * their text (EVAL), not by digest: one round trip also on a Redis that has just restarted, and the texts are short.
 */

const keep = `
if redis.call("HSETNX", KEYS[1], "sealed", ARGV[1]) == 1 then
  redis.call("HSET", KEYS[1], "lifeMs", ARGV[2])
  redis.call("PEXPIRE", KEYS[1], ARGV[2])
  redis.call("ZADD", KEYS[3], ARGV[4], ARGV[3])
  redis.call("PEXPIRE", KEYS[3], ARGV[5])
end`;

/**
 * Records an open interaction, and us among those who may be about to answer it: which of them acknowledged it, Redis
 * cannot know. A claim of another's means that somebody is past this point, or has even answered and struck it off: the
 * record of a slower process would bring it back. Our own comes first where a command runs before it is acknowledged.
 */
export const recordScript = `
-- KEYS[1] record, KEYS[2] claim, KEYS[3] index
-- ARGV[1] what is sealed, ARGV[2] its life in ms, ARGV[3] interaction id, ARGV[4] end of its token
-- ARGV[5] life of the index in ms, ARGV[6] our instance id, ARGV[7] the field that says that we recorded it
-- Returns 1 when we stand in it, 0 when it is claimed by another.
local holder = redis.call("GET", KEYS[2])
if holder and holder ~= ARGV[6] then return 0 end
${keep}
redis.call("HSET", KEYS[1], ARGV[7], "")
return 1
`;

/**
 * Records an interaction that somebody acknowledged and nobody recorded, and claims it when nobody else has. Where another
 * has, it is recorded for that one: us it does not count among those who may be about to answer it.
 */
export const adoptScript = `
-- KEYS[1] record, KEYS[2] claim, KEYS[3] index
-- ARGV[1] what is sealed, ARGV[2] its life in ms, ARGV[3] interaction id, ARGV[4] end of its token
-- ARGV[5] life of the index in ms, ARGV[6] our instance id, ARGV[7] the field that says that we recorded it
-- ARGV[8] what such fields begin with, ARGV[9] "free" when nothing is recorded where another has claimed
-- Returns 1 when it is ours to answer, 0 when another has recorded or claimed it.
local holder = redis.call("GET", KEYS[2])
local claimed = holder and holder ~= ARGV[6]
if claimed and ARGV[9] == "free" then return 0 end
for _, field in ipairs(redis.call("HKEYS", KEYS[1])) do
  if field ~= ARGV[7] and string.sub(field, 1, #ARGV[8]) == ARGV[8] then return 0 end
end
${keep}
if claimed then return 0 end
redis.call("HSET", KEYS[1], ARGV[7], "")
redis.call("SET", KEYS[2], ARGV[6], "PX", ARGV[2])
return 1
`;

/** Sets a field of what is recorded. What has been struck off, or never was there, does not come to be by it. */
export const markScript = `
-- KEYS[1] record
-- ARGV[1] the field
-- Returns 1 when it is set, 0 when nothing is recorded.
if redis.call("EXISTS", KEYS[1]) == 0 then return 0 end
redis.call("HSET", KEYS[1], ARGV[1], "")
return 1
`;

export const claimScript = `
-- KEYS[1] claim
-- ARGV[1] our instance id, ARGV[2] life of the claim in ms
-- Returns the id of the instance that holds the claim now.
if redis.call("SET", KEYS[1], ARGV[1], "NX", "PX", ARGV[2]) then return ARGV[1] end
return redis.call("GET", KEYS[1])
`;

/** Takes the claim of an instance that died before it could acknowledge, and so before it recorded. */
export const inheritScript = `
-- KEYS[1] claim, KEYS[2] record
-- ARGV[1] our instance id, ARGV[2] the instance that died, ARGV[3] life of the claim in ms
-- Returns 1 when the claim is ours, 0 when it is another's by now, or what is recorded is for whoever takes it over.
if redis.call("GET", KEYS[1]) ~= ARGV[2] or redis.call("EXISTS", KEYS[2]) == 1 then return 0 end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[3])
return 1
`;

/** Strikes an interaction off. Where its claim never landed, one is left: nobody may run it any more. */
export const strikeScript = `
-- KEYS[1] record, KEYS[2] claim, KEYS[3] index
-- ARGV[1] interaction id, ARGV[2] our instance id, ARGV[3] life of the claim in ms
-- Returns 1.
redis.call("DEL", KEYS[1])
redis.call("ZREM", KEYS[3], ARGV[1])
redis.call("SET", KEYS[2], ARGV[2], "NX", "PX", ARGV[3])
return 1
`;

/**
 * Takes what nobody who lives will answer. A record that has changed since it was seen is left for the next look: somebody
 * may be about to answer it. Asking again is harmless, so a reply that was lost costs nothing.
 */
export const takeOverScript = `
-- KEYS[1] record, KEYS[2] claim, KEYS[3...] liveness of the other instances it belonged to
-- ARGV[1] our instance id, ARGV[2] the claim as it was seen, empty for none, ARGV[3] number of fields as it was seen
-- ARGV[4] life of the record in ms when it was written, ARGV[5] age in ms before which it is left alone
-- Returns 1 when the claim is ours, 0 when it is not ours to take.
local holder = redis.call("GET", KEYS[2]) or ""
local remaining = redis.call("PTTL", KEYS[1])
if remaining <= 0 or tonumber(ARGV[4]) - remaining < tonumber(ARGV[5]) then return 0 end
if holder == ARGV[1] then return 1 end
if holder ~= ARGV[2] or redis.call("HLEN", KEYS[1]) ~= tonumber(ARGV[3]) then return 0 end
for i = 3, #KEYS do
  if redis.call("EXISTS", KEYS[i]) == 1 then return 0 end
end
redis.call("SET", KEYS[2], ARGV[1], "PX", remaining)
return 1
`;

/** Removes what cannot be read, or is over. */
export const removeScript = `
-- KEYS[1] record, KEYS[2] index
-- ARGV[1] interaction id
-- Returns 1.
redis.call("DEL", KEYS[1])
redis.call("ZREM", KEYS[2], ARGV[1])
return 1
`;

/** Shows that this instance lives. */
export const refreshScript = `
-- KEYS[1] liveness
-- ARGV[1] how long that holds in ms
-- Returns 1.
redis.call("SET", KEYS[1], "lives", "PX", ARGV[1])
return 1
`;

/** Takes the sign of life of instances that are known to be dead. */
export const forgetScript = `
-- KEYS[...] liveness
-- Returns how many there were.
return redis.call("DEL", unpack(KEYS))
`;
