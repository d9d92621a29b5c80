/**
 * Every change to what stands in Redis about deliveries, each as one, and refused as one where it comes from a leader that is
 * none any more. Sent with their text (EVAL), not by digest: one round trip also on a Redis that has just restarted, and
 * the texts are short.
 *
 * A "line" is `<order> <identity> <JSON>`; scripts read its first two words only. Fields of `sending`: `id`, `state`, and
 * a line for each slot under `item:<slot>`. Each script may be repeated: what has taken effect takes none again.
 *
 * Keys of how notifications ended are made of a prefix and their identity.
 */

const lines = `
local function identityOf(line) return line and string.match(line, "^%d+ (%S+) ") end
local function orderOf(line) return line and tonumber(string.match(line, "^(%d+) ")) end
local function beginsWithItem(field) return string.sub(field, 1, 5) == "item:" end
`;

/**
 * Where a notification stands.
 */
export const lookScript = `${lines}
-- KEYS[1] done, KEYS[2] sending
-- ARGV[1] identity, ARGV[2] slot
-- Returns how it ended as JSON, "sending" when it is in the message on its way, else "".
local done = redis.call("GET", KEYS[1])
if done then return done end
if identityOf(redis.call("HGET", KEYS[2], "item:" .. ARGV[2])) == ARGV[1] then return "sending" end
return ""
`;

/**
 * Puts a notification into the person's box, where the newest of a slot takes the place of an older one.
 */
export const offerScript = `${lines}
-- KEYS[1] done, KEYS[2] sending, KEYS[3] shown, KEYS[4] box
-- ARGV[1] identity, ARGV[2] slot, ARGV[3] order, ARGV[4] line, ARGV[5] the end "superseded" as JSON, ARGV[6] life of an end in ms
-- ARGV[7] prefix of ends, ARGV[8] life of the box in ms
-- Returns how it ended as JSON, "sending" when it is in the message on its way, "shown" when a message shows it, else "".
local identity, slot, order = ARGV[1], ARGV[2], tonumber(ARGV[3])
local done = redis.call("GET", KEYS[1])
if done then return done end

local function superseded(byWhom)
  redis.call("SET", ARGV[7] .. byWhom, ARGV[5], "PX", ARGV[6])
  return ARGV[5]
end

local sending = redis.call("HGET", KEYS[2], "item:" .. slot)
if identityOf(sending) == identity then return "sending" end
if sending and orderOf(sending) > order then return superseded(identity) end

local shown = redis.call("HGET", KEYS[3], slot)
if identityOf(shown) == identity then return "shown" end
if shown and orderOf(shown) > order then return superseded(identity) end

local waiting = redis.call("HGET", KEYS[4], slot)
if identityOf(waiting) == identity then return "" end
if waiting and orderOf(waiting) > order then return superseded(identity) end
if waiting then superseded(identityOf(waiting)) end
redis.call("HSET", KEYS[4], slot, ARGV[4])
redis.call("PEXPIRE", KEYS[4], ARGV[8])
return ""
`;

/**
 * Takes the turn, or keeps it, and tells what there is to do.
 */
export const takeScript = `
-- KEYS[1] turn, KEYS[2] sending, KEYS[3] box, KEYS[4] shown, KEYS[5] nextAt
-- ARGV[1] token, ARGV[2] life of a turn in ms
-- Returns {"", sending, box, shown, nextAt}, hashes as lists of fields and values; {"taken", what the turn has left in ms}
-- when it is another's.
local holder = redis.call("GET", KEYS[1])
if holder and holder ~= ARGV[1] then return { "taken", redis.call("PTTL", KEYS[1]) } end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return {
  "",
  redis.call("HGETALL", KEYS[2]),
  redis.call("HGETALL", KEYS[3]),
  redis.call("HGETALL", KEYS[4]),
  redis.call("GET", KEYS[5]) or "",
}
`;

export const keepTurnScript = `
-- KEYS[1] turn
-- ARGV[1] token, ARGV[2] life of a turn in ms
-- Returns 1 when the turn is ours still.
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call("PEXPIRE", KEYS[1], ARGV[2])
`;

export const releaseTurnScript = `
-- KEYS[1] turn
-- ARGV[1] token
-- Returns 1 when the turn was ours.
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call("DEL", KEYS[1])
`;

/**
 * Moves notifications from the box into a message that is about to be sent. Only with the turn, and only while no other
 * message is on its way.
 */
export const beginScript = `${lines}
-- KEYS[1] turn, KEYS[2] sending, KEYS[3] box
-- ARGV[1] token, ARGV[2] id, ARGV[3] state, ARGV[4] life in ms, then for each notification: slot, identity
-- Returns 1; 0 when the turn is lost, a message is on its way, or the box holds others by now.
if redis.call("GET", KEYS[1]) ~= ARGV[1] or redis.call("EXISTS", KEYS[2]) == 1 then return 0 end
for index = 5, #ARGV, 2 do
  if identityOf(redis.call("HGET", KEYS[3], ARGV[index])) ~= ARGV[index + 1] then return 0 end
end
redis.call("HSET", KEYS[2], "id", ARGV[2], "state", ARGV[3])
for index = 5, #ARGV, 2 do
  redis.call("HSET", KEYS[2], "item:" .. ARGV[index], redis.call("HGET", KEYS[3], ARGV[index]))
  redis.call("HDEL", KEYS[3], ARGV[index])
end
redis.call("PEXPIRE", KEYS[2], ARGV[4])
return 1
`;

/**
 * Notes that the message is tried again, or when it may be.
 */
export const noteScript = `
-- KEYS[1] sending
-- ARGV[1] id, ARGV[2] state
-- Returns 1; 0 when this message is not on its way any more.
if redis.call("HGET", KEYS[1], "id") ~= ARGV[1] then return 0 end
redis.call("HSET", KEYS[1], "state", ARGV[2])
return 1
`;

/**
 * The message is known to stand at Discord. Asks for the message and not for the turn: who has lost the turn meanwhile and
 * knows what became of the message is right all the same.
 */
export const settleScript = `
-- KEYS[1] turn, KEYS[2] sending, KEYS[3] box, KEYS[4] ledger, KEYS[5] shown, KEYS[6] nextAt
-- ARGV[1] token, ARGV[2] id, ARGV[3] prefix of ends, ARGV[4] life of an end in ms
-- ARGV[5] time sent, ARGV[6] message id, ARGV[7] entry of the ledger, ARGV[8] time before which entries are dropped,
-- ARGV[9] most entries, ARGV[10] life of ledger and shown in ms, ARGV[11] most slots shown
-- ARGV[12] when the next message may be sent, empty to leave it, ARGV[13] how long from now in ms
-- ARGV[14] number of notifications, then for each: identity, its end as JSON, slot, line
-- then for each other slot that the message shows: slot, line
-- Returns 0 when this message was settled before, 1, or 2 when nothing more waits in the box: then the turn is over too.
if redis.call("HGET", KEYS[2], "id") ~= ARGV[2] then return 0 end

local sent = redis.call("ZRANGEBYSCORE", KEYS[4], ARGV[5], ARGV[5])
for _, entry in ipairs(sent) do
  if string.find(entry, ARGV[6] .. " ", 1, true) == 1 then redis.call("ZREM", KEYS[4], entry) end
end
redis.call("ZADD", KEYS[4], ARGV[5], ARGV[7])
redis.call("ZREMRANGEBYSCORE", KEYS[4], "-inf", "(" .. ARGV[8])
redis.call("ZREMRANGEBYRANK", KEYS[4], 0, -tonumber(ARGV[9]) - 1)
redis.call("PEXPIRE", KEYS[4], ARGV[10])

local index = 15
for _ = 1, tonumber(ARGV[14]) do
  redis.call("SET", ARGV[3] .. ARGV[index], ARGV[index + 1], "PX", ARGV[4])
  redis.call("HSET", KEYS[5], ARGV[index + 2], ARGV[index + 3])
  index = index + 4
end
while index < #ARGV do
  redis.call("HSET", KEYS[5], ARGV[index], ARGV[index + 1])
  index = index + 2
end
-- Whoever publishes may invent slots without end: those said longest ago are forgotten.
local surplus = redis.call("HLEN", KEYS[5]) - tonumber(ARGV[11])
if surplus > 0 then
  local shown = redis.call("HGETALL", KEYS[5])
  local slots = {}
  for field = 1, #shown, 2 do
    slots[#slots + 1] = { shown[field], tonumber(string.match(shown[field + 1], "^(%d+) ")) }
  end
  table.sort(slots, function(one, other) return one[2] < other[2] end)
  for oldest = 1, surplus do redis.call("HDEL", KEYS[5], slots[oldest][1]) end
end
redis.call("PEXPIRE", KEYS[5], ARGV[10])

if ARGV[12] ~= "" and tonumber(ARGV[13]) > 0 then redis.call("SET", KEYS[6], ARGV[12], "PX", ARGV[13]) end
redis.call("DEL", KEYS[2])
if redis.call("EXISTS", KEYS[3]) == 1 then return 1 end
if redis.call("GET", KEYS[1]) == ARGV[1] then redis.call("DEL", KEYS[1]) end
return 2
`;

/**
 * The message is known not to stand at Discord: what was in it waits again, unless a newer one of its slot waits already.
 */
export const putBackScript = `${lines}
-- KEYS[1] sending, KEYS[2] box, KEYS[3] shown, KEYS[4] nextAt
-- ARGV[1] id, ARGV[2] the end "superseded" as JSON, ARGV[3] prefix of ends, ARGV[4] life of an end in ms, ARGV[5] life of the box
-- in ms, ARGV[6] when the next message may be sent, ARGV[7] how long from now in ms, 0 to leave it
-- then for each slot whose message is gone: slot, identity
-- Returns 1; 0 when this message is not on its way any more.
if redis.call("HGET", KEYS[1], "id") ~= ARGV[1] then return 0 end
local fields = redis.call("HGETALL", KEYS[1])
for field = 1, #fields, 2 do
  if beginsWithItem(fields[field]) then
    local slot, line = string.sub(fields[field], 6), fields[field + 1]
    if redis.call("HSETNX", KEYS[2], slot, line) == 0 then
      redis.call("SET", ARGV[3] .. identityOf(line), ARGV[2], "PX", ARGV[4])
    end
  end
end
redis.call("PEXPIRE", KEYS[2], ARGV[5])
if tonumber(ARGV[7]) > 0 then redis.call("SET", KEYS[4], ARGV[6], "PX", ARGV[7]) end
for index = 8, #ARGV, 2 do
  if identityOf(redis.call("HGET", KEYS[3], ARGV[index])) == ARGV[index + 1] then
    redis.call("HDEL", KEYS[3], ARGV[index])
  end
end
redis.call("DEL", KEYS[1])
return 1
`;

/**
 * Ends notifications that are not to be sent, wherever they wait. One that is in the message on its way cannot be.
 */
export const endUnsentScript = `${lines}
-- KEYS[1] sending, KEYS[2] box
-- ARGV[1] prefix of ends, ARGV[2] life of an end in ms, then for each notification: slot, identity, its end as JSON
-- Returns 1.
for index = 3, #ARGV, 3 do
  local slot, identity = ARGV[index], ARGV[index + 1]
  if identityOf(redis.call("HGET", KEYS[1], "item:" .. slot)) ~= identity then
    if identityOf(redis.call("HGET", KEYS[2], slot)) == identity then redis.call("HDEL", KEYS[2], slot) end
    -- Whoever saw it in the box may be told of it late: an end that there is stays.
    redis.call("SET", ARGV[1] .. identity, ARGV[index + 2], "NX", "PX", ARGV[2])
  end
end
return 1
`;

/**
 * Ends what is in the message on its way, and on request everything else that waits for the person.
 */
export const failScript = `${lines}
-- KEYS[1] sending, KEYS[2] box
-- ARGV[1] id of the message, empty for none, ARGV[2] 1 to end what is in the box too
-- ARGV[3] prefix of ends, ARGV[4] life of an end in ms, ARGV[5] the end as JSON
-- Returns how many were ended.
local count = 0
local function finish(line)
  redis.call("SET", ARGV[3] .. identityOf(line), ARGV[5], "PX", ARGV[4])
  count = count + 1
end
if ARGV[1] ~= "" and redis.call("HGET", KEYS[1], "id") == ARGV[1] then
  local fields = redis.call("HGETALL", KEYS[1])
  for field = 1, #fields, 2 do
    if beginsWithItem(fields[field]) then finish(fields[field + 1]) end
  end
  redis.call("DEL", KEYS[1])
end
if ARGV[2] == "1" then
  for _, line in ipairs(redis.call("HVALS", KEYS[2])) do finish(line) end
  redis.call("DEL", KEYS[2])
end
return count
`;

export const forgetChannelScript = `
-- KEYS[1] channels
-- ARGV[1] person, ARGV[2] the channel that is gone
-- Returns 1; 0 when another one is known.
if redis.call("HGET", KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
return redis.call("HDEL", KEYS[1], ARGV[1])
`;

export const keepChannelScript = `
-- KEYS[1] channels
-- ARGV[1] person, ARGV[2] the channel that was opened
-- Returns 1 when none was known.
return redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
`;

export const pauseOpeningsScript = `
-- KEYS[1] opensPausedUntil
-- ARGV[1] the time, ARGV[2] how long from now in ms
-- Returns 1.
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1
`;

/**
 * A signal change is about to be sent.
 */
export const announceScript = `
-- KEYS[1] announcedAt
-- ARGV[1] the time, ARGV[2] how long it is remembered in ms
-- Returns when it was first sent, "" when that is now.
if redis.call("SET", KEYS[1], ARGV[1], "NX", "PX", ARGV[2]) then return "" end
return redis.call("GET", KEYS[1])
`;
