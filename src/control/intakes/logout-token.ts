import type { JsonValue } from '../../core/jose.ts';
import { isObject } from '../../core/json.ts';
import { stateOf } from '../../core/rejection.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { RevocationPredicate } from '../../core/revocation.ts';
import type { NumericDate } from '../../core/time.ts';
import type { VerifiedToken } from '../../core/verified-token.ts';
import { type Fault, unavailableFor } from '../../http/fault.ts';
import type { LogoutReceiver } from '../policy.ts';
import type { Intake } from '../ports.ts';
import { verifyMessage } from './verify-message.ts';

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
  const { logoutReceivers: receivers, logoutProfiles } = ports.policy;
  const verified = await verifyMessage(token, logoutProfiles, ports, context);
  if (!verified.ok) {
    const { error } = verified;
    return err(stateOf(error) === 'denied' ? invalid(error.reason) : unavailableFor(error));
  }
  const receiver = receivers.find(({ profile }) => profile === verified.value.profile);
  return receiver === undefined ? err(invalid('audience_mismatch')) : logoutClaims(verified.value, receiver);
}

/** §2.4 and steps 4 to 6 of §2.6. The receiver's profile requires `exp`, `iat` and `jti`. */
function logoutClaims(
  { claims, iat, exp }: VerifiedToken,
  receiver: LogoutReceiver,
): Result<LogoutToken, Fault> {
  const { sub, sid, jti, events } = claims;
  if (Object.hasOwn(claims, 'nonce')) {
    return err(invalid('nonce present'));
  }
  if (!isObject(events) || !Object.hasOwn(events, LOGOUT_EVENT) || !isObject(events[LOGOUT_EVENT])) {
    return err(invalid('events'));
  }
  if (!isOptionalText(sub) || !isOptionalText(sid) || (sub === undefined && sid === undefined)) {
    return err(invalid('sub and sid'));
  }
  if (typeof jti !== 'string' || iat === undefined || exp === undefined) {
    return err(invalid('jti, iat or exp'));
  }
  const { issuer } = receiver.profile;
  if (sid !== undefined && receiver.revoke === 'session') {
    return ok({
      receiver,
      jti,
      predicate: { kind: 'sid', issuer, value: sid },
      issuedAt: iat,
      expiresAt: exp,
    });
  }
  if (sub === undefined) {
    return err(invalid('sub is needed: access tokens of this issuer carry no sid'));
  }
  // The provider's own clock wrote both `iat`s, so a token of the next login stays good however late this arrives.
  const predicate = { kind: 'sub', issuer, value: sub, issuedBefore: iat } as const;
  return ok({ receiver, jti, predicate, issuedAt: iat, expiresAt: exp });
}

const isOptionalText = (value: JsonValue | undefined): value is string | undefined =>
  value === undefined || (typeof value === 'string' && value !== '');

const invalid = (rule: string): Fault => ({
  status: 400,
  detail: `The logout token is not valid: ${rule}.`,
});
