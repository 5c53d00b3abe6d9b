import { type Context, Hono } from 'hono';
import type { OperationalEvent } from '../core/event.ts';
import { RATE_EXCEEDED, UNAVAILABLE } from '../http/fault.ts';
import { json, problemAnswer } from '../http/problem.ts';
import { rawPath } from '../http/raw-path.ts';
import { forAdmins } from './admin/caller.ts';
import { endGrants, lookUpGrants } from './admin/grants.ts';
import { listKeys, rotateKeys, withdrawKey } from './admin/keys.ts';
import { serveAuthorizationCallback } from './authorize/callback.ts';
import { serveAuthorization } from './authorize/serve.ts';
import { serveBackchannelLogout } from './backchannel-logout.ts';
import { callerAddress } from './caller-address.ts';
import { allowPage, pageOrigins, preflightAnswer } from './cors.ts';
import { errorOf } from './counters.ts';
import { serveIntrospection } from './introspection.ts';
import { serveJwks } from './keyring/jwks-endpoint.ts';
import { callbackPath } from './login/start.ts';
import { serveMetadata } from './metadata.ts';
import type { ServicePolicy } from './policy.ts';
import type { Exchange, RateKind, ServicePorts } from './ports.ts';
import { serveRevocation } from './revocation.ts';
import { serveSessionCallback } from './session/callback.ts';
import { REFRESH_PATH } from './session/cookies.ts';
import { serveSessionLogin } from './session/login.ts';
import { serveSessionLogout } from './session/logout.ts';
import { serveSessionRefresh } from './session/refresh.ts';
import { serveSession } from './session/who.ts';
import { serveToken } from './token-endpoint/serve.ts';

type Handler = (exchange: Exchange) => Promise<Response>;

/** A path of the token service, with the methods it serves there. Anything else is 404 or 405. */
interface Endpoint {
  readonly path: string;
  readonly methods: Readonly<Record<string, Handler>>;
  /** What its rate is counted with; undefined: with that of all others. */
  readonly rate?: RateKind;
  /** Whether pages of public clients call it. */
  readonly forPages?: true;
}

const serveHealth: Handler = async () => json(200, { status: 'ok' });

const ENDPOINTS: readonly Endpoint[] = [
  { path: '/.portcullis/health', methods: { GET: serveHealth, HEAD: serveHealth } },
  { path: '/.well-known/jwks.json', methods: { GET: serveJwks, HEAD: serveJwks } },
  { path: '/.well-known/oauth-authorization-server', methods: { GET: serveMetadata, HEAD: serveMetadata } },
  { path: '/token', methods: { POST: serveToken }, forPages: true },
  { path: '/revoke', methods: { POST: serveRevocation }, forPages: true },
  { path: '/introspect', methods: { POST: serveIntrospection } },
];

const ADMIN_ENDPOINTS: readonly Endpoint[] = [
  { path: '/v1/keys', methods: { GET: forAdmins('read', 'GET /v1/keys', listKeys) } },
  { path: '/v1/keys/rotate', methods: { POST: forAdmins('write', 'POST /v1/keys/rotate', rotateKeys) } },
  { path: '/v1/keys/withdraw', methods: { POST: forAdmins('write', 'POST /v1/keys/withdraw', withdrawKey) } },
  { path: '/v1/grants/lookup', methods: { POST: forAdmins('read', 'POST /v1/grants/lookup', lookUpGrants) } },
  { path: '/v1/grants/end', methods: { POST: forAdmins('write', 'POST /v1/grants/end', endGrants) } },
];

/** Those that only some configurations have. */
function configuredEndpoints({ clients, upstreams, session, admins }: ServicePolicy): readonly Endpoint[] {
  const login = (path: string, handler: Handler): Endpoint => ({
    path,
    methods: { GET: handler },
    rate: 'login',
  });
  const endpoints: Endpoint[] = [];
  const codes = [...clients.values()].some(({ grants }) => grants.has('authorization_code'));
  if (codes) endpoints.push(login('/authorize', serveAuthorization));
  for (const name of upstreams.keys()) {
    if (codes) {
      const handler: Handler = (exchange) => serveAuthorizationCallback(name, exchange);
      endpoints.push(login(callbackPath('authorize', name), handler));
    }
    if (session !== undefined) {
      const handler: Handler = (exchange) => serveSessionCallback(session, name, exchange);
      endpoints.push(login(callbackPath('session', name), handler));
    }
  }
  if (upstreams.size > 0) {
    endpoints.push({ path: '/backchannel-logout', methods: { POST: serveBackchannelLogout } });
  }
  if (admins.length > 0) endpoints.push(...ADMIN_ENDPOINTS);
  if (session === undefined) return endpoints;
  return [
    ...endpoints,
    login('/session/login', (exchange) => serveSessionLogin(session, exchange)),
    {
      path: REFRESH_PATH,
      methods: { POST: (exchange) => serveSessionRefresh(session, exchange) },
      rate: 'refresh',
    },
    { path: '/session/logout', methods: { POST: (exchange) => serveSessionLogout(session, exchange) } },
    { path: '/session', methods: { GET: (exchange) => serveSession(session, exchange) } },
  ];
}

/** The Hono shell of the token service: exact paths only. */
export function createServiceApp(ports: ServicePorts): Hono {
  const app = new Hono({ getPath: rawPath });
  const origins = pageOrigins(ports.policy);
  for (const endpoint of [...ENDPOINTS, ...configuredEndpoints(ports.policy)]) {
    const { path, methods, forPages } = endpoint;
    app.all(path, async (c) => {
      const { raw: request } = c.req;
      const { method } = request;
      const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
      if (handler !== undefined) {
        const response = await counted(c, ports, endpoint, handler);
        return forPages ? allowPage(response, request, origins) : response;
      }
      const preflight = forPages && preflightAnswer(request, origins);
      if (preflight !== undefined) return preflight;
      const headers = { Allow: Object.keys(methods).join(', ') };
      return problemAnswer({ status: 405, detail: 'The method is not allowed here.', headers }, method);
    });
  }
  app.notFound(() => problemAnswer({ status: 404, detail: 'There is nothing here.' }));
  app.onError((error) => {
    ports.emit(failure(error, ''));
    return problemAnswer({ status: 500, detail: 'Something went wrong here.' });
  });
  return app;
}

async function counted(
  c: Context,
  ports: ServicePorts,
  endpoint: Endpoint,
  handler: Handler,
): Promise<Response> {
  const waitUntil = (work: Promise<unknown>) => c.executionCtx.waitUntil(work);
  const context = { now: ports.clock(), waitUntil, emit: ports.emit };
  const response = await serve({ request: c.req.raw, ports, context }, endpoint, handler);
  if (ports.counting !== undefined) {
    ports.counting.counters.request(endpoint.path, await errorOf(response));
    ports.counting.handOver.begin(context);
  }
  return response;
}

async function serve(exchange: Exchange, { path, rate }: Endpoint, handler: Handler): Promise<Response> {
  const { request, ports } = exchange;
  if (!(await ports.withinRate(`${path} ip:${callerAddress(request)}`, rate)))
    return problemAnswer(RATE_EXCEEDED);
  // The runtime puts whatever stands in `Host` into the URL.
  if (!URL.canParse(request.url)) {
    return problemAnswer({ status: 400, detail: 'The Host header names no host.' });
  }
  try {
    return await handler(exchange);
  } catch (error) {
    // What throws is a part that did not answer: nothing is known to have happened.
    ports.emit(failure(error, path));
    return problemAnswer({ ...UNAVAILABLE, detail: 'Not answered now. Send the request again.' });
  }
}

/** The name of the error alone: a message may hold what was being processed. */
const failure = (error: unknown, endpoint: string): OperationalEvent => ({
  event: 'endpoint_failed',
  level: 'error',
  endpoint,
  error: error instanceof Error ? error.name : typeof error,
});
