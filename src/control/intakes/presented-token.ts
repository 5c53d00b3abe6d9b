import type { RequestContext } from '../../core/context.ts';
import type { JsonObject } from '../../core/jose.ts';
import type { TokenProfiles } from '../../core/policy.ts';
import { stateOf } from '../../core/rejection.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { RevocationPredicate } from '../../core/revocation.ts';
import type { NumericDate } from '../../core/time.ts';
import { endOf } from '../../core/token-lifetime.ts';
import { verifyMessage } from '../../decision/verify-message.ts';
import { type Fault, unavailableFor } from '../../http/fault.ts';
import type { ControlPorts } from '../ports.ts';

/** A genuine token of a configured issuer that somebody wants revoked; it may have expired. */
export interface PresentedToken {
  readonly predicate: RevocationPredicate & { readonly kind: 'jti' };
  /** From then on the gateway refuses it as expired. */
  readonly lastAccepted: NumericDate;
  readonly claims: JsonObject;
}

/**
 * Reads a token presented for revocation. Refuses one whose signature does not hold (a forged token is refused by the
 * gateway anyway, and must not fill the store), and one without an identifier or an expiry.
 * Does NOT check type, audience or times: a token that is not valid yet can be revoked already.
 */
export async function readPresentedToken(
  token: string,
  profiles: TokenProfiles,
  ports: ControlPorts,
  context: RequestContext,
): Promise<Result<PresentedToken, Fault>> {
  const verified = await verifyMessage(token, profiles, ports, context);
  if (!verified.ok) {
    return err(stateOf(verified.error) === 'denied' ? NOT_GENUINE : unavailableFor(verified.error));
  }
  const { profile, issuer, claims } = verified.value;
  const jti = Object.hasOwn(claims, profile.jtiClaim) ? claims[profile.jtiClaim] : undefined;
  if (typeof jti !== 'string') {
    return err(NO_IDENTIFIER);
  }
  const end = endOf(verified.value, profile);
  if (end === undefined) {
    return err(NOT_GENUINE);
  }
  return ok({
    predicate: { kind: 'jti', issuer, value: jti },
    lastAccepted: end + profile.clockToleranceSeconds,
    claims,
  });
}

export const NOT_GENUINE: Fault = {
  status: 422,
  detail: 'The token is not a genuine token of a configured issuer, so it needs no revocation.',
};

export const NO_IDENTIFIER: Fault = {
  status: 422,
  detail: 'The token has no identifier; revoke its subject, session or client instead.',
};
