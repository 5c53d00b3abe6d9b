import type { Allowed } from '../core/decision.ts';
import type { ReceivedRequest } from '../core/received-request.ts';
import type { Result } from '../core/result.ts';
import { type Clock, milliseconds } from '../core/time.ts';
import { setForwardingHeaders } from '../origin/forwarding-headers.ts';
import { forwardIdentity } from '../origin/identity.ts';
import { proxy } from '../origin/proxy.ts';
import { restoreAuthorization, restoreKept, stripHeaders } from '../origin/strip.ts';
import type { RouteMatch } from '../routing/route-table.ts';

export interface ForwardPorts {
  /** Folded names of every header that any route maps: stripped on every route. */
  readonly mappedHeaders: ReadonlySet<string>;
  /** Bindings named by `service:` origins. */
  readonly services: ReadonlyMap<string, Fetcher>;
  readonly clock: Clock;
}

export interface Outgoing {
  readonly received: ReceivedRequest;
  /** Where a trace begins at the gateway; undefined: what the client sent goes on as it is. */
  readonly traceparent: string | undefined;
}

export interface Forwarded {
  /** The origin's response, or why there is none. */
  readonly response: Result<Response>;
  /** Identity headers that were left out because their value could not be carried. */
  readonly omitted: readonly string[];
  readonly originMs: number;
}

/**
 * Carries an allowed request out: strip → forward identity → forwarding headers → proxy. A preflight goes without the
 * client's credentials, whatever the route forwards.
 */
export async function forward(
  decision: Allowed,
  match: RouteMatch,
  { received, traceparent }: Outgoing,
  { mappedHeaders, services, clock }: ForwardPorts,
): Promise<Forwarded> {
  const { target, preflight } = match;
  const { upstream } = match.route;
  const stripped = stripHeaders(received.headers, mappedHeaders);
  if (upstream.forwardToken && !preflight) {
    restoreAuthorization(stripped, received.headers);
  }
  restoreKept(stripped, received.headers, upstream.keepHeaders);
  const { headers, omitted } = forwardIdentity(stripped, upstream.headers, decision.principal);
  setForwardingHeaders(headers, {
    clientAddress: received.clientAddress,
    scheme: target.scheme,
    host: target.authority,
  });
  if (traceparent !== undefined) {
    // W3C Trace Context §3.3: the state that came without a valid parent is of no trace.
    headers.set('traceparent', traceparent);
    headers.delete('tracestate');
  }
  const asked = clock();
  const fetcher = upstream.origin.kind === 'service' ? services.get(upstream.origin.binding) : undefined;
  const response = await proxy({ received, target, headers, upstream, fetcher });
  return { response, omitted, originMs: milliseconds(clock() - asked) };
}
