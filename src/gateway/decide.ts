import { authorize } from '../access/authorize.ts';
import type { RequestContext } from '../core/context.ts';
import type { VerifiedToken } from '../core/jose.ts';
import type { Policy, Route } from '../core/policy.ts';
import type { LiveToken, Principal } from '../core/principal.ts';
import type { Result } from '../core/result.ts';
import { type Clock, milliseconds, type NumericDate } from '../core/time.ts';
import { extractBearer } from '../credentials/extract.ts';
import type { Revocation } from '../revocation/check.ts';
import type { RequestEvent } from '../telemetry/request-event.ts';
import { type VerifierPorts, verifyJwt } from '../tokens/verify.ts';

/** What it takes to admit a request. */
export interface Admission {
  readonly policy: Pick<Policy, 'maxTokenBytes'>;
  readonly verifier: VerifierPorts;
  readonly revocation: Revocation;
  readonly clock: Clock;
}

/**
 * From credentials to a principal, for one route: extract → verify → check revocation → authorize. Notes in `event`
 * what is known of the token once it has verified. Returns at once, without a promise, when no stage has to wait.
 * Does NOT look at the route's path, methods or host.
 */
export function admit(
  gateway: Admission,
  headers: Headers,
  search: string,
  route: Route,
  context: RequestContext,
  event: RequestEvent,
): Result<Principal> | Promise<Result<Principal>> {
  const { verifier, policy } = gateway;
  const bearer = extractBearer(headers, search, policy.maxTokenBytes, verifier.cache);
  if (!bearer.ok) {
    return bearer;
  }
  const verifying = verifyJwt(bearer.value, route.profiles, verifier, context);
  return verifying instanceof Promise
    ? verifying.then((verified) => admitVerified(gateway, verified, gateway.clock(), route, context, event))
    : admitVerified(gateway, verifying, context.now, route, context, event);
}

/** @param at when the token had verified: a Worker's clock stands still but for what is awaited */
function admitVerified(
  gateway: Admission,
  verified: Result<VerifiedToken>,
  at: NumericDate,
  route: Route,
  context: RequestContext,
  event: RequestEvent,
): Result<Principal> | Promise<Result<Principal>> {
  event.verifyMs = milliseconds(at - context.now);
  if (!verified.ok) {
    return verified;
  }
  const token = verified.value;
  event.issuer = token.profile.name;
  event.kid = token.key.kid;
  const checking = gateway.revocation.check(token, route, context);
  return checking instanceof Promise
    ? checking.then((live) => admitLive(gateway, live, gateway.clock() - at, route, event))
    : admitLive(gateway, checking, 0, route, event);
}

const admitLive = (
  { revocation }: Admission,
  live: Result<LiveToken>,
  seconds: number,
  route: Route,
  event: RequestEvent,
): Result<Principal> => {
  event.revocationMs = milliseconds(seconds);
  if (!live.ok) {
    return live;
  }
  event.revocation = live.value.revocation;
  if (route.revocation.mode === 'replicated') {
    const age = revocation.replicaAgeSeconds();
    event.replicaAgeSeconds = age === undefined ? undefined : Math.round(age * 1e3) / 1e3;
  }
  return authorize(live.value, route);
};
