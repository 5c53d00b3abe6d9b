import { STORED_KINDS } from '../../core/key-names.ts';
import { MAX_EVENTS } from '../history.ts';

/**
 * The writes that must be one step, as Lua: Redis runs a script with nothing in between, and Upstash's REST API
 * accepts EVAL. Everything that can fail (wrong types) is read before the first write, since a script is not
 * rolled back. Dates stay text: they are compared as numbers and stored as they came. No write begins an epoch but
 * `ADOPT`.
 */

/** The state's position and what follows it. One that cannot be read begins at 0: behind all that was seen. */
const STATE = `
local position, assumptions = string.match(redis.call('GET', STATE) or '0', '^(%d+)(.*)$')
if not position then position, assumptions = 0, '' end
`;

/** Who, what, why of one event, without when. */
const SAME_EVENT = `
local function undated(event) return (string.gsub(event, '^{"at":[%d.]+,', '{')) end
`;

/** As `history.ts`: the event appended to those that are held, the first one always kept. */
const APPEND_EVENT = `
local function appended(held, event, changes)
  if string.sub(held, 1, 1) ~= '{' then return event end
  local events = {}
  for line in string.gmatch(held, '[^\\n]+') do events[#events + 1] = line end
  if not changes and undated(events[#events]) == undated(event) then return held end
  events[#events + 1] = event
  if #events > ${MAX_EVENTS} then table.remove(events, 2) end
  return table.concat(events, '\\n')
end
`;

/** A date as `stored-form.ts` reads it; nil for what it does not, such as milliseconds. */
const READ_DATE = `
local function date(text, digits)
  local whole, fraction = string.match(text or '', '^(%d+)%.(%d+)$')
  if not whole then whole, fraction = string.match(text or '', '^(%d+)$'), '' end
  if whole and #whole <= digits and #fraction <= 9 then return tonumber(text) end
end
`;

/**
 * KEYS: changes, index, state, then one per entry. ARGV: the Stream's cap, assumptions ("" leaves those that stand), the
 * length of the prefix, then per entry mark, until, audit. The later mark and the later until win, so a repeated or late
 * write takes nothing back, and a mark that no reader can read gives way; the same key twice is merged too. Replies with the values as stored, in order.
 */
export const REVOKE = `
local CHANGES, INDEX, STATE = KEYS[1], KEYS[2], KEYS[3]
${SAME_EVENT}${APPEND_EVENT}${READ_DATE}
for i = 4, #KEYS do redis.call('GET', KEYS[i]) end
redis.call('XLEN', CHANGES)
redis.call('ZCARD', INDEX)
${STATE}
for i = 4, #KEYS do
  local mark, till, audit = ARGV[3 * i - 8], ARGV[3 * i - 7], ARGV[3 * i - 6]
  local held = redis.call('GET', KEYS[i])
  if held then
    local heldMark, heldTill, events = string.match(held, '^([%d.]+) ?([%d.]*) ?(.*)$')
    local ttl = redis.call('PTTL', KEYS[i])
    if ttl == -1 then
      heldTill = '253402300799'
    elseif not date(heldTill, 12) then
      heldTill = string.format('%.0f', math.ceil(redis.call('TIME')[1] + ttl / 1000))
    end
    local changes = false
    local before = date(heldMark, 11)
    if before and before >= tonumber(mark) then mark = heldMark else changes = true end
    if tonumber(heldTill) >= tonumber(till) then till = heldTill else changes = true end
    audit = appended(events or '', audit, changes)
  end
  local value = mark .. ' ' .. till .. ' ' .. audit
  redis.call('SET', KEYS[i], value)
  redis.call('EXPIREAT', KEYS[i], string.format('%.0f', math.ceil(tonumber(till))))
  redis.call('ZADD', INDEX, 0, string.sub(KEYS[i], ARGV[3] + 1))
  redis.call('XADD', CHANGES, 'MAXLEN', '~', ARGV[1], '*', 'op', 'set', 'key', KEYS[i], 'value', mark .. ' ' .. till, 'exp', till)
end
if ARGV[2] ~= '' then assumptions = ' ' .. ARGV[2] end
redis.call('SET', STATE, string.format('%.0f', position + 1) .. assumptions)
local stored = {}
for i = 4, #KEYS do stored[i - 3] = redis.call('GET', KEYS[i]) or '' end
return stored
`;

/** KEYS: changes, index, state, entry. ARGV: the Stream's cap, the length of the prefix, who, when. Replies 1 when there was something to remove. */
export const UNREVOKE = `
local CHANGES, INDEX, STATE = KEYS[1], KEYS[2], KEYS[3]
redis.call('XLEN', CHANGES)
redis.call('ZCARD', INDEX)
${STATE}
redis.call('ZREM', INDEX, string.sub(KEYS[4], ARGV[2] + 1))
if redis.call('DEL', KEYS[4]) == 0 then return 0 end
redis.call('XADD', CHANGES, 'MAXLEN', '~', ARGV[1], '*', 'op', 'del', 'key', KEYS[4], 'by', ARGV[3], 'at', ARGV[4])
redis.call('SET', STATE, string.format('%.0f', position + 1) .. assumptions)
return 1
`;

/** KEYS: claim. ARGV: this attempt's nonce, seconds to live. Replies with the nonce that holds the claim: of this attempt, retried or not, or of another. */
export const CLAIM = `
redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EX', ARGV[2])
return redis.call('GET', KEYS[1])
`;

/**
 * KEYS: epoch, state, then what belongs to the life before. ARGV: the new epoch, "1" to leave a store that is marked as
 * it is. The position grows past all that any life before can have counted to: a million writes a second since 1970.
 * Replies with the epoch that stands now, and the one before or "".
 */
export const ADOPT = `
local STATE = KEYS[2]
${STATE}
local before = redis.call('GET', KEYS[1])
if before and ARGV[2] == '1' then return { before, before } end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', STATE, string.format('%.0f', math.max(position + 1, now)) .. assumptions)
for i = 3, #KEYS do redis.call('DEL', KEYS[i]) end
return { ARGV[1], before or '' }
`;

/** KEYS: state. ARGV: assumptions. Says what the writer assumes; not a change of what is revoked. */
export const ASSUME = `
local STATE = KEYS[1]
${STATE}
redis.call('SET', STATE, position .. ' ' .. ARGV[1])
return 1
`;

/**
 * KEYS: epoch, changes. ARGV: the snapshot's generation. Marks the place in the Stream that a snapshot is taken at.
 * Replies with the epoch and that place; with nothing where the store is not marked.
 */
export const BEGIN_SNAPSHOT = `
local epoch = redis.call('GET', KEYS[1])
if not epoch then return {} end
return { epoch, redis.call('XADD', KEYS[2], '*', 'op', 'snapshot', 'key', ARGV[1]) }
`;

/** A change that a replica can follow: `feed.ts` reads it alike. */
const READ_CHANGE = `
local function read(entry)
  local fields = {}
  for i = 1, #entry[2] - 1, 2 do fields[entry[2][i]] = entry[2][i + 1] end
  local key = fields.key or ''
  local named = string.sub(key, 1, #PREFIX) == PREFIX
  return fields.op == 'del' or fields.op == 'snapshot' or (fields.op == 'set' and named), fields.op, string.sub(key, #PREFIX + 1)
end
`;

/**
 * KEYS: changes. ARGV: a position, a cap, the prefix. How many changes follow the position, counted up to the cap; -1 when
 * the position itself is no longer there, or when a change after it cannot be read: no replica gets past it.
 */
export const CHANGES_AFTER = `
local PREFIX = ARGV[3]
${READ_CHANGE}
local entries = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2] + 1)
if #entries == 0 or entries[1][1] ~= ARGV[1] then return -1 end
for i = 2, #entries do if not read(entries[i]) then return -1 end end
return #entries - 1
`;

/**
 * KEYS: changes, index, the index's position. ARGV: the prefix, how many. Puts keys that others have written, and told of
 * in the Stream, into the index. Replies with how many changes it has looked at; -1 when it does not know from where.
 */
export const INDEX_CHANGES = `
local PREFIX = ARGV[1]
${READ_CHANGE}
local from = redis.call('GET', KEYS[3])
if not from then return -1 end
local entries = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', ARGV[2] + 1)
if #entries == 0 or entries[1][1] ~= from then return -1 end
for i = 2, #entries do
  local readable, op, name = read(entries[i])
  if readable and op == 'set' then redis.call('ZADD', KEYS[2], 0, name) end
end
redis.call('SET', KEYS[3], entries[#entries][1])
return #entries - 1
`;

/** KEYS: index. ARGV: cursor, the prefix, how many. One step over the whole keyspace into the index; replies with the next cursor. */
export const INDEX_KEYSPACE = `
local kinds = { ${Object.values(STORED_KINDS)
  .map((kind) => `${kind} = true`)
  .join(', ')} }
local reply = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2] .. '*', 'COUNT', ARGV[3])
for _, key in ipairs(reply[2]) do
  local name = string.sub(key, #ARGV[2] + 1)
  if kinds[string.match(name, '^(%l+):') or ''] then redis.call('ZADD', KEYS[1], 0, name) end
end
return reply[1]
`;

/**
 * KEYS: index. ARGV: the prefix, from and to as ZRANGEBYLEX has them, how many. Replies with the last name looked at
 * ("" after the end), the names that are there and their values; those that are gone leave the index. A script, because
 * Upstash runs scripts where it writes: a replica may not have seen the latest writes.
 */
export const READ_INDEX = `
local names = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
local there, values, gone = {}, {}, {}
if #names > 0 then
  local keys = {}
  for i, name in ipairs(names) do keys[i] = ARGV[1] .. name end
  for i, value in ipairs(redis.call('MGET', unpack(keys))) do
    if value then
      there[#there + 1], values[#values + 1] = names[i], value
    else
      gone[#gone + 1] = names[i]
    end
  end
end
if #gone > 0 then redis.call('ZREM', KEYS[1], unpack(gone)) end
local last = ''
if #names == tonumber(ARGV[4]) then last = names[#names] end
return { last, there, values }
`;
