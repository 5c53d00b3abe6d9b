import type { RequestContext } from '../core/context.ts';
import type { Policy } from '../core/policy.ts';
import type { Principal } from '../core/principal.ts';
import type { ReceivedRequest } from '../core/received-request.ts';
import { stateOf } from '../core/rejection-table.ts';
import { err, type Result } from '../core/result.ts';
import { milliseconds } from '../core/time.ts';
import { respond } from '../http/respond.ts';
import { setForwardingHeaders } from '../origin/forwarding-headers.ts';
import { forwardIdentity } from '../origin/identity.ts';
import { proxy } from '../origin/proxy.ts';
import { restoreAuthorization, stripHeaders } from '../origin/strip.ts';
import { canonicalTarget } from '../routing/canonical-path.ts';
import { preflightMethod } from '../routing/preflight.ts';
import { matchRoute, type RouteTable } from '../routing/route-table.ts';
import type { OpenRequests } from '../telemetry/open-requests.ts';
import { newRequestEvent, type RequestEvent } from '../telemetry/request-event.ts';
import { type Admission, admit } from './decide.ts';

export interface Gateway extends Admission {
  readonly policy: Policy;
  readonly routes: RouteTable;
  readonly open: OpenRequests;
  /** Bindings named by `service:` origins. */
  readonly services: ReadonlyMap<string, Fetcher>;
}

/** What becomes of a request once it has arrived. Fills in the event as it goes. */
export type Pipeline = (
  gateway: Gateway,
  received: ReceivedRequest,
  context: RequestContext,
  event: RequestEvent,
) => Promise<Result<Response>>;

/**
 * Answers one request: the pipeline's response, or the rejection of the stage that refused; whatever it throws is a
 * bug and answers 500. The event that tells what happened is passed to `record` exactly once: here, or by a later
 * request of the isolate when the client left before there was an answer.
 */
export async function handle(
  gateway: Gateway,
  received: ReceivedRequest,
  context: RequestContext,
  record: (event: RequestEvent) => void,
  pipeline: Pipeline = proxyPipeline,
): Promise<Response> {
  const event = newRequestEvent(received.method);
  gateway.open.writeOff(context.now, record);
  gateway.open.begin(event, context.now);
  let result: Result<Response>;
  try {
    result = await pipeline(gateway, received, context, event);
  } catch (error) {
    // Only the kind: a message may carry what it was given.
    result = err({ reason: 'internal_error', evidence: error instanceof Error ? error.name : 'thrown' });
  }
  const response = result.ok ? result.value : respond(result.error, received.method);
  conclude(event, result, response.status, gateway.clock() - context.now);
  if (gateway.open.end(event)) {
    record(event);
  }
  return response;
}

/** match → (extract → verify → check revocation → authorize) → strip → forward identity → proxy. */
async function proxyPipeline(
  gateway: Gateway,
  received: ReceivedRequest,
  context: RequestContext,
  event: RequestEvent,
): Promise<Result<Response>> {
  const target = canonicalTarget(received);
  if (!target.ok) {
    return target;
  }
  const match = matchRoute(gateway.routes, received.method, target.value, preflightMethod(received));
  if (!match.ok) {
    return match;
  }
  const { route, preflight } = match.value;
  event.route = route.name;
  let principal: Principal | undefined;
  if (route.authentication === 'required' && !preflight) {
    const admitting = admit(gateway, received.headers, target.value.search, route, context, event);
    const admitted = admitting instanceof Promise ? await admitting : admitting;
    if (!admitted.ok) {
      return admitted;
    }
    principal = admitted.value;
  }
  const stripped = stripHeaders(received.headers, gateway.policy.mappedHeaders);
  if (route.forwardToken && !preflight) {
    restoreAuthorization(stripped, received.headers);
  }
  const { headers, omitted } = forwardIdentity(stripped, route, principal);
  setForwardingHeaders(headers, {
    clientAddress: received.headers.get('CF-Connecting-IP'),
    scheme: target.value.scheme,
    host: target.value.authority,
  });
  if (omitted.length > 0) {
    event.omitted = omitted;
  }
  const asked = gateway.clock();
  const fetcher = route.origin.kind === 'service' ? gateway.services.get(route.origin.binding) : undefined;
  const response = await proxy({ received, target: target.value, headers, route, fetcher });
  event.originMs = milliseconds(gateway.clock() - asked);
  return response;
}

function conclude(event: RequestEvent, result: Result<Response>, status: number, seconds: number): void {
  event.status = status;
  event.totalMs = milliseconds(seconds);
  if (result.ok) {
    event.decision = 'allowed';
    return;
  }
  const { error } = result;
  event.reason = error.reason;
  event.decision = stateOf(error);
  if ('evidence' in error) {
    event.evidence = error.evidence;
  }
}
