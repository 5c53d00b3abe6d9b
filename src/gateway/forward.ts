import type { RequestContext } from '../core/context.ts';
import type { Allowed } from '../core/decision.ts';
import type { OriginTarget } from '../core/policy.ts';
import type { ReceivedRequest } from '../core/received-request.ts';
import { err, ok, type Result } from '../core/result.ts';
import { type Clock, milliseconds } from '../core/time.ts';
import { acknowledge } from '../credentials/find-token.ts';
import { changeResponse } from '../origin/change-response.ts';
import { editHeaders } from '../origin/edit-headers.ts';
import { setForwardingHeaders } from '../origin/forwarding-headers.ts';
import { AUTHENTICATED_HEADER, forwardIdentity } from '../origin/identity.ts';
import { originUrl } from '../origin/origin-url.ts';
import { proxy } from '../origin/proxy.ts';
import { rewritePath } from '../origin/rewrite-path.ts';
import { signIdentity } from '../origin/sign-identity.ts';
import { restoreKept, stripHeaders } from '../origin/strip.ts';
import { forwardablePath } from '../routing/canonical-path.ts';
import { areWholeSegments } from '../routing/path-parameter.ts';
import type { RouteMatch } from '../routing/route-table.ts';
import type { KeyLeaser } from '../signing-keys/leased-key.ts';
import { handOverToken } from './hand-over-token.ts';

export interface ForwardPorts {
  /** Folded names of every header that any route maps: stripped on every route. */
  readonly mappedHeaders: ReadonlySet<string>;
  /** Bindings named by `service:` origins and by `mtls`. */
  readonly services: ReadonlyMap<string, Fetcher>;
  /** Secrets that `request_headers` name, by binding. */
  readonly headerSecrets: ReadonlyMap<string, string>;
  readonly clock: Clock;
  /** Signs identity; undefined: no route does. */
  readonly signer: IdentitySigner | undefined;
}

/** What `signed_identity` takes. */
export interface IdentitySigner {
  readonly issuer: string;
  readonly keys: KeyLeaser;
}

export interface Outgoing {
  readonly received: ReceivedRequest;
  /** Where a trace begins at the gateway; undefined: what the client sent goes on as it is. */
  readonly traceparent: string | undefined;
  readonly context: RequestContext;
}

export interface Forwarded {
  /** The origin's response, or why there is none. */
  readonly response: Result<Response>;
  /** Identity headers that were left out because their value could not be carried. */
  readonly omitted: readonly string[];
  readonly originMs: number;
}

/**
 * Carries an allowed request out: rewrite → strip → forward identity → forwarding headers → edits → proxy → edits.
 * Rejects with `path_ambiguous` where the rewritten path cannot be forwarded as it is. A preflight goes without the
 * client's credentials, whatever the route forwards.
 */
export async function forward(
  decision: Allowed,
  match: RouteMatch,
  { received, traceparent, context }: Outgoing,
  { mappedHeaders, services, headerSecrets, signer, clock }: ForwardPorts,
): Promise<Forwarded> {
  const { target } = match;
  const { upstream } = match.route;
  const rewritten = upstream.path && rewritePath(upstream.path, target.path);
  const path = rewritten && forwardablePath(rewritten.path);
  if (path?.ok === false) return { response: path, omitted: [], originMs: 0 };
  if (upstream.path?.reorders && match.parameters && !areWholeSegments(match.parameters)) {
    const response = err({ reason: 'path_ambiguous', evidence: 'parameter_of_several_segments' } as const);
    return { response, omitted: [], originMs: 0 };
  }
  const { consumes } = upstream;
  const stripped = stripHeaders(received.headers, mappedHeaders);
  const asked = handOverToken(decision, match, received.headers, stripped);
  restoreKept(stripped, received.headers, upstream.keepHeaders);
  const { headers, omitted } = forwardIdentity(stripped, upstream.headers, decision.principal);
  setForwardingHeaders(headers, {
    clientAddress: received.clientAddress,
    scheme: target.scheme,
    host: target.authority,
  });
  if (upstream.tellAuthenticated) {
    headers.set(AUTHENTICATED_HEADER, String(decision.principal !== undefined));
  }
  if (traceparent !== undefined) {
    // W3C Trace Context §3.3: the state that came without a valid parent is of no trace.
    headers.set('traceparent', traceparent);
    headers.delete('tracestate');
  }
  const { requestHeaders, responseHeaders: edits } = upstream;
  const sources = { secrets: headerSecrets, received, target };
  if (requestHeaders !== undefined) editHeaders(headers, requestHeaders, sources);
  const toOrigin = rewritten === undefined ? asked : { ...asked, path: rewritten.path };
  const url = () => originUrl(upstream.origin, target.authority) + toOrigin.path + toOrigin.search;
  if (upstream.signedIdentity !== undefined && signer !== undefined && !match.preflight) {
    const leased = signer.keys.current(context);
    const key = leased instanceof Promise ? await leased : leased;
    if (!key.ok) return { response: key, omitted, originMs: 0 };
    const { principal } = decision;
    const request = { method: received.method, url: url(), headers, principal, now: context.now };
    await signIdentity(upstream.signedIdentity, request, { issuer: signer.issuer, ...key.value });
  }
  const began = clock();
  const fetcher = fetcherFor(upstream.origin, services);
  const answer = await proxy({ received, target: toOrigin, headers, upstream, fetcher });
  const originMs = milliseconds(clock() - began);
  const response =
    consumes !== undefined && answer.ok ? ok(acknowledge(consumes, received.headers, answer.value)) : answer;
  if (!response.ok || (rewritten === undefined && edits === undefined)) {
    return { response, omitted, originMs };
  }
  const mapped = rewritten && { rewritten, asked: url(), scheme: target.scheme, authority: target.authority };
  return { response: ok(changeResponse(response.value, { mapped, edits, sources })), omitted, originMs };
}

const fetcherFor = (origin: OriginTarget, services: ForwardPorts['services']): Fetcher | undefined => {
  const binding = origin.kind === 'service' ? origin.binding : origin.mtls;
  return binding === undefined ? undefined : services.get(binding);
};
