import { Hono } from 'hono';
import { jwk } from 'hono/jwk';
import type { JwtVariables } from 'hono/jwt';

/** Hono's own middleware as its documentation shows it; it fetches the JWKS on every request. No audience, no revocation. */
type Env = { Bindings: { ORIGIN: string; JWKS_URI: string } };

const app = new Hono<Env & { Variables: JwtVariables<Record<string, unknown>> }>();

app.use('/bench/*', (c, next) =>
  jwk({ jwks_uri: c.env.JWKS_URI, alg: ['RS256', 'ES256', 'EdDSA'] })(c, next),
);
app.all('/bench/*', (c) => {
  const claims = c.get('jwtPayload');
  const url = new URL(c.req.url);
  const headers = new Headers(c.req.raw.headers);
  headers.delete('Authorization');
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
