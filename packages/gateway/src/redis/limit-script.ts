/** How Redis counts the requests of all nodes: one script for every type of limit, so that each request is one step there. */
import type { LimitDemand, LimitStanding } from '../policy/rate-limit/limit-store.ts';
import { RedisScript } from './redis-script.ts';
import type { Arguments } from './redis-script.ts';

/** A SlidingWindow counts in this many parts of its window. The oldest part counts as a whole, so it never allows too much. */
const slices = 100;

/**
 * KEYS has one key per count. ARGV has, for each request, the number of its counts, and for each of these the type, requests,
 * window and burst of its rule. The answer is three whole numbers per count, those of {@link LimitStanding}. A request for
 * which one count has no room is counted nowhere.
 *
 * Time is that of Redis, so the clocks of nodes do not matter. Each key expires when it no longer says anything. A clock that
 * goes backwards, as at a failover, does not begin a window anew: what is stored of a moment ahead counts as of now.
 */
export const limitSource = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local slices = ${slices}

local function whole(number) return string.format('%.0f', number) end

local function fixedWindow(key, limit)
  local index, used = math.floor(now / limit.window), 0
  local stored = redis.call('GET', key)
  if stored then
    local at, count = string.match(stored, '^(%d+):(%d+)$')
    at = tonumber(at)
    if at == index or at == index + 1 then index, used = at, tonumber(count) end
  end
  local reset = (index + 1) * limit.window - now
  return {
    allowed = used < limit.requests, remaining = limit.requests - used, reset = used > 0 and reset or 0, retry = reset,
    count = function()
      redis.call('SET', key, whole(index) .. ':' .. whole(used + 1), 'PX', whole(math.ceil(reset)))
      return limit.requests - used - 1, reset
    end
  }
end

local function slicesOf(key, from, to)
  local names = {}
  for slice = from, to do names[#names + 1] = whole(slice) end
  return names, redis.call('HMGET', key, unpack(names))
end

local function slidingWindow(key, limit)
  local width = limit.window / slices
  local slice = math.floor(now / width)
  local stored = redis.call('HMGET', key, 'total', 'oldest', 'newest')
  local total, oldest, newest = tonumber(stored[1] or 0), tonumber(stored[2] or slice), tonumber(stored[3] or slice)
  local gone = {}
  if newest < slice - slices or newest > slice + slices then
    if stored[1] then redis.call('DEL', key) end
    total, oldest, newest = 0, slice, slice
  end
  slice = math.max(slice, newest)
  if oldest < slice - slices then
    local names, counts = slicesOf(key, oldest, slice - slices - 1)
    for place, count in ipairs(counts) do
      if count then total, gone[#gone + 1] = total - count, names[place] end
    end
    oldest = slice - slices
  end
  local allowed, retry = total < limit.requests, 0
  if not allowed then
    local excess = total - limit.requests
    local _, counts = slicesOf(key, oldest, newest)
    for place, count in ipairs(counts) do
      if count then
        retry = (oldest + place + slices) * width - now
        excess = excess - count
        if excess < 0 then break end
      end
    end
  end
  return {
    allowed = allowed, remaining = limit.requests - total, retry = retry,
    reset = total > 0 and (newest + 1 + slices) * width - now or 0,
    count = function()
      local reset = (slice + 1 + slices) * width - now
      redis.call('HSET', key, 'total', whole(total + 1), 'oldest', whole(oldest), 'newest', whole(slice))
      redis.call('HINCRBY', key, whole(slice), 1)
      if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
      redis.call('PEXPIRE', key, whole(math.ceil(reset)))
      return limit.requests - total - 1, reset
    end
  }
end

local function tokenBucket(key, limit)
  local interval, used = limit.window / limit.requests, 0
  local stored = redis.call('GET', key)
  if stored then
    local at, count = string.match(stored, '^([%d.]+):([%d.]+)$')
    local refilled = math.max(now - tonumber(at), 0) / interval
    used = math.min(math.max(tonumber(count) - refilled, 0), limit.burst)
  end
  local free = limit.burst - used
  return {
    allowed = free > 0.999999, remaining = math.floor(free + 0.000001), reset = used * interval,
    retry = (1 - free) * interval,
    count = function()
      local reset = (used + 1) * interval
      redis.call('SET', key, string.format('%.3f:%.6f', now, used + 1), 'PX', whole(math.ceil(reset)))
      return math.floor(free - 1 + 0.000001), reset
    end
  }
end

local types = { FixedWindow = fixedWindow, SlidingWindow = slidingWindow, TokenBucket = tokenBucket }
local answer, key, argument = {}, 1, 1
while argument <= #ARGV do
  local standings, allowed = {}, true
  for place = 1, tonumber(ARGV[argument]) do
    local at = argument + 4 * place - 3
    local standing = types[ARGV[at]](KEYS[key], {
      requests = tonumber(ARGV[at + 1]), window = tonumber(ARGV[at + 2]), burst = tonumber(ARGV[at + 3])
    })
    key, standings[place], allowed = key + 1, standing, allowed and standing.allowed
  end
  for _, standing in ipairs(standings) do
    local remaining, reset = standing.remaining, standing.reset
    if allowed then remaining, reset = standing.count() end
    answer[#answer + 1] = math.max(remaining, 0)
    answer[#answer + 1] = math.ceil(reset)
    answer[#answer + 1] = standing.allowed and 0 or math.max(math.ceil(standing.retry), 1)
  end
  argument = argument + 4 * #standings + 1
end
return answer
`;

/** Counts requests. */
export const limitScript = new RedisScript(limitSource);

/** The arguments for requests, each with what it demands. */
export function limitArguments(
  requests: readonly (readonly LimitDemand[])[],
  keyOf: (demand: LimitDemand) => string,
): Arguments {
  const keys: string[] = [];
  const values: string[] = [];
  for (const demands of requests) {
    values.push(String(demands.length));
    for (const demand of demands) {
      const { type, requests: most, windowMs, burst } = demand.rule;
      keys.push(keyOf(demand));
      values.push(type, String(most), String(windowMs), String(burst));
    }
  }
  return { keys, values };
}

/** Throws when an answer is none of the script for so many counts: what answers is no Redis. */
export function readAnswer(answer: unknown, counts: number): readonly number[] {
  const isWhole = Array.isArray(answer) && answer.length === 3 * counts && answer.every(Number.isInteger);
  if (!isWhole) throw new Error('Redis gave an answer that is none of the script');
  return answer as number[];
}

/** Reads `count` standings of the answer, from the one at `from` on. */
export function standingsOf(answer: readonly number[], from: number, count: number): LimitStanding[] {
  return Array.from({ length: count }, (_, index) => {
    const at = 3 * (from + index);
    return { remaining: answer[at], resetMs: answer[at + 1], retryAfterMs: answer[at + 2] };
  });
}
