import { REJECTIONS, type Rejection } from '../core/rejection.ts';

/** What is protected, where nobody has named it (RFC 9110 §11.5). */
export const DEFAULT_REALM = 'api';

/** The protected resource that a challenge is about (RFC 9728 §5.1). */
export interface ChallengedResource {
  readonly metadataUrl: string;
  /** What every request to it needs; the scope that a client asks for first (RFC 6750 §3). */
  readonly challengeScope: string | undefined;
}

/**
 * The `WWW-Authenticate` value for a rejection (RFC 6750 §3), or undefined where none belongs.
 * A request without credentials gets no error code (RFC 6750 §3.1), so `realm` is there to be the parameter that every
 * challenge must have (§3). Realm and scope come from the configuration, whose schema allows only what needs no
 * escaping in a quoted string (RFC 9110 §5.6.4; RFC 6749 §3.3).
 */
export function challengeFor(
  rejection: Rejection,
  realm: string,
  resource?: ChallengedResource,
): string | undefined {
  const { challenge, detail } = REJECTIONS[rejection.reason];
  const where = resource === undefined ? '' : `, resource_metadata="${resource.metadataUrl}"`;
  const wanted = resource?.challengeScope === undefined ? '' : `, scope="${resource.challengeScope}"`;
  if (challenge === undefined || challenge === 'bare') {
    return challenge && `Bearer realm="${realm}"${wanted}${where}`;
  }
  return `Bearer realm="${realm}", error="${challenge}", error_description="${detail}"${askedFor(rejection) ?? wanted}${where}`;
}

/** What would do: scope (RFC 6750 §3), authentication context and age (RFC 9470 §3). */
function askedFor(rejection: Rejection): string | undefined {
  switch (rejection.reason) {
    case 'scope_insufficient':
      return `, scope="${rejection.scope.join(' ')}"`;
    case 'authentication_insufficient': {
      const { acr, maxAgeSeconds } = rejection;
      const values = acr === undefined ? '' : `, acr_values="${acr.join(' ')}"`;
      return maxAgeSeconds === undefined ? values : `${values}, max_age="${maxAgeSeconds}"`;
    }
    default:
      return undefined;
  }
}
