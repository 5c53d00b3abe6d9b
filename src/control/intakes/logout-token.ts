import { stateOf } from '../../core/rejection.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { RevocationPredicate } from '../../core/revocation.ts';
import type { NumericDate } from '../../core/time.ts';
import type { VerifiedToken } from '../../core/verified-token.ts';
import { verifyMessage } from '../../decision/verify-message.ts';
import { type Fault, unavailableFor } from '../../http/fault.ts';
import { readLogoutClaims } from '../../tokens/logout-claims.ts';
import type { LogoutReceiver } from '../policy.ts';
import type { Intake } from '../ports.ts';

/** A logout token that passed every step of §2.6 but the last, optional one: whether its `jti` was seen before. */
export interface LogoutToken {
  readonly receiver: LogoutReceiver;
  readonly jti: string;
  readonly predicate: RevocationPredicate;
  readonly issuedAt: NumericDate;
  readonly expiresAt: NumericDate;
}

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
  return receiver === undefined ? err(invalid('audience_mismatch')) : logoutOf(verified.value, receiver);
}

function logoutOf(verified: VerifiedToken, receiver: LogoutReceiver): Result<LogoutToken, Fault> {
  const read = readLogoutClaims(verified);
  if (!read.ok) {
    return err(invalid(read.error));
  }
  const { sub, sid, jti, issuedAt, expiresAt } = read.value;
  const { issuer } = receiver.profile;
  if (sid !== undefined && receiver.revoke === 'session') {
    return ok({ receiver, jti, predicate: { kind: 'sid', issuer, value: sid }, issuedAt, expiresAt });
  }
  if (sub === undefined) {
    return err(invalid('sub is needed: access tokens of this issuer carry no sid'));
  }
  // The provider's own clock wrote both `iat`s, so a token of the next login stays good however late this arrives.
  const predicate = { kind: 'sub', issuer, value: sub, issuedBefore: issuedAt } as const;
  return ok({ receiver, jti, predicate, issuedAt, expiresAt });
}

const invalid = (rule: string): Fault => ({
  status: 400,
  detail: `The logout token is not valid: ${rule}.`,
});
