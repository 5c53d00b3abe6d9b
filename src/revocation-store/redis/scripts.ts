/**
 * The writes that must be one step, as Lua: Redis runs a script with nothing in between, and Upstash's REST API
 * accepts EVAL. Everything that can fail (wrong types) is read before the first write, since a script is not
 * rolled back. Dates stay text: they are compared as numbers and stored as they came.
 */

/**
 * KEYS: epoch, changes, then one per entry. ARGV: an epoch to use if there is none, the Stream's cap, then per
 * entry mark, until, audit. The later mark and the later until win, so a repeated or late write takes nothing
 * back; the same key twice is merged too. Replies with the Stream's length.
 */
export const REVOKE = `
for i = 3, #KEYS do redis.call('GET', KEYS[i]) end
redis.call('XLEN', KEYS[2])
if not redis.call('GET', KEYS[1]) then redis.call('SET', KEYS[1], ARGV[1]) end
for i = 3, #KEYS do
  local mark, till, audit = ARGV[3 * i - 6], ARGV[3 * i - 5], ARGV[3 * i - 4]
  local held = redis.call('GET', KEYS[i])
  if held then
    local heldMark, heldTill = string.match(held, '^([%d.]+) ?([%d.]*)')
    local ttl = redis.call('PTTL', KEYS[i])
    if ttl == -1 then
      heldTill = '253402300799'
    elseif not tonumber(heldTill or '') then
      heldTill = string.format('%.0f', math.ceil(redis.call('TIME')[1] + ttl / 1000))
    end
    if (tonumber(heldMark or '') or 0) > tonumber(mark) then mark = heldMark end
    if tonumber(heldTill) > tonumber(till) then till = heldTill end
  end
  local value = mark .. ' ' .. till .. ' ' .. audit
  redis.call('SET', KEYS[i], value)
  redis.call('EXPIREAT', KEYS[i], string.format('%.0f', math.ceil(tonumber(till))))
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', 'op', 'set', 'key', KEYS[i], 'value', value, 'exp', till)
end
return redis.call('XLEN', KEYS[2])
`;

/** KEYS: changes, entry. ARGV: the Stream's cap, who, when. Replies 1 when there was something to remove. */
export const UNREVOKE = `
redis.call('XLEN', KEYS[1])
if redis.call('DEL', KEYS[2]) == 0 then return 0 end
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'op', 'del', 'key', KEYS[2], 'by', ARGV[2], 'at', ARGV[3])
return 1
`;

/** KEYS: claim. ARGV: this attempt's nonce, seconds to live. Replies 1 to the attempt that holds the claim, retried or not. */
export const CLAIM = `
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EX', ARGV[2]) then return 1 end
if redis.call('GET', KEYS[1]) == ARGV[1] then return 1 end
return 0
`;

/**
 * KEYS: epoch, changes. ARGV: an epoch to use if there is none, the snapshot's generation. Marks the place in the
 * Stream that a snapshot is taken at. Replies with the epoch and that place.
 */
export const BEGIN_SNAPSHOT = `
redis.call('XLEN', KEYS[2])
if not redis.call('GET', KEYS[1]) then redis.call('SET', KEYS[1], ARGV[1]) end
local position = redis.call('XADD', KEYS[2], '*', 'op', 'snapshot', 'key', ARGV[2])
return { redis.call('GET', KEYS[1]), position }
`;

/**
 * ARGV: cursor, prefix of all names, count. One step over the keyspace: the next cursor, the revocations' names
 * and their values (a false value: gone, or not a string). A script, because Upstash runs scripts where it writes,
 * while a plain SCAN may be answered by a replica that has not seen the latest writes.
 */
export const SCAN_PAGE = `
local kinds = { jti = true, sub = true, sid = true, client = true, tenant = true, kid = true }
local reply = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2] .. '*', 'COUNT', ARGV[3])
local names = {}
for _, name in ipairs(reply[2]) do
  local kind = string.match(name, '^(%l+):', #ARGV[2] + 1)
  if kind and kinds[kind] then names[#names + 1] = name end
end
local values = {}
if #names > 0 then values = redis.call('MGET', unpack(names)) end
return { reply[1], names, values }
`;

/**
 * KEYS: changes. ARGV: a position, a cap. How many changes follow the position, counted up to the cap; -1 when the
 * position itself is no longer there.
 */
export const CHANGES_AFTER = `
local entries = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2] + 1)
if #entries == 0 or entries[1][1] ~= ARGV[1] then return -1 end
return #entries - 1
`;
