import type { RateLimitPolicy } from '../core/answer-policy.ts';
import type { Principal } from '../core/principal.ts';
import { resolveClaim } from '../core/resolve-claim.ts';
import { addressBlock } from './address-block.ts';

/**
 * The name under which a request is counted: a hash, so that no subject and no address stands in a store, and of one
 * length whatever a token says. Requests that lack what is counted by (a token without the claim, no known address)
 * share one count for each issuer: leaving it out is no way around the limit. Where nobody had to log in and nobody has,
 * the address is counted.
 */
export async function countedBy(
  limit: Pick<RateLimitPolicy, 'by' | 'claim' | 'scope'>,
  principal: Principal | undefined,
  clientAddress: string | undefined,
): Promise<string> {
  const text = JSON.stringify([limit.scope, ...namesOf(limit, principal, clientAddress)]);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return new Uint8Array(digest).toBase64({ alphabet: 'base64url', omitPadding: true });
}

function namesOf(
  { by, claim }: Pick<RateLimitPolicy, 'by' | 'claim'>,
  principal: Principal | undefined,
  clientAddress: string | undefined,
): readonly unknown[] {
  if (by === 'address' || principal === undefined) {
    return ['address', clientAddress === undefined ? null : addressBlock(clientAddress)];
  }
  const { claims, profile, issuer } = principal.token;
  // The token's own: tenants of a template may have subjects and clients of one name.
  const named = (value: unknown) => [by, issuer, value ?? null];
  switch (by) {
    case 'issuer':
      return named(null);
    case 'subject':
      return named(claims.sub);
    case 'client':
      return named(claims.client_id ?? claims.azp);
    case 'tenant':
      return named(profile.tenantClaim && resolveClaim(claims, profile.tenantClaim));
    case 'claim':
      return [...named(claim && resolveClaim(claims, claim)), claim];
  }
}
