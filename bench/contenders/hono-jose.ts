import { Hono } from 'hono';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';

/** Forty lines of middleware as one writes them: Hono, jose over a local JWKS, scope, three headers. No revocation. */
type Env = { Bindings: { ORIGIN: string; JWKS: JSONWebKeySet } };

let keys: ReturnType<typeof createLocalJWKSet> | undefined;
const app = new Hono<Env>();

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
  for (const name of ['Authorization', 'X-User-Id', 'X-Tenant', 'X-Roles']) headers.delete(name);
  headers.set('X-User-Id', String(claims.sub));
  headers.set('X-Tenant', String((claims.org as { tenant_id: string }).tenant_id));
  headers.set('X-Roles', JSON.stringify(claims.roles));
  return fetch(c.env.ORIGIN + url.pathname + url.search, {
    method: c.req.method,
    headers,
    body: c.req.raw.body,
    redirect: 'manual',
  });
});

export default app;
