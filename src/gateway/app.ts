import type { Context } from 'hono';
import { Hono } from 'hono/tiny';
import { CANARY_MODES, CANARY_PATH } from '../core/canary.ts';
import type { RequestContext } from '../core/context.ts';
import { OWN_PATH } from '../core/own-paths.ts';
import { receive } from '../core/received-request.ts';
import { err } from '../core/result.ts';
import type { Clock } from '../core/time.ts';
import { respond } from '../http/respond.ts';
import { describeArrival, showUrl } from '../telemetry/arrival.ts';
import { newRequestEvent } from '../telemetry/request-event.ts';
import type { Sink } from '../telemetry/sinks.ts';
import { canaryPipeline } from './canary.ts';
import { explainPipeline } from './explain/endpoint.ts';
import { policyPipeline } from './explain/policy-endpoint.ts';
import { type Gateway, handle, type Pipeline } from './gateway.ts';
import { identityJwks } from './identity-jwks.ts';
import { statusPipeline } from './status.ts';

/** What the entry calls. It is not given the bindings: whatever it needs of them is in the gateway. */
export interface App {
  fetch(request: Request, execution: ExecutionContext): Response | Promise<Response>;
}

/**
 * The shell around a configured gateway. What cannot be for the gateway's own endpoints goes past Hono, straight into
 * the pipeline, whose path rules are stricter than any router's; Hono decides about the rest.
 */
export function createApp(gateway: Gateway): App {
  const shell = createShell(gateway);
  return {
    fetch: (request, execution) => {
      const received = receive(request);
      return mayBeOwn(received.url)
        ? shell.fetch(request, {}, execution)
        : handle(gateway, received, requestContext(gateway, execution));
    },
  };
}

/** Whether Hono may decide. It would unescape the path, and another spelling of an own path is no way to it. */
function mayBeOwn(url: string): boolean {
  const path = url.indexOf('/', 'https://'.length);
  return url.startsWith(OWN_PATH, path) && !/^[^?]*%/.test(url.slice(path));
}

/** The gateway's own endpoints, everything else to the pipeline. */
function createShell(gateway: Gateway): Hono {
  const app = new Hono();
  const status = statusPipeline(gateway.policy);
  const explain = explainPipeline(gateway.policy);
  const through = (pipeline?: Pipeline) => (c: Context) =>
    handle(gateway, receive(c.req.raw), requestContext(gateway, c.executionCtx), pipeline);
  app.get(`${OWN_PATH}/health`, () => health());
  app.get(`${OWN_PATH}/status`, through(status));
  app.post(`${OWN_PATH}/explain`, through(explain));
  app.get(`${OWN_PATH}/policy`, through(policyPipeline(gateway.policy)));
  app.get(`${OWN_PATH}/jwks.json`, through(identityJwks));
  for (const mode of CANARY_MODES) {
    app.get(`${CANARY_PATH}/${mode}`, through(canaryPipeline(mode, gateway.policy)));
  }
  app.all(`${OWN_PATH}/*`, through(nothingHere));
  app.all('*', through());
  app.onError((_error, c) => refuse(c.req.raw, 'internal_error', gateway));
  return app;
}

/** What a Worker answers that was given a configuration it cannot accept: 500 on every path, details in the log alone. */
export function createRefusingApp(ports: RefusalPorts): App {
  return { fetch: (request) => refuse(request, 'config_invalid', ports) };
}

const nothingHere: Pipeline = async () => err({ reason: 'route_not_found' });

const health = (): Response => Response.json({ status: 'ok' }, { headers: { 'Cache-Control': 'no-store' } });

interface RefusalPorts {
  readonly emit: Sink;
  readonly clock: Clock;
}

function refuse(
  request: Request,
  reason: 'internal_error' | 'config_invalid',
  { emit, clock }: RefusalPorts,
): Response {
  const received = receive(request);
  const { method } = received;
  const event = newRequestEvent(method, describeArrival(received, clock(), UNCONFIGURED));
  const response = respond({ reason, evidence: 'app' }, method, { reference: event.reference });
  emit({ ...event, ...showUrl(received.url), reason, status: response.status });
  return response;
}

/** Without a configuration that can be read, the client's address is not logged: it may say so. */
const UNCONFIGURED = { logClientAddress: false, makeTraceparent: false };

function requestContext(gateway: Gateway, execution: Pick<ExecutionContext, 'waitUntil'>): RequestContext {
  return { now: gateway.clock(), waitUntil: (work) => execution.waitUntil(work), emit: gateway.emit };
}
