import { type Context, Hono } from 'hono';
import type { OperationalEvent } from '../core/event.ts';
import { RATE_EXCEEDED, UNAVAILABLE } from '../http/fault.ts';
import { json, problemAnswer } from '../http/problem.ts';
import { rawPath } from '../http/raw-path.ts';
import { serveIntrospection } from './introspection.ts';
import { serveJwks } from './keyring/jwks-endpoint.ts';
import { serveMetadata } from './metadata.ts';
import type { Exchange, ServicePorts } from './ports.ts';
import { serveRevocation } from './revocation.ts';
import { serveToken } from './token-endpoint/serve.ts';

type Handler = (exchange: Exchange) => Promise<Response>;

/** Every path of the token service, with the methods it serves there. Anything else is 404 or 405. */
const ENDPOINTS: readonly (readonly [path: string, methods: Readonly<Record<string, Handler>>])[] = [
  ['/.well-known/jwks.json', { GET: serveJwks, HEAD: serveJwks }],
  ['/.well-known/oauth-authorization-server', { GET: serveMetadata, HEAD: serveMetadata }],
  ['/token', { POST: serveToken }],
  ['/revoke', { POST: serveRevocation }],
  ['/introspect', { POST: serveIntrospection }],
];

/** The Hono shell of the token service: exact paths only. */
export function createServiceApp(ports: ServicePorts): Hono {
  const app = new Hono({ getPath: rawPath });
  app.get('/.portcullis/health', () => json(200, { status: 'ok' }));
  for (const [path, methods] of ENDPOINTS) {
    app.all(path, (c) => {
      const { method } = c.req.raw;
      const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
      if (handler !== undefined) return serve(c, ports, path, handler);
      const headers = { Allow: Object.keys(methods).join(', ') };
      return problemAnswer({ status: 405, detail: 'The method is not allowed here.', headers });
    });
  }
  app.notFound(() => problemAnswer({ status: 404, detail: 'There is nothing here.' }));
  app.onError((error) => {
    ports.emit(failure(error, ''));
    return problemAnswer({ status: 500, detail: 'Something went wrong here.' });
  });
  return app;
}

async function serve(c: Context, ports: ServicePorts, path: string, handler: Handler): Promise<Response> {
  const request = c.req.raw;
  const waitUntil = (work: Promise<unknown>) => c.executionCtx.waitUntil(work);
  const context = { now: ports.clock(), waitUntil, emit: ports.emit };
  const address = request.headers.get('CF-Connecting-IP') ?? '';
  if (!(await ports.withinRate(`${path} ip:${address}`))) return problemAnswer(RATE_EXCEEDED);
  // The runtime puts whatever stands in `Host` into the URL.
  if (!URL.canParse(request.url)) {
    return problemAnswer({ status: 400, detail: 'The Host header names no host.' });
  }
  try {
    return await handler({ request, ports, context });
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
