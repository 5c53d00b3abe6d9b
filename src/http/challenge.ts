import { REJECTIONS, type Rejection } from '../core/rejection.ts';

/** What is protected, where nobody has named it (RFC 9110 §11.5). */
export const DEFAULT_REALM = 'api';

/**
 * The `WWW-Authenticate` value for a rejection (RFC 6750 §3), or undefined where none belongs.
 * A request without credentials gets no error code (RFC 6750 §3.1), so `realm` is there to be the parameter that every
 * challenge must have (§3). Realm and scope come from the configuration, whose schema allows only what needs no
 * escaping in a quoted string (RFC 9110 §5.6.4; RFC 6749 §3.3).
 */
export function challengeFor(rejection: Rejection, realm: string): string | undefined {
  const { challenge, detail } = REJECTIONS[rejection.reason];
  if (challenge === undefined || challenge === 'bare') {
    return challenge && `Bearer realm="${realm}"`;
  }
  const scope = rejection.reason === 'scope_insufficient' ? `, scope="${rejection.scope.join(' ')}"` : '';
  return `Bearer realm="${realm}", error="${challenge}", error_description="${detail}"${scope}`;
}
