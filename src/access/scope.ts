import type { ClaimPath } from '../core/claim-address.ts';
import type { TokenProfile } from '../core/policy.ts';
import { resolveClaim } from '../core/resolve-claim.ts';
import type { VerifiedToken } from '../core/verified-token.ts';
import { hasWord } from './words.ts';

const SCOPE: ClaimPath = ['scope'];
const SCP: ClaimPath = ['scp'];

/** Whether a token says anything of scopes, where `grantsScope` looks. A token exchanged for another may leave it out. */
export function saysScope({ claims, profile: { scopeClaim } }: VerifiedToken): boolean {
  return scopeClaim === undefined
    ? Object.hasOwn(claims, 'scope') || Object.hasOwn(claims, 'scp')
    : resolveClaim(claims, scopeClaim) !== undefined;
}

interface Scoped extends Pick<VerifiedToken, 'claims'> {
  readonly profile: Pick<TokenProfile, 'scopeClaim'>;
}

/**
 * Whether a token grants one scope: by the claim that its issuer is configured to put scopes in, else by `scope` (RFC
 * 8693 §4.2: space-delimited) or, where an issuer writes it so, an array; by `scp` where there is no `scope` (Entra,
 * Okta). A claim of any other shape grants nothing. Case-sensitive, and whole words alone (RFC 6749 §3.3).
 */
export function grantsScope({ claims, profile }: Scoped, scope: string): boolean {
  const path = profile.scopeClaim ?? (Object.hasOwn(claims, 'scope') ? SCOPE : SCP);
  const claim = resolveClaim(claims, path);
  if (typeof claim === 'string') {
    return hasWord(claim, scope, 'space');
  }
  return Array.isArray(claim) && claim.every((each) => typeof each === 'string') && claim.includes(scope);
}
