-- What one process adds to sums, and what they come to.
--
-- ARGV[1] prefix of the keys, ARGV[2] sums (JSON), each with
--   name
--   add     amounts by field
--   base    what it begins with where it is missing: what the process knew of it
--   keepMs  after which it is forgotten
-- Returns per sum its fields, as text: JSON's numbers here have 14 digits.

local function text(number)
  return string.format('%.17g', number)
end

local answers = {}
for index, sum in ipairs(cjson.decode(ARGV[2])) do
  local key = ARGV[1] .. 'tally:' .. sum.name
  if redis.call('EXISTS', key) == 0 then
    for field, amount in pairs(sum.base) do redis.call('HSET', key, field, text(amount)) end
  end
  for field, amount in pairs(sum.add) do redis.call('HINCRBYFLOAT', key, field, text(amount)) end
  redis.call('PEXPIRE', key, string.format('%.0f', sum.keepMs))
  local fields = redis.call('HGETALL', key)
  local answer = {}
  for at = 1, #fields, 2 do answer[fields[at]] = fields[at + 1] end
  -- An empty table would be an array.
  answers[index] = next(answer) and cjson.encode(answer) or '{}'
end
return '[' .. table.concat(answers, ',') .. ']'
