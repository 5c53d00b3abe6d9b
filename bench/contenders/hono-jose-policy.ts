import { Hono } from 'hono';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';

/**
 * Hono + jose with as much of the gateway's policy as one would write by hand in an afternoon: besides what
 * `hono-jose.ts` does, every header a client could pose with goes (each alias of the mapped names, the forwarding
 * family, hop-by-hop), `X-Forwarded-*` are set, nothing is cached across users, the origin has a deadline, hop-by-hop
 * response headers go, and each request leaves one event. No revocation, no rule about paths, no JWKS refresh.
 */
type Env = { Bindings: { ORIGIN: string; JWKS: JSONWebKeySet } };

const TIMEOUT_MS = 30_000;
const MAPPED = new Set(['x-user-id', 'x-tenant', 'x-roles']);
const DROPPED =
  /^(?:authorization|forwarded|x-forwarded-.*|x-real-ip|x-original-.*|x-rewrite-.*|x-http-method-override|cf-connecting-ip|true-client-ip|host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|proxy-.*)$/;
const HOP_BY_HOP = ['Connection', 'Proxy-Authenticate', 'Proxy-Connection'];

let keys: ReturnType<typeof createLocalJWKSet> | undefined;
const app = new Hono<Env>();

app.use('*', async (c, next) => {
  const started = Date.now();
  await next();
  const event = {
    event: 'request',
    method: c.req.method,
    status: c.res.status,
    totalMs: Date.now() - started,
  };
  console.log(JSON.stringify(event));
});

app.all('/bench/*', async (c) => {
  const token = c.req.header('Authorization')?.replace(/^Bearer /i, '');
  if (token === undefined) return c.text('Unauthorized', 401);
  keys ??= createLocalJWKSet(c.env.JWKS);
  let claims: Record<string, unknown>;
  try {
    ({ payload: claims } = await jwtVerify(token, keys, {
      issuer: 'https://issuer.example/',
      audience: 'https://api.example/',
      algorithms: ['RS256', 'ES256', 'EdDSA'],
      requiredClaims: ['exp'],
    }));
  } catch {
    return c.text('Unauthorized', 401);
  }
  if (!String(claims.scope).split(' ').includes('orders:read')) return c.text('Forbidden', 403);
  const url = new URL(c.req.url);
  const headers = new Headers(c.req.raw.headers);
  for (const name of c.req.raw.headers.keys()) {
    const folded = name.replace(/[^a-z0-9]/g, '-');
    if (MAPPED.has(folded) || DROPPED.test(folded)) headers.delete(name);
  }
  headers.set('X-User-Id', String(claims.sub));
  headers.set('X-Tenant', String((claims.org as { tenant_id: string }).tenant_id));
  headers.set('X-Roles', JSON.stringify(claims.roles));
  const client = c.req.header('CF-Connecting-IP');
  if (client !== undefined) headers.set('X-Forwarded-For', client);
  headers.set('X-Forwarded-Proto', url.protocol.slice(0, -1));
  headers.set('X-Forwarded-Host', url.host);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(c.env.ORIGIN + url.pathname + url.search, {
      method: c.req.method,
      headers,
      body: c.req.raw.body,
      redirect: 'manual',
      cache: 'no-store',
      signal: controller.signal,
    });
    if (!HOP_BY_HOP.some((name) => response.headers.has(name))) return response;
    const changed = new Response(response.body, response);
    for (const name of HOP_BY_HOP) changed.headers.delete(name);
    return changed;
  } catch {
    return c.text('Bad Gateway', 502);
  } finally {
    clearTimeout(timer);
  }
});

export default app;
