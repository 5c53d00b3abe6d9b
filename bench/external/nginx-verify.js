/*
 * RS256 verification for NGINX + njs, with its WebCrypto. Every request has an interpreter of its own, so the key is
 * imported every time; `policy` is preloaded and shared (js_preload_object).
 */
const RS256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

function decode(part) {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch (_) {
    return null;
  }
}

/** Claims of a good token, or null. */
async function verify(authorization) {
  const match = /^Bearer +([\w-]+)\.([\w-]+)\.([\w-]+)$/i.exec(authorization || '');
  if (!match) return null;
  const header = decode(match[1]);
  if (!header) return null;
  if (header.alg !== 'RS256' || header.kid !== policy.kid || header.crit !== undefined) return null;
  const claims = decode(match[2]);
  if (!claims || claims.iss !== policy.issuer || claims.aud !== policy.audience) return null;
  if (typeof claims.exp !== 'number' || claims.exp <= Date.now() / 1000) return null;
  const key = await crypto.subtle.importKey('spki', Buffer.from(policy.spki, 'base64'), RS256, false, [
    'verify',
  ]);
  const signature = Buffer.from(match[3], 'base64url');
  const good = await crypto.subtle.verify(RS256, key, signature, `${match[1]}.${match[2]}`);
  return good ? claims : null;
}

/** NGINX writes a variable into the request to the origin as it is: a line break would begin another header. */
function headerValue(value) {
  const text = typeof value === 'object' ? JSON.stringify(value) : `${value}`;
  return value === undefined || /[\r\n]/.test(text) ? '' : text;
}

async function gateway(r) {
  let claims = null;
  try {
    claims = await verify(r.headersIn.Authorization);
  } catch (_) {
    // Refused below.
  }
  if (!claims) return r.return(401);
  if (!` ${claims.scope} `.includes(` ${policy.scope} `)) return r.return(403);
  r.variables.user_id = headerValue(claims.sub);
  r.variables.tenant = headerValue(claims.org ? claims.org.tenant_id : undefined);
  r.variables.roles = headerValue(claims.roles);
  r.internalRedirect('@origin');
}

export default { gateway };
