import { claimHolds } from '../../access/claim.ts';
import type { JsonObject, JsonValue } from '../../core/jose.ts';
import type { ClaimPath, TokenProfile } from '../../core/policy.ts';
import { resolveClaim } from '../../core/resolve-claim.ts';
import { claimsOf, type TokenWish } from '../stand-in/mint.ts';
import { putClaim } from '../stand-in/put-claim.ts';
import { type ClaimLiteral, type ClaimRange, findValue } from './claim-values.ts';
import type { Literal, Presented } from './presented.ts';
import { someAge } from './token-age.ts';
import { someClient } from './token-client.ts';
import { someScopes } from './token-scopes.ts';

/** A token that is as all literals want it, `none` where there is none, `undecided` where that is not known. */
export type Model = { readonly wish: TokenWish } | 'none' | 'undecided';

/** RFC 9068 §2.2. */
const RFC_9068_CLAIMS = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'];

/**
 * A token for a conjunction. Each claim is looked at by itself, so `none` is exact; a token is then put together and tried
 * again as a whole, since claims may lie within one another.
 */
export function modelOf(literals: readonly Literal[], presented: Presented): Model {
  const { profile, parameters } = presented;
  const claims: Record<string, JsonValue> = {};
  const without: string[] = [];
  let undecided = false;

  const byPath = new Map<string, ClaimLiteral[]>();
  for (const { atom, holds } of literals) {
    if (atom.kind !== 'claim') continue;
    const key = pointerOf(atom.test.path);
    byPath.set(key, [...(byPath.get(key) ?? []), { test: atom.test, holds }]);
  }
  for (const [pointer, tests] of byPath) {
    const path = tests[0]?.test.path as ClaimPath;
    const range = rangeOf(path, profile);
    const found = findValue(tests, range, parameters);
    if (found === 'none') return 'none';
    if (found === 'undecided') undecided = true;
    else if (found.value !== undefined) claims[pointer] = found.value;
    else if (range.usual !== undefined) without.push(path[0]);
  }

  const client = someClient(literals, profile);
  if (client === 'none') return 'none';
  if (client === 'undecided') undecided = true;
  else if (client !== undefined) claims['/client_id'] = client.name;

  const age = someAge(literals, 'iat', presented);
  const authAge = someAge(literals, 'auth_time', presented);
  if (age === 'none' || authAge === 'none') return 'none';

  const scopes = someScopes(literals);
  if (scopes === 'none') return 'none';
  if (scopes === 'undecided') undecided = true;
  else for (const [path, words] of scopes) claims[pointerOf(path)] = words;
  const { subject: _subject, ...ages } = { subject: undefined, ...(age ?? {}) };
  const wish: TokenWish = { claims, without, ...ages };
  const whole = assembled(wish, profile);
  const agree = literals.every(
    ({ atom, holds }) => atom.kind !== 'claim' || claimHolds(atom.test, whole, parameters) === holds,
  );
  if (undecided || !agree || twice(literals, byPath)) return 'undecided';
  return { wish: authAge === undefined ? wish : withAuthTime(wish, authAge.issuedAgoSeconds) };
}

/** `auth_time` is a date, and a wish has no clock: it is put in when the token is made. */
const withAuthTime = (wish: TokenWish, agoSeconds: number): TokenWish => ({
  ...wish,
  claims: { ...wish.claims, [AUTH_AGE]: agoSeconds },
});

/** Stands for `auth_time` in a wish's claims, in seconds before now. */
export const AUTH_AGE = '(auth_time, seconds ago)';

/** Whether two kinds of literal want something of one claim, each without knowing of the other. */
function twice(literals: readonly Literal[], byPath: ReadonlyMap<string, readonly ClaimLiteral[]>): boolean {
  const claimed = new Set([...byPath.values()].map(([first]) => first?.test.path[0]));
  return literals.some(({ atom }) => {
    switch (atom.kind) {
      case 'scope':
        return (atom.claim === undefined ? ['scope', 'scp'] : [atom.claim[0]]).some((name) =>
          claimed.has(name),
        );
      case 'client':
        return claimed.has('client_id') || claimed.has('azp');
      case 'age':
        return claimed.has(atom.of);
      default:
        return false;
    }
  });
}

function rangeOf(path: ClaimPath, profile: TokenProfile): ClaimRange {
  const [name] = path;
  const usual = resolveClaim(usualClaims(profile), path);
  const { template } = profile;
  if (name === template?.claim && path.length === 1 && template.allowed !== 'guid') {
    return { usual, others: [...template.allowed], freedom: 'fixed', mayBeAbsent: false };
  }
  const required =
    profile.requiredClaims.includes(name) ||
    (profile.profile === 'rfc9068' && RFC_9068_CLAIMS.includes(name));
  if (name === 'iss')
    return { usual, freedom: template === undefined ? 'fixed' : 'guarded', mayBeAbsent: false };
  if (
    ['exp', 'iat', 'nbf', 'auth_time', profile.jtiClaim, profile.audienceClaim, template?.claim].includes(
      name,
    )
  ) {
    return { usual, freedom: 'guarded', mayBeAbsent: false };
  }
  const text =
    path.length === 1 && (name === 'sub' || (name === 'client_id' && profile.profile === 'rfc9068'));
  return { usual, freedom: text ? 'text' : 'any', mayBeAbsent: !(required && path.length === 1) };
}

/** What a good token has whenever it is made, and whichever it is. */
function usualClaims(profile: TokenProfile): JsonObject {
  const { exp: _exp, iat: _iat, ...claims } = claimsOf(profile, {}, 0);
  return Object.fromEntries(
    Object.entries(claims).filter(([name]) => name !== 'jti' && name !== profile.jtiClaim),
  ) as JsonObject;
}

function assembled({ claims = {}, without = [] }: TokenWish, profile: TokenProfile): JsonObject {
  const whole = { ...usualClaims(profile) } as Record<string, JsonValue>;
  for (const [pointer, value] of Object.entries(claims)) putClaim(whole, pathOf(pointer), value);
  for (const name of without) delete whole[name];
  return whole;
}

/** RFC 6901 §3. */
const pointerOf = (path: ClaimPath): string =>
  path.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const pathOf = (pointer: string): readonly string[] =>
  pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
