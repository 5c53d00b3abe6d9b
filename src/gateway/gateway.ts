import type { RequestContext } from '../core/context.ts';
import type { Access, Policy, Route } from '../core/policy.ts';
import type { ReceivedRequest } from '../core/received-request.ts';
import { evidenceOf, type Rejection } from '../core/rejection.ts';
import { type Err, err, type Ok, ok } from '../core/result.ts';
import { answerPreflight } from '../cors/answer-headers.ts';
import { type DecisionPorts, decide, letThrough } from '../decision/decide.ts';
import { respond } from '../http/respond.ts';
import type { HandOver } from '../metrics/hand-over.ts';
import { answerMetadata, findDocument, type ResourceDocuments } from '../resource-metadata/answer.ts';
import type { Revocation } from '../revocation/check.ts';
import { canonicalTarget } from '../routing/canonical-path.ts';
import { preflightMethod } from '../routing/preflight.ts';
import { matchRoute, type RouteTable } from '../routing/route-table.ts';
import { describeArrival, showTarget, showUrl } from '../telemetry/arrival.ts';
import type { OpenRequests } from '../telemetry/open-requests.ts';
import { traceIdOf, traceparentOf } from '../telemetry/reference.ts';
import { conclude, newRequestEvent, noteFindings, type RequestEvent } from '../telemetry/request-event.ts';
import type { Sink } from '../telemetry/sinks.ts';
import type { Candidate } from './candidate.ts';
import { completeAnswer, completedRoute, toComplete } from './complete-answer.ts';
import { endWithToken, mayOutlive } from './end-with-token.ts';
import { type ForwardPorts, forward } from './forward.ts';
import { limitRate, type RateCounters } from './limit-rate.ts';
import { loginRedirect } from './login-redirect.ts';
import { maySeeTiming, withServerTiming } from './server-timing.ts';

export interface Gateway extends DecisionPorts, ForwardPorts {
  readonly policy: Policy;
  readonly revocation: Revocation;
  readonly routes: RouteTable;
  /** Routes whose answers say more than the origin, or a rejection, does; undefined: none. */
  readonly completed: ReadonlyMap<string, Route> | undefined;
  readonly resources: ResourceDocuments | undefined;
  readonly counters: RateCounters | undefined;
  readonly candidate: Candidate | undefined;
  readonly open: OpenRequests;
  /** Hands on what has been counted; undefined: nothing is. */
  readonly handOver?: HandOver | undefined;
  readonly emit: Sink;
}

/**
 * The response, or why there is none; with the rejection an answer of its own, where it is not the usual one. `timed`:
 * whoever asks may see how long it took.
 */
export type Outcome = (Ok<Response> | (Err<Rejection> & { readonly answer?: Response | undefined })) & {
  readonly timed?: boolean;
};

/** What becomes of a request once it has arrived. Fills in the event as it goes. */
export type Pipeline = (
  gateway: Gateway,
  received: ReceivedRequest,
  context: RequestContext,
  event: RequestEvent,
) => Promise<Outcome>;

/**
 * Answers one request: the pipeline's response, or the rejection of the stage that refused; whatever it throws is a
 * bug and answers 500. The event that tells what happened is emitted exactly once: here, or by a later request of the
 * isolate when the client left before there was an answer.
 */
export async function handle(
  gateway: Gateway,
  received: ReceivedRequest,
  context: RequestContext,
  pipeline: Pipeline = proxyPipeline,
): Promise<Response> {
  const event = newRequestEvent(received.method, describeArrival(received, context.now, gateway.policy));
  gateway.open.writeOff(context.now, gateway.emit);
  gateway.open.begin(event, context.now);
  let result: Outcome;
  try {
    result = await pipeline(gateway, received, context, event);
  } catch (error) {
    // Only the kind: a message may carry what it was given.
    result = err({ reason: 'internal_error', evidence: error instanceof Error ? error.name : 'thrown' });
  }
  const route = gateway.completed && completedRoute(gateway.completed, event.route, result);
  const response = result.ok
    ? result.value
    : (result.answer ??
      respond(result.error, received.method, {
        realm: gateway.policy.realm,
        reference: event.reference,
        resource: route?.resource,
      }));
  if (route !== undefined) {
    completeAnswer(response, { received, result, unmatched: event.route === null }, route);
  }
  if (event.host === '') {
    const shown = showUrl(received.url);
    event.host = shown.host;
    event.path = shown.path;
  }
  conclude(event, result, response.status, gateway.clock() - context.now);
  if (gateway.open.end(event)) {
    gateway.emit(event);
  }
  gateway.handOver?.begin(context);
  if (gateway.candidate !== undefined && pipeline === proxyPipeline && event.route !== METADATA) {
    gateway.candidate.consider(received, event, context);
  }
  return result.timed === true ? withServerTiming(response, event) : response;
}

/** target → match → decide → forward. */
async function proxyPipeline(
  gateway: Gateway,
  received: ReceivedRequest,
  context: RequestContext,
  event: RequestEvent,
): Promise<Outcome> {
  const target = canonicalTarget(received);
  if (!target.ok) {
    return target;
  }
  const shown = showTarget(target.value);
  event.host = shown.host;
  event.path = shown.path;
  const resource = gateway.resources && findDocument(gateway.resources, target.value);
  if (resource !== undefined) {
    event.route = METADATA;
    return answerMetadata(received.method, resource);
  }
  const match = matchRoute(gateway.routes, received.method, target.value, preflightMethod(received));
  if (!match.ok) {
    return match;
  }
  const { route, preflight, parameters } = match.value;
  event.route = route.name;
  if (preflight && route.cors !== undefined) {
    return answerPreflight(received, route.cors);
  }
  const access = preflight ? PREFLIGHT : route.access;
  const limit = preflight ? undefined : route.rateLimit;
  const { clientAddress } = received;
  const early =
    limit?.by === 'address'
      ? await limitRate(limit, { principal: undefined, clientAddress }, gateway.counters, context)
      : undefined;
  if (early?.ok === false) {
    return early;
  }
  const deciding = decide(access, { received, target: target.value, parameters }, gateway, context);
  const decided = deciding instanceof Promise ? await deciding : deciding;
  noteFindings(event, decided.findings);
  if (!decided.allowed) {
    if (route.enforce === 'refuse') {
      const { rejection } = decided;
      const asked = { received, target: target.value };
      const answer = route.login && loginRedirect(route.login, rejection.reason, asked, access.sources);
      return { ok: false, error: rejection, answer };
    }
    event.wouldRefuse = decided.rejection.reason;
    event.evidence = evidenceOf(decided.rejection);
  }
  const decision = decided.allowed ? decided : letThrough(decided);
  const { principal } = decision;
  const { serverTiming } = gateway.policy;
  const timed = serverTiming !== undefined && maySeeTiming(serverTiming, principal);
  const turn =
    limit === undefined || early !== undefined
      ? early
      : await limitRate(limit, { principal, clientAddress }, gateway.counters, context);
  if (turn?.ok === false) {
    return timed ? { ...turn, timed } : turn;
  }
  const startTrace = gateway.policy.makeTraceparent && traceIdOf(received.traceparent) === undefined;
  const traceparent = startTrace ? traceparentOf(event.reference) : undefined;
  const forwarded = await forward(decision, match.value, { received, traceparent, context }, gateway);
  event.originMs = forwarded.originMs;
  if (forwarded.omitted.length > 0) {
    event.omitted = forwarded.omitted;
  }
  if (!forwarded.response.ok) {
    return timed ? { ...forwarded.response, timed } : forwarded.response;
  }
  const answered = forwarded.response.value;
  const response =
    principal !== undefined && mayOutlive(answered, route.upstream)
      ? endWithToken(answered, route, principal.token, { ...gateway, context })
      : answered;
  const completed =
    route.cors === undefined && limit === undefined ? response : toComplete(response, route, turn?.value);
  return timed ? { ...ok(completed), timed } : ok(completed);
}

/** What logs call the endpoint; no route's table can have this name. */
const METADATA = 'portcullis.resource-metadata';

/** A CORS preflight carries no credentials (Fetch §4.8), so nobody can be asked for. */
const PREFLIGHT: Access = {
  name: 'preflight',
  authentication: 'none',
  sources: [],
  profiles: new Map(),
  requirement: { kind: 'all', of: [] },
  revocation: { mode: 'off', maxStalenessSeconds: 0, onUnavailable: 'reject', timeoutMs: 0 },
};
