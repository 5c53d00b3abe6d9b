import type { JsonObject, VerificationKey } from '../../../src/core/jose.ts';
import type { TokenProfile } from '../../../src/core/policy.ts';
import type { Principal, StrippedHeaders } from '../../../src/core/principal.ts';
import type { VerifiedToken } from '../../../src/core/verified-token.ts';

/** A principal as `access/` would mint it; the origin room reads its claims alone. */
export function principalWith(claims: JsonObject): Principal {
  const token: Pick<VerifiedToken, 'claims' | 'header' | 'exp' | 'nbf' | 'iat'> & {
    readonly profile: Partial<TokenProfile>;
    readonly key: Partial<VerificationKey>;
  } = { claims, exp: 0, nbf: 0, iat: 0, header: { alg: 'ES256' }, profile: {}, key: {} };
  return { token } as Principal;
}

/** Headers that need no stripping. */
export function strippedHeaders(init: HeadersInit): StrippedHeaders {
  return new Headers(init) as StrippedHeaders;
}
