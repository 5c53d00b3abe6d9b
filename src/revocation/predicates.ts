import type { JsonValue } from '../core/jose.ts';
import { revocationKey } from '../core/key-names.ts';
import { remember } from '../core/remember.ts';
import { resolveClaim } from '../core/resolve-claim.ts';
import {
  isWatermark,
  REVOCATION_KINDS,
  type RevocationKind,
  type RevocationStatus,
} from '../core/revocation.ts';
import type { NumericDate } from '../core/time.ts';
import type { VerifiedToken } from '../core/verified-token.ts';
import type { StoredRevocation } from './port.ts';

/** One thing a revocation could name in a token. */
export interface Lookup {
  readonly kind: RevocationKind;
  readonly key: string;
}

export interface TokenLookups {
  readonly lookups: readonly Lookup[];
  readonly keys: readonly string[];
  /** undefined: the token has none, and any watermark hits it. */
  readonly issuedAt: NumericDate | undefined;
}

/**
 * Every predicate that could hit the token, in a fixed order. A claim that is absent, empty or of another type
 * yields nothing to look up: whether it had to be there is `tokens/`'s decision. The verified-token cache hands
 * out the same object for the same token, so its names are made once.
 */
export const lookupsOf = remember((token: VerifiedToken): TokenLookups => {
  const lookups = [...lookupsIn(token)];
  const issuedAt = resolveClaim(token.claims, ['iat']);
  return {
    lookups,
    keys: lookups.map(({ key }) => key),
    issuedAt: typeof issuedAt === 'number' && Number.isFinite(issuedAt) ? issuedAt : undefined,
  };
});

/** What a revocation can name a thing by that is no verified token, such as a login; the issuer is always among it. */
export type Names = { readonly [kind in Exclude<RevocationKind, 'iss'>]?: string | undefined };

/** Every predicate that could hit what bears these names since `issuedAt`: as `lookupsOf`, for what is no verified token. */
export function lookupsNamed(issuer: string, names: Names, issuedAt: NumericDate): TokenLookups {
  const named: { readonly [kind in RevocationKind]?: string | undefined } = { ...names, iss: issuer };
  const lookups = REVOCATION_KINDS.flatMap((kind): Lookup[] => {
    const value = named[kind];
    return value === undefined ? [] : [{ kind, key: revocationKey(kind, issuer, value) }];
  });
  return { lookups, keys: lookups.map(({ key }) => key), issuedAt };
}

function* lookupsIn(token: VerifiedToken): Generator<Lookup> {
  const { profile } = token;
  const named = function* (kind: RevocationKind, ...values: readonly (JsonValue | undefined)[]) {
    for (const value of new Set(values)) {
      if (typeof value !== 'string' || value === '') continue;
      yield { kind, key: revocationKey(kind, token.issuer, value) };
    }
  };
  yield* named('jti', resolveClaim(token.claims, [profile.jtiClaim]));
  yield* named('sub', resolveClaim(token.claims, ['sub']));
  yield* named('sid', resolveClaim(token.claims, ['sid']));
  yield* named('client_id', resolveClaim(token.claims, ['client_id']), resolveClaim(token.claims, ['azp']));
  if (profile.tenantClaim) yield* named('tenant', tenantOf(resolveClaim(token.claims, profile.tenantClaim)));
  yield* named('kid', token.key.kid, token.header.kid);
  yield* named('iss', token.issuer);
}

/** Tenants are often numbered; a number is looked up by its decimal digits. */
const tenantOf = (value: JsonValue | undefined): JsonValue | undefined =>
  Number.isSafeInteger(value) ? String(value) : value;

/** What one answer says of one lookup. A watermark that is not a date is `unknown`: it is there, yet cannot be read. */
export function judge(
  lookup: Lookup,
  stored: StoredRevocation | undefined,
  issuedAt: NumericDate | undefined,
): RevocationStatus['state'] {
  if (stored === undefined) return 'active';
  if (!isWatermark(lookup.kind)) return 'revoked';
  if (stored.issuedBefore === undefined) return 'unknown';
  return issuedAt === undefined || issuedAt <= stored.issuedBefore ? 'revoked' : 'active';
}

/** The token's status from one answer per lookup, in order. One certain hit decides; then one doubt does. */
export function statusFrom(
  { lookups, issuedAt }: TokenLookups,
  values: readonly (StoredRevocation | undefined)[],
): RevocationStatus {
  let doubt = values.length !== lookups.length;
  for (const [index, lookup] of lookups.entries()) {
    const state = judge(lookup, values[index], issuedAt);
    if (state === 'revoked') return { state, by: lookup.kind };
    if (state === 'unknown') doubt = true;
  }
  return doubt ? { state: 'unknown', cause: 'malformed' } : { state: 'active' };
}
