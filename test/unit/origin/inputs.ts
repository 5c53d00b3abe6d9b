import type { JsonObject, VerificationKey, VerifiedToken } from '../../../src/core/jose.ts';
import type { Issuer } from '../../../src/core/policy.ts';
import type { Principal, StrippedHeaders } from '../../../src/core/principal.ts';

/** A principal as `access/` would mint it; the origin room reads its claims alone. */
export function principalWith(claims: JsonObject): Principal {
  const token: Pick<VerifiedToken, 'claims' | 'expiresAt' | 'header'> & {
    readonly issuer: Partial<Issuer>;
    readonly key: Partial<VerificationKey>;
  } = { claims, expiresAt: 0, header: { alg: 'ES256' }, issuer: {}, key: {} };
  return { token } as Principal;
}

/** Headers that need no stripping. */
export function strippedHeaders(init: HeadersInit): StrippedHeaders {
  return new Headers(init) as StrippedHeaders;
}
