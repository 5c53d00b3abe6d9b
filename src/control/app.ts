import { type Context, Hono } from 'hono';
import type { OperationalEvent } from '../core/event.ts';
import type { NumericDate } from '../core/time.ts';
import { RATE_EXCEEDED, UNAVAILABLE } from '../http/fault.ts';
import { json, problemAnswer } from '../http/problem.ts';
import { rawPath } from '../http/raw-path.ts';
import { StoreUnavailable } from '../revocation-store/port.ts';
import { showAlarms } from './admin/alarms.ts';
import { showMetrics, showRefusals } from './admin/counts.ts';
import { explainRequest, showPolicy } from './admin/gateway.ts';
import { deleteRevocation, listRevocations, lookUpRevocation } from './admin/revocations.ts';
import { postRevocations, previewRevocation } from './admin/revoke.ts';
import { adoptStore, showStore } from './admin/store.ts';
import { endGrants, listKeys, lookUpGrants, rotateKeys, withdrawKey } from './admin/token-service.ts';
import { showCaller } from './admin/whoami.ts';
import { type AuditOutcome, type AuditTrail, auditEvent, newTrail, outcomeOf } from './audit.ts';
import { CONSOLE_PATH, serveConsole } from './console/serve.ts';
import { logOut } from './intakes/backchannel-logout.ts';
import { revokeSubject } from './intakes/global-token-revocation.ts';
import { revokeToken } from './intakes/oauth-revocation.ts';
import { receiveSecurityEvent } from './intakes/security-events.ts';
import { scrape } from './metrics.ts';
import type { ControlPorts, Intake } from './ports.ts';

type Handler = (intake: Intake) => Promise<Response>;

/** Every path the control Worker serves, with the methods it serves there. Anything else is 404 or 405. */
const INTAKES: readonly (readonly [path: string, methods: Readonly<Record<string, Handler>>])[] = [
  ['/v1/revocations', { POST: postRevocations, DELETE: deleteRevocation, GET: listRevocations }],
  ['/v1/revocations/preview', { POST: previewRevocation }],
  ['/v1/revocations/lookup', { GET: lookUpRevocation, POST: lookUpRevocation }],
  ['/v1/whoami', { GET: showCaller }],
  ['/v1/metrics', { GET: showMetrics }],
  ['/v1/refusals', { GET: showRefusals }],
  ['/v1/policy', { GET: showPolicy }],
  ['/v1/keys', { GET: listKeys }],
  ['/v1/keys/rotate', { POST: rotateKeys }],
  ['/v1/keys/withdraw', { POST: withdrawKey }],
  ['/v1/grants/lookup', { POST: lookUpGrants }],
  ['/v1/grants/end', { POST: endGrants }],
  ['/v1/explain', { POST: explainRequest }],
  ['/v1/store', { GET: showStore }],
  ['/v1/store/adopt', { POST: adoptStore }],
  ['/v1/alarms', { GET: showAlarms }],
  ['/oauth/revoke', { POST: revokeToken }],
  ['/logout/backchannel', { POST: logOut }],
  ['/ssf/events', { POST: receiveSecurityEvent }],
  ['/global-token-revocation', { POST: revokeSubject }],
];

/** What housekeeping may be due after. */
const CHANGING: ReadonlySet<AuditOutcome> = new Set(['stored', 'removed', 'adopted']);

/** Paths whose handlers read a query; on every other path a query is refused. */
const QUERIED: ReadonlySet<string> = new Set(['/v1/revocations', '/v1/revocations/lookup', '/v1/refusals']);

/** Asked every few seconds by whoever watches: what is answered there changes nothing and names nobody's token. */
const WATCHED: ReadonlySet<string> = new Set(['/v1/metrics', '/v1/refusals']);

/** The Hono shell of the control Worker: exact paths only, one audit line for each request to an intake. */
export function createControlApp(ports: ControlPorts): Hono {
  const app = new Hono({ getPath: rawPath });
  app.get('/.portcullis/health', () => json(200, { status: 'ok' }));
  app.all('/metrics', (c) => scrape(c.req.raw, ports));
  for (const path of ['/console', `${CONSOLE_PATH}*`]) {
    app.all(path, (c) => serveConsole(c.req.raw, ports, c.req.path));
  }
  for (const [path, methods] of INTAKES) {
    app.all(path, (c) => {
      const handler = Object.hasOwn(methods, c.req.raw.method) ? methods[c.req.raw.method] : undefined;
      return handler === undefined
        ? problemAnswer({
            status: 405,
            detail: 'The method is not allowed here.',
            headers: { Allow: Object.keys(methods).join(', ') },
          })
        : serve(c, ports, path, handler);
    });
  }
  app.notFound(() => problemAnswer({ status: 404, detail: 'There is nothing here.' }));
  app.onError((error) => {
    ports.emit(bug(error));
    return problemAnswer({ status: 500, detail: 'Something went wrong here.' });
  });
  return app;
}

async function serve(c: Context, ports: ControlPorts, path: string, handler: Handler): Promise<Response> {
  const request = c.req.raw;
  const now = ports.clock();
  const trail = newTrail(`${request.method} ${path}`);
  const context = {
    now,
    waitUntil: (work: Promise<unknown>) => c.executionCtx.waitUntil(work),
    emit: ports.emit,
  };
  const response = await answer({ request, ports, context, trail }, path, handler);
  if (!WATCHED.has(path) || trail.outcome !== 'read') {
    ports.emit(await auditEvent(trail, response.status, now, ports.digestOf));
  }
  if (CHANGING.has(trail.outcome)) {
    context.waitUntil(maintain(ports, now));
  }
  return response;
}

/** Housekeeping of the store, behind a write and from the cron. A failure is an event: the next turn makes up for it. */
export async function maintain({ store, emit }: ControlPorts, now: NumericDate): Promise<void> {
  try {
    await store.begin?.();
    await store.maintain?.(now);
  } catch (error) {
    emit({ event: 'revocation_maintenance_failed', level: 'warn', cause: causeOf(error) });
  }
}

/** Before the first request of an isolate is served. Where it fails, whoever asks the store hears of it. */
async function begin({ store, emit }: ControlPorts): Promise<void> {
  try {
    await store.begin?.();
  } catch (error) {
    emit({ event: 'revocation_begin_failed', level: 'warn', cause: causeOf(error) });
  }
}

const causeOf = (error: unknown): string =>
  error instanceof StoreUnavailable ? error.message : 'internal_error';

async function answer(intake: Intake, path: string, handler: Handler): Promise<Response> {
  const { request, ports, trail } = intake;
  try {
    if (!(await ports.withinRate(`ip:${request.headers.get('CF-Connecting-IP') ?? ''}`))) {
      trail.outcome = outcomeOf(RATE_EXCEEDED);
      return problemAnswer(RATE_EXCEEDED);
    }
    // The runtime puts whatever stands in `Host` into the URL.
    if (!URL.canParse(request.url)) {
      trail.detail = 'host';
      return problemAnswer({ status: 400, detail: 'The Host header names no host.' });
    }
    const { searchParams } = new URL(request.url);
    if (searchParams.has('access_token') || (searchParams.size > 0 && !QUERIED.has(path))) {
      trail.detail = 'query';
      return problemAnswer({
        status: 400,
        detail: 'This path takes no such query, and no credentials in one.',
      });
    }
    await begin(ports);
    return await handler(intake);
  } catch (error) {
    return failed(error, trail, ports.emit);
  }
}

function failed(error: unknown, trail: AuditTrail, emit: (event: OperationalEvent) => void): Response {
  if (error instanceof StoreUnavailable) {
    trail.outcome = 'unavailable';
    trail.detail = 'store';
    return problemAnswer(UNAVAILABLE);
  }
  trail.outcome = 'failed';
  emit(bug(error));
  return problemAnswer({ status: 500, detail: 'Something went wrong here.' });
}

/** The name of the error alone: a message may hold what was being processed. */
const bug = (error: unknown): OperationalEvent => ({
  event: 'internal_error',
  level: 'error',
  error: error instanceof Error ? error.name : typeof error,
});
