import type { JsonObject, JsonValue } from '../../core/jose.ts';
import { isObject } from '../../core/json.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { RevocationPredicate } from '../../core/revocation.ts';
import { isNumericDate, type NumericDate } from '../../core/time.ts';
import { type Fault, UNAVAILABLE } from '../../http/fault.ts';
import { checkClaims, checkTimes } from '../../tokens/claims.ts';
import type { LogoutReceiver } from '../policy.ts';
import type { Intake } from '../ports.ts';
import { verifySignature } from './signed-token.ts';

/** A logout token that passed every step of §2.6 but the last, optional one: whether its `jti` was seen before. */
export interface LogoutToken {
  readonly receiver: LogoutReceiver;
  readonly jti: string;
  readonly predicate: RevocationPredicate;
  readonly issuedAt: NumericDate;
  readonly expiresAt: NumericDate;
}

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/**
 * Validates a logout token (OpenID Connect Back-Channel Logout 1.0 §2.4, §2.6) for the receivers of its issuer.
 * Encrypted logout tokens are not supported (no keys to decrypt with) and are refused.
 */
export async function validateLogoutToken(
  token: string,
  { ports, context }: Intake,
): Promise<Result<LogoutToken, Fault>> {
  const receivers = ports.policy.logoutReceivers;
  const issuers = new Map(receivers.map(({ issuer }) => [issuer.issuer, issuer]));
  const signed = await verifySignature(token, issuers, ports, context);
  if (!signed.ok) {
    return err(signed.error.reason === 'keys_unavailable' ? UNAVAILABLE : invalid(signed.error.reason));
  }
  const { header, claims } = signed.value;
  const receiver = receivers.find(
    ({ issuer }) => issuer.issuer === claims.iss && namesAudience(claims.aud, issuer.audience),
  );
  if (receiver === undefined) {
    return err(invalid('audience_mismatch'));
  }
  const expiresAt = checkClaims(header, claims, receiver.issuer);
  if (!expiresAt.ok) {
    return err(invalid(expiresAt.error.reason));
  }
  const late = checkTimes(claims, receiver.issuer, context.now);
  if (late) {
    return err(invalid(late.reason));
  }
  return logoutClaims(claims, receiver, expiresAt.value);
}

/** §2.4 and steps 4 to 6 of §2.6. `iat` and `jti` are present: the receiver's issuer requires them. */
function logoutClaims(
  claims: JsonObject,
  receiver: LogoutReceiver,
  expiresAt: NumericDate,
): Result<LogoutToken, Fault> {
  const { sub, sid, jti, iat, events } = claims;
  if (Object.hasOwn(claims, 'nonce')) {
    return err(invalid('nonce present'));
  }
  if (!isObject(events) || !Object.hasOwn(events, LOGOUT_EVENT) || !isObject(events[LOGOUT_EVENT])) {
    return err(invalid('events'));
  }
  if (!isOptionalText(sub) || !isOptionalText(sid) || (sub === undefined && sid === undefined)) {
    return err(invalid('sub and sid'));
  }
  if (typeof jti !== 'string' || jti === '' || !isNumericDate(iat)) {
    return err(invalid('jti or iat'));
  }
  const issuer = receiver.issuer.issuer;
  if (sid !== undefined && receiver.revoke === 'session') {
    return ok({ receiver, jti, predicate: { kind: 'sid', issuer, value: sid }, issuedAt: iat, expiresAt });
  }
  if (sub === undefined) {
    return err(invalid('sub is needed: access tokens of this issuer carry no sid'));
  }
  // The provider's own clock wrote both `iat`s, so a token of the next login stays good however late this arrives.
  const predicate = { kind: 'sub', issuer, value: sub, issuedBefore: iat } as const;
  return ok({ receiver, jti, predicate, issuedAt: iat, expiresAt });
}

const namesAudience = (aud: JsonValue | undefined, accepted: readonly string[]): boolean =>
  (Array.isArray(aud) ? aud : [aud]).some((value) => typeof value === 'string' && accepted.includes(value));

const isOptionalText = (value: JsonValue | undefined): value is string | undefined =>
  value === undefined || (typeof value === 'string' && value !== '');

const invalid = (rule: string): Fault => ({
  status: 400,
  detail: `The logout token is not valid: ${rule}.`,
});
