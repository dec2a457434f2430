"""What runs inside Redis. Scores stay strings there: Lua's own numbers would be rounded when printed."""

# A Redis that restarts within the seconds that `ranking:live` lasts brings it back from its log, along with a copy that
# is behind. What LASTSAVE answers is new in every process, so it tells them apart; where it is forbidden, 0 does no
# harm.
_PROCESS = """
local function process()
  local saved = redis.pcall('LASTSAVE')
  return type(saved) == 'number' and tostring(saved) or '0'
end
"""

HELD = """
-- KEYS: ranking:current. Answers the generation, its cursor, and Redis's own time in milliseconds.
local generation = redis.call('GET', KEYS[1])
local cursor = generation and redis.call('GET', 'ranking:' .. generation .. ':cursor')
if not cursor then return false end
local time = redis.call('TIME')
return {generation, cursor, time[1] * 1000 + math.floor(time[2] / 1000)}
"""

APPLY = (
    _PROCESS
    + """
-- KEYS: ranking:current, ranking:live, the generation's cursor; ARGV: generation, its prefix, the cursor expected,
-- the next one, seconds to live ('0': not yet), until when (Redis's own time in milliseconds), then five for each row:
-- set, account, version, score ('' takes away), name.
-- Whoever finds another generation or cursor than expected has been looking at another copy: nothing is written.
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('GET', KEYS[3]) ~= ARGV[3] then return 0 end
for i = 7, #ARGV, 5 do
  local set, account, version, score, name = ARGV[2] .. ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  local held = redis.call('HGET', set .. ':versions', account)
  local gap = held and string.find(held, ' ', 1, true)
  if not held or tonumber(string.sub(held, 1, gap - 1)) < tonumber(version) then
    local before = held and string.sub(held, gap + 1) or ''
    if before ~= '' and (before ~= name or score == '') then redis.call('ZREM', set, before) end
    if score ~= '' then redis.call('ZADD', set, score, name) end
    redis.call('HSET', set .. ':versions', account, version .. ' ' .. name)
    redis.call('SADD', ARGV[2] .. 'sets', ARGV[i])
  end
end
redis.call('SET', KEYS[3], ARGV[4])
local time = redis.call('TIME')
-- A Redis that was frozen may run this long after it was sent, when more has happened than these rows tell.
if ARGV[5] ~= '0' and time[1] * 1000 + time[2] / 1000 < tonumber(ARGV[6]) then
  redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[5])
  redis.call('SET', ARGV[2] .. 'process', process())
end
return 1
"""
)

READ = (
    _PROCESS
    + """
-- KEYS: ranking:current, ranking:live; ARGV: set, what ('after' | 'around'), limit, then score and name to begin after
-- ('' '': at the top), or the account to look around. Answers nothing unless the projection vouches for this very
-- generation.
local generation = redis.call('GET', KEYS[1])
if not generation or redis.call('GET', KEYS[2]) ~= generation then return false end
local prefix = 'ranking:' .. generation .. ':'
if redis.call('GET', prefix .. 'process') ~= process() then return false end
if redis.call('SISMEMBER', prefix .. 'unfit', ARGV[1]) == 1 then return false end
local set = prefix .. ARGV[1]
local total, limit = redis.call('ZCARD', set), tonumber(ARGV[3])

local function comes_after(index, score, name)
  local found = redis.call('ZRANGE', set, index, index, 'WITHSCORES')
  local theirs, mine = tonumber(found[2]), tonumber(score)
  if theirs ~= mine then return theirs > mine end
  for i = 1, math.min(#found[1], #name) do  -- by bytes: Lua would compare by the server's locale
    local a, b = string.byte(found[1], i), string.byte(name, i)
    if a ~= b then return a > b end
  end
  return #found[1] > #name
end

local first, last = 0, limit - 1
if ARGV[2] == 'after' and ARGV[5] ~= '' then
  local low, high = 0, total
  while low < high do
    local middle = math.floor((low + high) / 2)
    if comes_after(middle, ARGV[4], ARGV[5]) then high = middle else low = middle + 1 end
  end
  first, last = low, low + limit - 1
elseif ARGV[2] == 'around' then
  local held = redis.call('HGET', set .. ':versions', ARGV[4])
  local name = held and string.sub(held, string.find(held, ' ', 1, true) + 1) or ''
  local rank = name ~= '' and redis.call('ZRANK', set, name)
  if not rank then return {total, -1, {}} end
  first, last = math.max(rank - limit, 0), rank + limit
end
if limit == 0 and ARGV[2] == 'after' then return {total, first, {}} end
return {total, first, redis.call('ZRANGE', set, first, last, 'WITHSCORES')}
"""
)

SWITCH = """
-- KEYS: ranking:current, the new generation's cursor; ARGV: generation, its prefix, the cursor, the chunks that were
-- written, seconds for which the generation before is kept. A missing chunk means that this is not the Redis that they
-- were written to.
if tonumber(ARGV[4]) ~= tonumber(redis.call('GET', ARGV[2] .. 'chunks') or '0') then return 0 end
for _, set in ipairs(redis.call('SMEMBERS', ARGV[2] .. 'sets')) do
  redis.call('PERSIST', ARGV[2] .. set)
  redis.call('PERSIST', ARGV[2] .. set .. ':versions')
end
redis.call('PERSIST', ARGV[2] .. 'sets')
local before = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[2], ARGV[3])
redis.call('SET', KEYS[1], ARGV[1])
if before and before ~= ARGV[1] then
  local old = 'ranking:' .. before .. ':'
  for _, set in ipairs(redis.call('SMEMBERS', old .. 'sets')) do
    redis.call('EXPIRE', old .. set, ARGV[5])
    redis.call('EXPIRE', old .. set .. ':versions', ARGV[5])
  end
  for _, rest in ipairs({'sets', 'unfit', 'cursor', 'process', 'chunks'}) do
    redis.call('EXPIRE', old .. rest, ARGV[5])
  end
end
return 1
"""
