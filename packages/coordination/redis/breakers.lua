-- What one process has to say about breakers, and what all know then.
--
-- ARGV[1] settings (JSON), ARGV[2] reports (JSON), one per deployment, each with
--   d        the deployment
--   version  of the state that the process knew
--   opening  { until, reason, trips } of its own breaker, absent while closed
--   told     the opening is what this script told, and no news
--   ended    probes: { id, outcome, at }
--   renew    ids of its probes that are under way
--   calls, failures  of calls that passed while closed
--   ask      id of a probe that it wants to make
--   alone    not beside another one
-- Returns per report: deployment, granted (1 or 0), version, until, reason, trips;
-- then, if `settings.joining`, the same of all others that are not closed.
--
-- Each key has a TTL. `openings` names what is not closed; per deployment there are
--   breaker  version, until (0: closed), reason, trips, successes of probes
--   window   calls and failures, per tenth of the window
--   probes   permits that are out, by the time at which they lapse
--
-- Breakers live by the time of the processes (`now`), as what they tell one
-- another is in it. Permits lapse by the time of the server, which is one for all.

local settings = cjson.decode(ARGV[1])
local prefix, now = settings.prefix, settings.now
local clock = redis.call('TIME')
local server_now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local BUCKETS = 10
local LONGEST_TTL = 2592000000

local function whole(number)
  return string.format('%.0f', number)
end

local function load(deployment)
  local key = prefix .. 'breaker:' .. deployment
  local fields = redis.call('HMGET', key, 'version', 'until', 'reason', 'trips', 'successes')
  return {
    deployment = deployment,
    key = key,
    window = prefix .. 'window:' .. deployment,
    probes = prefix .. 'probes:' .. deployment,
    missing = not fields[1],
    version = tonumber(fields[1] or 0),
    open_until = tonumber(fields[2] or 0),
    reason = fields[3] or '',
    trips = tonumber(fields[4] or 0),
    successes = tonumber(fields[5] or 0),
  }
end

local function save(breaker)
  redis.call('HSET', breaker.key, 'version', whole(breaker.version),
    'until', whole(breaker.open_until), 'reason', breaker.reason,
    'trips', whole(breaker.trips), 'successes', whole(breaker.successes))
  breaker.missing = false
end

local function keep(breaker)
  if breaker.missing then return end
  local ttl = math.max(0, breaker.open_until - now) + settings.keepMs
  redis.call('PEXPIRE', breaker.key, whole(math.min(ttl, LONGEST_TTL)))
end

local openings = prefix .. 'openings'

local function list(breaker)
  if breaker.open_until == 0 then
    redis.call('SREM', openings, breaker.deployment)
    return
  end
  redis.call('SADD', openings, breaker.deployment)
  redis.call('PEXPIRE', openings, whole(LONGEST_TTL))
end

local function tell(breaker)
  redis.call('PUBLISH', settings.channel, cjson.encode({
    d = breaker.deployment, version = breaker.version,
    ['until'] = breaker.open_until, reason = breaker.reason, trips = breaker.trips,
  }))
end

-- Higher than any before, also when those were forgotten.
local function enter(breaker, open_until, reason, trips)
  breaker.version = math.max(breaker.version + 1, server_now)
  breaker.open_until, breaker.reason, breaker.trips = open_until, reason, trips
  breaker.successes = 0
  redis.call('DEL', breaker.window, breaker.probes)
  save(breaker)
  list(breaker)
  tell(breaker)
end

local function is_closed(breaker) return breaker.open_until == 0 end
local function is_half_open(breaker) return breaker.open_until > 0 and breaker.open_until <= now end

local function trip(breaker, at, reason)
  local open_ms = math.min(settings.openForMs * 2 ^ breaker.trips, settings.maxOpenForMs)
  enter(breaker, at + open_ms, reason, breaker.trips + 1)
end

-- The later end counts, unless the process was told of it and has not heard yet
-- what came after. A breaker that the process found half-open is news if all
-- others forgot it, or if nothing has happened to it since it closed.
local function merge(breaker, opening, fresh, told)
  local open_until = opening['until']
  local later = open_until > now and open_until > breaker.open_until and (fresh or not told)
  local forgotten = breaker.missing or (is_closed(breaker) and fresh)
  if later or forgotten then
    enter(breaker, open_until, opening.reason, math.max(breaker.trips, opening.trips))
  end
end

local function settle(breaker, ended, fresh)
  redis.call('ZREM', breaker.probes, ended.id)
  if not fresh or not is_half_open(breaker) then return end
  if ended.outcome == 'failure' then
    trip(breaker, ended.at, 'a probe failed')
    return
  end
  if ended.outcome == 'success' then
    breaker.successes = breaker.successes + 1
    if breaker.successes >= settings.probes then
      enter(breaker, 0, '', 0)
      return
    end
    save(breaker)
  end
  -- There is room for another: whoever waits asks.
  redis.call('PUBLISH', settings.channel, cjson.encode({ d = breaker.deployment }))
end

local function lease(breaker, id)
  redis.call('ZADD', breaker.probes, server_now + settings.leaseMs, id)
  redis.call('PEXPIRE', breaker.probes, settings.leaseMs)
end

local function ask(breaker, id, alone)
  if not is_half_open(breaker) then return 0 end
  redis.call('ZREMRANGEBYSCORE', breaker.probes, '-inf', server_now)
  local most = alone and 1 or settings.probes
  if redis.call('ZCARD', breaker.probes) >= most then return 0 end
  lease(breaker, id)
  return 1
end

local function count(breaker, calls, failures)
  if not is_closed(breaker) then return end
  if breaker.missing then
    breaker.version = math.max(breaker.version, server_now)
    save(breaker)
  end
  local newest = math.floor(now / settings.bucketMs)
  redis.call('HINCRBY', breaker.window, 'c' .. whole(newest), calls)
  redis.call('HINCRBY', breaker.window, 'f' .. whole(newest), failures)
  redis.call('PEXPIRE', breaker.window, settings.windowMs)
  local sums = { c = 0, f = 0 }
  local fields = redis.call('HGETALL', breaker.window)
  for index = 1, #fields, 2 do
    local kind, bucket = string.sub(fields[index], 1, 1), tonumber(string.sub(fields[index], 2))
    if bucket > newest - BUCKETS then
      sums[kind] = sums[kind] + tonumber(fields[index + 1])
    else
      redis.call('HDEL', breaker.window, fields[index])
    end
  end
  if sums.c >= settings.minCalls and sums.f >= sums.c * settings.failureRate then
    trip(breaker, now, string.format('%d of %d calls failed within %s s',
      sums.f, sums.c, tostring(settings.windowMs / 1000)))
  end
end

local function answer(breaker, granted)
  return {
    breaker.deployment, granted, breaker.version, breaker.open_until, breaker.reason, breaker.trips,
  }
end

local answers = {}
for index, report in ipairs(cjson.decode(ARGV[2])) do
  local breaker = load(report.d)
  local fresh = report.version >= breaker.version
  -- Lost and made anew by a server whose time is behind: others would not believe it.
  if report.version > breaker.version then
    breaker.version = report.version
    if not breaker.missing then save(breaker) end
  end
  if report.opening then
    local forgotten = breaker.missing
    merge(breaker, report.opening, fresh, report.told)
    fresh = fresh or forgotten
  end
  for _, ended in ipairs(report.ended or {}) do settle(breaker, ended, fresh) end
  for _, id in ipairs(report.renew or {}) do
    if fresh and is_half_open(breaker) then lease(breaker, id) end
  end
  if report.calls then count(breaker, report.calls, report.failures) end
  local granted = report.ask and ask(breaker, report.ask, report.alone) or 0
  keep(breaker)
  answers[index] = answer(breaker, granted)
end
if settings.joining then
  for _, deployment in ipairs(redis.call('SMEMBERS', openings)) do
    local breaker = load(deployment)
    if is_closed(breaker) then list(breaker) else table.insert(answers, answer(breaker, 0)) end
  end
end
-- An empty table would be an object.
return #answers > 0 and cjson.encode(answers) or '[]'
