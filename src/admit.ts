import { authorize } from './authorization/authorize.ts';
import type { RequestContext } from './core/context.ts';
import type { Policy, Route } from './core/policy.ts';
import type { Principal } from './core/principal.ts';
import type { Rejection } from './core/rejection.ts';
import { err, type Result } from './core/result.ts';
import { type Clock, milliseconds } from './core/time.ts';
import { extractBearer } from './credentials/extract.ts';
import type { Revocation } from './revocation/check.ts';
import type { RequestEvent } from './telemetry/request-event.ts';
import { checkRevocable } from './verification/claims.ts';
import { type VerifierPorts, verifyToken } from './verification/verify.ts';

/** What it takes to admit a request. */
export interface Admission {
  readonly policy: Pick<Policy, 'maxTokenBytes'>;
  readonly verifier: VerifierPorts;
  readonly revocation: Revocation;
  readonly clock: Clock;
}

/**
 * From credentials to a principal, for one route: extract → verify → check revocation → authorize. Notes in `event`
 * what is known of the token once it has verified.
 * Does NOT look at the route's path, methods or host.
 */
export async function admit(
  gateway: Admission,
  request: Request,
  search: string,
  route: Route,
  context: RequestContext,
  event: RequestEvent,
): Promise<Result<Principal>> {
  const { cache } = gateway.verifier;
  const isVerified = (token: string) => cache?.has(token) === true;
  const bearer = extractBearer(request.headers, search, gateway.policy.maxTokenBytes, isVerified);
  if (!bearer.ok) {
    return bearer;
  }
  // A Worker's clock stands still but for what is awaited.
  const verifying = verifyToken(bearer.value, route.issuers, gateway.verifier, context);
  const verified = verifying instanceof Promise ? await verifying : verifying;
  const verifiedAt = verifying instanceof Promise ? gateway.clock() : context.now;
  event.verifyMs = milliseconds(verifiedAt - context.now);
  if (!verified.ok) {
    return verified;
  }
  const token = verified.value;
  event.issuer = token.issuer.name;
  if (token.key.kid !== undefined) {
    event.kid = token.key.kid;
  }
  if (route.revocation.mode !== 'off') {
    const fault: Rejection | undefined = checkRevocable(token.claims, token.issuer);
    if (fault) {
      return err(fault);
    }
  }
  const checking = gateway.revocation.check(token, route, context);
  const live = checking instanceof Promise ? await checking : checking;
  event.revocationMs = checking instanceof Promise ? milliseconds(gateway.clock() - verifiedAt) : 0;
  if (!live.ok) {
    return live;
  }
  event.revocation = live.value.revocation;
  if (route.revocation.mode === 'replicated') {
    const age = gateway.revocation.replicaAgeSeconds();
    if (age !== undefined) {
      event.replicaAgeSeconds = Math.round(age * 1e3) / 1e3;
    }
  }
  return authorize(live.value, route);
}
