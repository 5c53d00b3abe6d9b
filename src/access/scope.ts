import type { JsonObject } from '../core/jose.ts';
import type { ClaimPath } from '../core/policy.ts';
import { resolveClaim } from '../core/resolve-claim.ts';

const SCOPE: ClaimPath = ['scope'];
const SCP: ClaimPath = ['scp'];

/**
 * Whether a token grants one scope: by `scope` (RFC 8693 §4.2: space-delimited) or, where an issuer writes it so, an
 * array; by `scp` where there is no `scope` (Entra, Okta). A claim of any other shape grants nothing.
 * Case-sensitive, and whole words alone (RFC 6749 §3.3).
 */
export function grantsScope(claims: JsonObject, scope: string): boolean {
  const claim = resolveClaim(claims, Object.hasOwn(claims, 'scope') ? SCOPE : SCP);
  if (typeof claim === 'string') {
    return hasWord(claim, scope);
  }
  return Array.isArray(claim) && claim.every((each) => typeof each === 'string') && claim.includes(scope);
}

/** Without taking the list apart: this runs for every request. */
function hasWord(list: string, word: string): boolean {
  if (word === '' || word.includes(' ')) {
    return false;
  }
  for (let at = list.indexOf(word); at >= 0; at = list.indexOf(word, at + 1)) {
    const end = at + word.length;
    if ((at === 0 || list[at - 1] === ' ') && (end === list.length || list[end] === ' ')) {
      return true;
    }
  }
  return false;
}
