import type { Context } from 'hono';
import { Hono } from 'hono/tiny';
import type { RequestContext } from './core/context.ts';
import { OWN_PATH } from './core/own-paths.ts';
import { err } from './core/result.ts';
import { type Gateway, handle, type Pipeline } from './gateway.ts';
import { respond } from './response/respond.ts';
import { statusPipeline } from './status.ts';
import { log } from './telemetry/log.ts';
import { newRequestEvent } from './telemetry/request-event.ts';

type Environment = { Bindings: Record<string, unknown> };

/** The Hono shell around a configured gateway: its own endpoints, everything else to the pipeline. */
export function createApp(gateway: Gateway): Hono<Environment> {
  const app = new Hono<Environment>();
  const status = statusPipeline(gateway.policy);
  const conduct = (pipeline?: Pipeline) => (c: Context<Environment>) =>
    handle(gateway, c.req.raw, requestContext(c, gateway), log, pipeline);
  app.get(`${OWN_PATH}/health`, () => health());
  app.get(`${OWN_PATH}/status`, conduct(status));
  app.all(`${OWN_PATH}/*`, conduct(nothingHere));
  app.all('*', conduct());
  app.onError((_error, c) => refuse(c, 'internal_error'));
  return app;
}

/** What a Worker answers that was given a configuration it cannot accept: 500 on every path, details in the log alone. */
export function createRefusingApp(): Hono<Environment> {
  const app = new Hono<Environment>();
  app.all('*', (c) => refuse(c, 'config_invalid'));
  return app;
}

const nothingHere: Pipeline = async () => err({ reason: 'route_not_found' });

const health = (): Response => Response.json({ status: 'ok' }, { headers: { 'Cache-Control': 'no-store' } });

function refuse(c: Context<Environment>, reason: 'internal_error' | 'config_invalid'): Response {
  const { method } = c.req;
  const response = respond({ reason, evidence: 'app' }, method);
  log({ ...newRequestEvent(method), reason, status: response.status });
  return response;
}

function requestContext(c: Context<Environment>, gateway: Gateway): RequestContext {
  return {
    now: gateway.clock(),
    waitUntil: (work) => c.executionCtx.waitUntil(work),
    emit: log,
  };
}
