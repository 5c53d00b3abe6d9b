import { REJECTIONS, type Rejection } from '../core/rejection.ts';

/**
 * The `WWW-Authenticate` value for a rejection (RFC 6750 §3), or undefined where none belongs.
 * A request without credentials gets no error code (RFC 6750 §3.1). Scope values come from the configuration,
 * whose schema allows only RFC 6749 §3.3 scope tokens, so they need no escaping.
 */
export function challengeFor(rejection: Rejection): string | undefined {
  const { challenge, detail } = REJECTIONS[rejection.reason];
  if (challenge === undefined || challenge === 'bare') {
    return challenge && 'Bearer';
  }
  const scope = rejection.reason === 'scope_insufficient' ? `, scope="${rejection.scope.join(' ')}"` : '';
  return `Bearer error="${challenge}", error_description="${detail}"${scope}`;
}
