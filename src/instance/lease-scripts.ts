/**
 * Every change of the lease. How long it lasts is counted by Redis alone, so no two clocks are ever compared. Each script may
 * be repeated: what has taken effect takes none again.
 */

const now = `
local time = redis.call("TIME")
local nowMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
`;

/**
 * Takes the lease when nobody has it, and stands by otherwise. A Redis that has lost its data says that nobody has it too:
 * whoever saw a leader a moment ago lets that one come first, who may not have noticed.
 */
export const acquireScript = `${now}
-- KEYS[1] holder, KEYS[2] fence, KEYS[3] finishing, KEYS[4] standbys
-- ARGV[1] our id, ARGV[2] what we are as JSON, ARGV[3] duration of the lease in ms
-- ARGV[4] the fence of a leader that we saw not longer ago than its lease lasts, else ""
-- ARGV[5] how long we count as standing by, in ms
-- Returns {"ours", our token, {the tokens of those that finish}}; {"held", what is left of it in ms, its token, who it is};
-- {"forgotten"} when Redis has lost what we saw.
local id = redis.call("HGET", KEYS[1], "id")
if id and id ~= ARGV[1] then
  redis.call("ZREMRANGEBYSCORE", KEYS[4], "-inf", nowMs)
  redis.call("ZADD", KEYS[4], nowMs + tonumber(ARGV[5]), ARGV[2])
  redis.call("PEXPIRE", KEYS[4], ARGV[5])
  local token, member = unpack(redis.call("HMGET", KEYS[1], "token", "member"))
  return { "held", redis.call("PTTL", KEYS[1]), token, member }
end
local fence = redis.call("GET", KEYS[2])
if not id then
  if ARGV[4] ~= "" and not fence then return { "forgotten" } end
  local epoch = tonumber(string.match(fence or "", "^(%d+):") or 0) + 1
  fence = string.format("%.0f:%s", epoch, ARGV[1])
  redis.call("SET", KEYS[2], fence)
  redis.call("HSET", KEYS[1], "id", ARGV[1], "token", fence, "member", ARGV[2])
end
-- What had been ours before was taken by us, and the answer was lost.
redis.call("PEXPIRE", KEYS[1], ARGV[3])
redis.call("ZREM", KEYS[4], ARGV[2])
return { "ours", fence, redis.call("ZRANGEBYSCORE", KEYS[3], "(" .. nowMs, "+inf") }
`;

/**
 * Lengthens the lease. One that has run out, or was forgotten, is ours still as long as nobody else has taken it.
 */
export const renewScript = `
-- KEYS[1] holder, KEYS[2] fence
-- ARGV[1] our id, ARGV[2] what we are as JSON, ARGV[3] duration of the lease in ms, ARGV[4] our token
-- Returns 1, or 0 when it is another's.
local fence = redis.call("GET", KEYS[2])
if fence and fence ~= ARGV[4] then return 0 end
local id = redis.call("HGET", KEYS[1], "id")
if id and id ~= ARGV[1] then return 0 end
if not fence then redis.call("SET", KEYS[2], ARGV[4]) end
if not id then redis.call("HSET", KEYS[1], "id", ARGV[1], "token", ARGV[4], "member", ARGV[2]) end
redis.call("PEXPIRE", KEYS[1], ARGV[3])
return 1
`;

/** Gives the lease up and tells those who wait. What we have begun may be ended for a while. */
export const passOnScript = `${now}
-- KEYS[1] holder, KEYS[2] finishing
-- ARGV[1] our token, ARGV[2] for how long we go on finishing, in ms, ARGV[3] channel
-- Returns 1, or 0 when it was not ours any more.
if redis.call("HGET", KEYS[1], "token") ~= ARGV[1] then return 0 end
redis.call("ZREMRANGEBYSCORE", KEYS[2], "-inf", nowMs)
redis.call("ZADD", KEYS[2], nowMs + tonumber(ARGV[2]), ARGV[1])
if redis.call("PTTL", KEYS[2]) < tonumber(ARGV[2]) then redis.call("PEXPIRE", KEYS[2], ARGV[2]) end
redis.call("DEL", KEYS[1])
redis.call("PUBLISH", ARGV[3], "free")
return 1
`;

/** We end. The lease may have become ours with the last thing that was asked. */
export const leaveScript = `
-- KEYS[1] holder, KEYS[2] finishing, KEYS[3] standbys
-- ARGV[1] our id, ARGV[2] what we are as JSON, ARGV[3] our token or "", ARGV[4] channel
-- Returns 1.
redis.call("ZREM", KEYS[3], ARGV[2])
redis.call("ZREM", KEYS[2], ARGV[3])
if redis.call("HGET", KEYS[1], "id") == ARGV[1] then
  redis.call("DEL", KEYS[1])
  redis.call("PUBLISH", ARGV[4], "free")
end
return 1
`;

/** Who leads and who waits, at one moment. */
export const reportScript = `${now}
-- KEYS[1] holder, KEYS[2] fence, KEYS[3] finishing, KEYS[4] standbys
-- Returns {who leads or "", what is left of the lease in ms, the fence or "", {the tokens of those that finish}, {who waits}}.
return {
  redis.call("HGET", KEYS[1], "member") or "",
  redis.call("PTTL", KEYS[1]),
  redis.call("GET", KEYS[2]) or "",
  redis.call("ZRANGEBYSCORE", KEYS[3], "(" .. nowMs, "+inf"),
  redis.call("ZRANGEBYSCORE", KEYS[4], "(" .. nowMs, "+inf"),
}
`;
