-- Grants one request of the fleet's budget, or says how many milliseconds to wait. Only Redis's clock counts.
-- KEYS: budget, in flight, fleet. ARGV: process, request, tokens a millisecond, burst, most in flight,
-- milliseconds after which a request counts as lost, share regained a millisecond, pause known to the caller,
-- then the requests that have ended. Without a request nothing is granted.
local process, request = ARGV[1], ARGV[2]
local pace, burst, limit, lost_after, regained, known_pause =
    tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
if #ARGV > 8 then redis.call('ZREM', KEYS[2], unpack(ARGV, 9)) end
if request == '' then return {} end
redis.call('ZADD', KEYS[3], now, process)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - 60000)

local stored = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'share', 'paused_until', 'probing')
local at = math.min(tonumber(stored[2]) or now, now)
local share = tonumber(stored[3]) or 1
-- Redis may have lost a pause that processes still know of.
local paused_until = math.max(tonumber(stored[4]) or 0, known_pause > 0 and now + known_pause or 0)
local tokens, wait = 0, 0
if paused_until > now then
    wait = paused_until - now
else
    share = math.min(1, share + (now - at) * regained)
    -- A new budget starts empty: nobody knows what was sent before.
    tokens = math.min(burst, (tonumber(stored[1]) or 0) + (now - at) * pace * share)
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
    if stored[5] then limit = 1 end
    if redis.call('ZCARD', KEYS[2]) >= limit then
        wait = 20
    elseif tokens < 1 then
        wait = (1 - tokens) / (pace * share)
    else
        tokens = tokens - 1
        redis.call('ZADD', KEYS[2], now + lost_after, request)
    end
end
-- Nothing comes back during a pause.
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', math.max(now, paused_until), 'share', share,
           'paused_until', paused_until)
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, 86400000) end
return {tostring(wait), tostring(math.max(0, paused_until - now)), tostring(share), redis.call('ZCARD', KEYS[3]),
        stored[5] and 1 or 0}
