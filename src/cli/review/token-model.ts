import { claimHolds } from '../../access/claim.ts';
import type { JsonObject, JsonValue } from '../../core/jose.ts';
import type { ClaimPath, TokenProfile } from '../../core/policy.ts';
import { resolveClaim } from '../../core/resolve-claim.ts';
import type { TokenWish } from '../stand-in/mint.ts';
import { type ClaimLiteral, type ClaimRange, findValue } from './claim-values.ts';
import type { Literal, Presented } from './presented.ts';
import { someAge } from './token-age.ts';

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

  const client = clientOf(literals, profile);
  if (client === 'none') return 'none';
  if (client !== undefined) claims['/client_id'] = client;

  const age = someAge(literals, 'iat', presented);
  const authAge = someAge(literals, 'auth_time', presented);
  if (age === 'none' || authAge === 'none') return 'none';

  const granted = literals.flatMap(({ atom, holds }) => (atom.kind === 'scope' && holds ? [atom.value] : []));
  if (granted.length > 0) {
    const scopePath: ClaimPath = profile.scopeClaim ?? ['scope'];
    if (byPath.has(pointerOf(scopePath))) undecided = true;
    else claims[pointerOf(scopePath)] = granted.join(' ');
  }
  const { subject: _subject, ...ages } = { subject: undefined, ...(age ?? {}) };
  const wish: TokenWish = { claims, without, ...ages };
  const whole = assembled(claims, profile);
  const agree = literals.every(
    ({ atom, holds }) =>
      atom.kind !== 'claim' ||
      without.includes(atom.test.path[0]) ||
      claimHolds(atom.test, whole, parameters) === holds,
  );
  if (undecided || !agree || twice(literals, byPath, profile)) return 'undecided';
  return { wish: authAge === undefined ? wish : withAuthTime(wish, authAge.issuedAgoSeconds) };
}

/** `auth_time` is a date, and a wish has no clock: it is put in when the token is made. */
const withAuthTime = (wish: TokenWish, agoSeconds: number): TokenWish => ({
  ...wish,
  claims: { ...wish.claims, [AUTH_AGE]: agoSeconds },
});

/** Stands for `auth_time` in a wish's claims, in seconds before now. */
export const AUTH_AGE = '(auth_time, seconds ago)';

function clientOf(literals: readonly Literal[], profile: TokenProfile): string | undefined | 'none' {
  let allowed: readonly string[] | undefined;
  const refused = new Set<string>();
  for (const { atom, holds } of literals) {
    if (atom.kind !== 'client') continue;
    if (holds)
      allowed = allowed === undefined ? atom.values : allowed.filter((each) => atom.values.includes(each));
    else for (const value of atom.values) refused.add(value);
  }
  if (allowed !== undefined) return allowed.find((each) => !refused.has(each)) ?? 'none';
  if (refused.size === 0 || profile.profile !== 'rfc9068') return undefined;
  let client = 'client-1';
  for (let number = 2; refused.has(client); number += 1) client = `client-${number}`;
  return client;
}

/** Whether two kinds of literal want something of one claim, each without knowing of the other. */
function twice(
  literals: readonly Literal[],
  byPath: ReadonlyMap<string, readonly ClaimLiteral[]>,
  profile: TokenProfile,
): boolean {
  const claimed = new Set([...byPath.values()].map(([first]) => first?.test.path[0]));
  const scopes = profile.scopeClaim === undefined ? ['scope', 'scp'] : [profile.scopeClaim[0]];
  return literals.some(({ atom }) => {
    switch (atom.kind) {
      case 'scope':
        return scopes.some((name) => claimed.has(name));
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
  const required =
    profile.requiredClaims.includes(name) ||
    (profile.profile === 'rfc9068' && RFC_9068_CLAIMS.includes(name));
  if (name === 'iss')
    return { usual, freedom: profile.template === undefined ? 'fixed' : 'guarded', mayBeAbsent: false };
  if (['exp', 'iat', 'nbf', 'auth_time', profile.jtiClaim, profile.audienceClaim].includes(name)) {
    return { usual, freedom: 'guarded', mayBeAbsent: false };
  }
  const text =
    path.length === 1 && (name === 'sub' || (name === 'client_id' && profile.profile === 'rfc9068'));
  return { usual, freedom: text ? 'text' : 'any', mayBeAbsent: !(required && path.length === 1) };
}

/** What `stand-in/mint.ts` puts into a good token. */
function usualClaims(profile: TokenProfile): JsonObject {
  const audience = profile.audience === 'any' ? 'anyone' : profile.audience[0];
  return {
    ...Object.fromEntries(profile.requiredClaims.map((name) => [name, `any ${name}`])),
    iss: profile.issuer,
    sub: 'user-1',
    ...(audience === undefined ? {} : { [profile.audienceClaim]: audience }),
    ...(profile.profile === 'rfc9068' ? { client_id: 'client-1' } : {}),
  };
}

function assembled(claims: Readonly<Record<string, JsonValue>>, profile: TokenProfile): JsonObject {
  const whole = { ...usualClaims(profile) } as Record<string, JsonValue>;
  for (const [pointer, value] of Object.entries(claims)) put(whole, pathOf(pointer), value);
  return whole;
}

function put(
  into: Record<string, JsonValue>,
  [name = '', ...below]: readonly string[],
  value: JsonValue,
): void {
  if (below.length === 0) {
    into[name] = value;
    return;
  }
  const held = into[name];
  const inner = typeof held === 'object' && held !== null && !Array.isArray(held) ? { ...held } : {};
  put(inner as Record<string, JsonValue>, below, value);
  into[name] = inner;
}

/** RFC 6901 §3. */
const pointerOf = (path: ClaimPath): string =>
  path.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const pathOf = (pointer: string): readonly string[] =>
  pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
