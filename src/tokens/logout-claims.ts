import type { JsonValue } from '../core/jose.ts';
import { isObject } from '../core/json.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { NumericDate } from '../core/time.ts';
import type { VerifiedToken } from '../core/verified-token.ts';

/** Who has logged out: a session, a subject, or both. */
export interface LogoutClaims {
  readonly jti: string;
  readonly sub: string | undefined;
  readonly sid: string | undefined;
  readonly issuedAt: NumericDate;
  readonly expiresAt: NumericDate;
}

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/**
 * OpenID Connect Back-Channel Logout 1.0 §2.4 and steps 4 to 6 of §2.6, of a token that `logoutProfile` has let pass; or
 * the rule that it breaks. Does NOT check whether the `jti` was seen before.
 */
export function readLogoutClaims({ claims, iat, exp }: VerifiedToken): Result<LogoutClaims, string> {
  const { sub, sid, jti, events } = claims;
  if (Object.hasOwn(claims, 'nonce')) return err('nonce present');
  if (!isObject(events) || !Object.hasOwn(events, LOGOUT_EVENT) || !isObject(events[LOGOUT_EVENT])) {
    return err('events');
  }
  if (!isOptionalText(sub) || !isOptionalText(sid) || (sub === undefined && sid === undefined)) {
    return err('sub and sid');
  }
  if (typeof jti !== 'string' || iat === undefined || exp === undefined) return err('jti, iat or exp');
  return ok({ jti, sub, sid, issuedAt: iat, expiresAt: exp });
}

const isOptionalText = (value: JsonValue | undefined): value is string | undefined =>
  value === undefined || (typeof value === 'string' && value !== '');
