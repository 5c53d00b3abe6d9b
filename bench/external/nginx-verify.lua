-- RS256 verification for NGINX + Lua. The key is parsed once, when the process starts.
local base64url = require("ngx.base64").decode_base64url
local cjson = require("cjson.safe")
local digest = require("openssl.digest")
local pkey = require("openssl.pkey")

local _M = {}

local function read_file(name)
  local file = assert(io.open(name, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local function decode(part)
  local text = base64url(part)
  local value = text and cjson.decode(text)
  return type(value) == "table" and value or nil
end

-- Claims of a good token, or nil.
local function verify(policy, authorization)
  local input, header, payload, signature =
    string.match(authorization or "", "^[Bb]earer +(([%w_-]+)%.([%w_-]+))%.([%w_-]+)$")
  header = header and decode(header)
  if not header or header.alg ~= "RS256" or header.kid ~= policy.kid or header.crit ~= nil then
    return nil
  end
  local claims = decode(payload)
  if not claims or claims.iss ~= policy.issuer or claims.aud ~= policy.audience then
    return nil
  end
  if type(claims.exp) ~= "number" or claims.exp <= ngx.time() then
    return nil
  end
  local bytes = base64url(signature)
  local called, good = pcall(policy.key.verify, policy.key, bytes or "", digest.new("sha256"):update(input))
  return called and good and claims or nil
end

-- NGINX writes a variable into the request to the origin as it is: a line break would begin another header.
local function header_value(value)
  local text = type(value) == "table" and cjson.encode(value) or tostring(value or "")
  return string.find(text, "%c") and "" or text
end

function _M.new(policy)
  policy.key = pkey.new(read_file(policy.key_file))
  return function()
    local claims = verify(policy, ngx.var.http_authorization)
    if not claims then
      return ngx.exit(ngx.HTTP_UNAUTHORIZED)
    end
    local scope = " " .. tostring(claims.scope) .. " "
    if not string.find(scope, " " .. policy.scope .. " ", 1, true) then
      return ngx.exit(ngx.HTTP_FORBIDDEN)
    end
    local org = type(claims.org) == "table" and claims.org or {}
    local var = ngx.var
    var.user_id = header_value(claims.sub)
    var.tenant = header_value(org.tenant_id)
    var.roles = header_value(claims.roles)
  end
end

return _M
