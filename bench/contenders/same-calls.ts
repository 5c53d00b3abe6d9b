import { type Env as FloorEnv, verifiedClaims } from './floor.ts';

/**
 * What the runtime alone takes for what the gateway asks of it: the same calls of the platform (headers read, copied,
 * removed and set, a fetch past the cache under a deadline, the response's headers looked at, one line logged) with
 * no policy between them. With the binding `ALSO`, besides: `verify`, the floor's verification of the token, or
 * `read`, the fetch that one MGET over REST takes. No gateway with these features can be cheaper than this. `no-store` and
 * `cache` show what keeping Cloudflare's cache out costs: said by the standard's option, and not said at all.
 */
type Env = FloorEnv & {
  ALSO?: 'verify' | 'read' | 'no-store' | 'cache';
  REDIS_URL: string;
  REDIS_TOKEN: string;
};

const TIMEOUT_MS = 30_000;
const STRIPPED = new Set(['authorization', 'host']);

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { url, method, headers: incoming } = request;
    const host = incoming.get('Host') ?? '';
    const credentials = incoming.get('Authorization');
    if (credentials === null || incoming.get('Proxy-Authorization') !== null)
      return new Response(null, { status: 401 });
    const started = Date.now();
    if (env.ALSO === 'verify') {
      if ((await verifiedClaims(credentials.slice(7), env.JWKS)) === undefined)
        return new Response(null, { status: 401 });
    } else if (env.ALSO === 'read' && (await readValues(env)) === undefined) {
      return new Response(null, { status: 503 });
    }
    const headers = new Headers(incoming);
    for (const name of incoming.keys()) if (STRIPPED.has(name)) headers.delete(name);
    headers.set('X-User-Id', 'user-42');
    headers.set('X-Tenant', 'tenant-1');
    headers.set('X-Roles', '["editor","auditor"]');
    const client = incoming.get('CF-Connecting-IP');
    if (client !== null) headers.set('X-Forwarded-For', client);
    headers.set('X-Forwarded-Proto', 'http');
    headers.set('X-Forwarded-Host', host);
    const init = { method, headers, body: null, redirect: 'manual' } as const;
    const answer = fetch(env.ORIGIN + url.slice(url.indexOf('/', 8)), cached(init, env.ALSO));
    let timer: ReturnType<typeof setTimeout> | null = null;
    const response = await new Promise<Response | undefined>((resolve, reject) => {
      timer = setTimeout(resolve, TIMEOUT_MS);
      answer.then(resolve, reject);
    }).finally(() => clearTimeout(timer));
    if (response === undefined || (response.webSocket === null && response.status < 200)) {
      return new Response(null, { status: 502 });
    }
    const hop = ['Connection', 'Proxy-Authenticate', 'Proxy-Connection'].some((name) =>
      response.headers.has(name),
    );
    if (hop) return new Response(null, { status: 502 });
    const ms = Date.now() - started;
    const done = {
      decision: 'allowed',
      reason: null,
      status: response.status,
      issuer: 'bench',
      kid: 'bench',
    };
    console.log(
      JSON.stringify({ event: 'request', method, route: 'bench', ...done, originMs: ms, totalMs: ms }),
    );
    return response;
  },
};

const UNCACHED = { cacheTtl: -1, cacheLevel: 'bypass' };

interface Init {
  readonly method: string;
  readonly headers: Headers;
  readonly body: null;
  readonly redirect: 'manual';
}

function cached({ method, headers, body, redirect }: Init, also: Env['ALSO']): RequestInit {
  if (also === 'cache') return { method, headers, body, redirect };
  if (also === 'no-store') return { method, headers, body, redirect, cache: 'no-store' };
  return { method, headers, body, redirect, cf: UNCACHED };
}

const KEYS = ['epoch', 'state', 'jti', 'sub', 'sid', 'client', 'kid', 'iss'];
let redisHeaders: Headers | undefined;

async function readValues(env: Env): Promise<unknown> {
  redisHeaders ??= new Headers({
    authorization: `Bearer ${env.REDIS_TOKEN}`,
    'content-type': 'application/json',
  });
  const request: RequestInit = {
    method: 'POST',
    headers: redisHeaders,
    body: JSON.stringify(['MGET', ...KEYS]),
    redirect: 'manual',
  };
  let timer: ReturnType<typeof setTimeout> | null = null;
  const response = await new Promise<Response>((resolve, reject) => {
    timer = setTimeout(reject, TIMEOUT_MS);
    fetch(env.REDIS_URL, request).then(resolve, reject);
  }).finally(() => clearTimeout(timer));
  return response.headers.has('content-length') ? JSON.parse(await response.text()).result : undefined;
}
