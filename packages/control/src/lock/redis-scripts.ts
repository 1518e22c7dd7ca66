/**
 * Takes the name and counts, in one step. KEYS: the lock, its counter. ARGV: holder, time in ms, the least token minus
 * one. `%.0f`, as Lua would write a large number with an exponent.
 */
export const acquireScript = `
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
local token = redis.call('INCR', KEYS[2])
if token <= tonumber(ARGV[3]) then
  token = tonumber(ARGV[3]) + 1
  redis.call('SET', KEYS[2], string.format('%.0f', token))
end
return token`;

/** Holds it for longer, if it is held by ARGV[1]; 1 when it was. */
export const renewScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** Gives it back, if it is held by ARGV[1]. */
export const releaseScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;
