import type { JsonObject, VerificationKey, VerifiedToken } from '../../../src/core/jose.ts';
import type { Issuer, Route } from '../../../src/core/policy.ts';
import type { Principal, StrippedHeaders } from '../../../src/core/principal.ts';

/** A protected route to an URL origin, with no mapping, changed as the test needs. */
export function routeWith(changes: Partial<Route>): Route {
  return {
    name: 'orders',
    path: { kind: 'prefix', value: '/orders' },
    methods: undefined,
    host: { kind: 'any' },
    origin: { kind: 'url', origin: 'http://origin.test' },
    authentication: 'required',
    issuers: new Map(),
    scope: { values: [], match: 'all' },
    claims: [],
    headers: [],
    revocation: { mode: 'off', maxStalenessSeconds: 0, onUnavailable: 'reject', timeoutMs: 250 },
    timeoutMs: 30_000,
    forwardToken: false,
    preflight: 'reject',
    ...changes,
  };
}

/** A principal as `authorization/` would mint it; the origin room reads its claims alone. */
export function principalWith(claims: JsonObject): Principal {
  const token: Pick<VerifiedToken, 'claims' | 'expiresAt' | 'header'> & {
    readonly issuer: Partial<Issuer>;
    readonly key: Partial<VerificationKey>;
  } = { claims, expiresAt: 0, header: { alg: 'ES256' }, issuer: {}, key: {} };
  return { token } as Principal;
}

export function strippedHeaders(init: HeadersInit): StrippedHeaders {
  return new Headers(init) as StrippedHeaders;
}
