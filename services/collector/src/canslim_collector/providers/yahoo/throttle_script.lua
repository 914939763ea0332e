-- A request was refused: everybody pauses, and goes on at half the pace. The milliseconds of the pause.
-- KEYS: budget. ARGV: first pause, longest pause, pause asked for, smallest share.
local first, longest, asked, smallest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local stored = redis.call('HMGET', KEYS[1], 'share', 'paused_until', 'refusals')
local share, paused_until, refusals = tonumber(stored[1]) or 1, tonumber(stored[2]) or 0, tonumber(stored[3]) or 0
if paused_until > now then
    -- One of those that were on their way: the same refusal.
    paused_until = math.max(paused_until, now + asked)
else
    if share >= 1 then refusals = 0 end
    paused_until = now + (asked > 0 and asked or math.min(longest, first * 2 ^ refusals))
    refusals = refusals + 1
    share = math.max(smallest, share / 2)
end
redis.call('HSET', KEYS[1], 'share', share, 'paused_until', paused_until, 'refusals', refusals, 'probing', 1,
           'tokens', 0, 'at', paused_until)
redis.call('PEXPIRE', KEYS[1], 86400000)
return tostring(paused_until - now)
