import { randomUUID } from 'node:crypto';
import { parseClaimPath } from '../../config/claim-path.ts';
import type { Algorithm, JsonObject, JsonValue } from '../../core/jose.ts';
import type { TokenProfile } from '../../core/policy.ts';
import { resolveClaim } from '../../core/resolve-claim.ts';
import type { NumericDate } from '../../core/time.ts';
import { createStandInKeys, STAND_IN_KID, type StandInKeys } from './keys.ts';
import { putClaim } from './put-claim.ts';

/** What a token is to be, where it is to differ from a good one of its issuer. */
export interface TokenWish {
  readonly subject?: string | undefined;
  readonly audience?: string | readonly string[] | undefined;
  readonly scope?: readonly string[] | undefined;
  /** Set last; a name that begins with a slash is a JSON Pointer (RFC 6901). */
  readonly claims?: Readonly<Record<string, JsonValue>> | undefined;
  /** Claims to leave out, whatever put them there. */
  readonly without?: readonly string[] | undefined;
  /** Seconds from now; negative: it has expired. */
  readonly expiresInSeconds?: number | undefined;
  /** Seconds before now. */
  readonly issuedAgoSeconds?: number | undefined;
  /** null: the header has none. */
  readonly type?: string | null | undefined;
  /** `none`: unsigned (RFC 7519 §6). Any other: named in the header; what the issuer does not list is not what signs. */
  readonly algorithm?: string | undefined;
  readonly kid?: string | undefined;
  /** `forged`: made with a key that is not the issuer's. */
  readonly signature?: 'valid' | 'forged' | undefined;
  /** The secret whose key it is encrypted to; null: to none. As the issuer's table demands it unless it says. */
  readonly encryptedTo?: string | null | undefined;
}

export const DEFAULT_LIFETIME_SECONDS = 300;

/** Who signs and encrypts, and what the key for an algorithm is called; `STAND_IN_KID` unless it says. */
export interface TokenSigner extends Pick<StandInKeys, 'sign'>, Partial<Pick<StandInKeys, 'encrypt'>> {
  kid?(algorithm: Algorithm): string;
}

/**
 * A token under the `iss` of a profile, signed by the stand-in's key: everything that the profile asks for is in it
 * unless the wish says otherwise. Times are whole seconds.
 */
export async function mintToken(
  profile: TokenProfile,
  wish: TokenWish,
  keys: TokenSigner,
  now: NumericDate,
): Promise<string> {
  const payload = new TextEncoder().encode(JSON.stringify(claimsOf(profile, wish, Math.floor(now))));
  const usual = headerOf(profile, wish);
  const header = { ...usual, kid: wish.kid ?? keys.kid?.(usual.alg) ?? STAND_IN_KID };
  // Keys of the right kind that nobody has heard of.
  const signer = wish.signature === 'forged' ? createStandInKeys() : keys;
  const token = await signer.sign(profile.keys, header, payload);
  const binding = encryptedTo(profile, wish);
  if (binding !== undefined && keys.encrypt !== undefined) return await keys.encrypt(binding, token);
  if (wish.algorithm === undefined || wish.algorithm === header.alg) return token;
  // The header says what it was asked to say, and the signature is of another algorithm, or none at all.
  const [, body = '', signature = ''] = token.split('.');
  const named = base64url(JSON.stringify({ ...header, alg: wish.algorithm }));
  return `${named}.${body}.${wish.algorithm.toLowerCase() === 'none' ? '' : signature}`;
}

/** What the header of such a token says, but for the key's name. */
export function headerOf(
  profile: TokenProfile,
  wish: TokenWish,
): { readonly alg: Algorithm; readonly typ?: string } {
  const [usual = 'ES256'] = profile.algorithms;
  const alg = [...profile.algorithms].find((algorithm) => algorithm === wish.algorithm) ?? usual;
  const [type] = profile.types === 'any' ? ['JWT'] : profile.types;
  return wish.type === null ? { alg } : { alg, typ: wish.type ?? shownType(type) };
}

/** The secret to whose key such a token is encrypted; undefined: it is signed alone. */
export const encryptedTo = ({ encryption }: TokenProfile, wish: TokenWish): string | undefined =>
  wish.encryptedTo === undefined
    ? encryption?.required
      ? encryption.keys[0]
      : undefined
    : (wish.encryptedTo ?? undefined);

/** As issuers spell it (RFC 7519 §5.1, RFC 9068 §2.1); the policy holds it in lower case. */
const shownType = (type: string | undefined): string => (type === undefined || type === 'jwt' ? 'JWT' : type);

const base64url = (text: string): string => Buffer.from(text).toString('base64url');

/** @param now whole seconds */
export function claimsOf(profile: TokenProfile, wish: TokenWish, now: number): JsonObject {
  const audience = wish.audience ?? (profile.audience === 'any' ? 'anyone' : profile.audience[0]);
  const lifetime = Math.min(DEFAULT_LIFETIME_SECONDS, profile.maxTokenLifetimeSeconds);
  const expires = now + (wish.expiresInSeconds ?? lifetime);
  const issued =
    wish.issuedAgoSeconds === undefined ? Math.min(now, expires - 60) : now - wish.issuedAgoSeconds;
  const claims: Record<string, JsonValue> = {
    // What a profile asks for by name, so that a token is good unless somebody wishes it bad.
    ...Object.fromEntries(profile.requiredClaims.map((name) => [name, `any ${name}`])),
    ...issuerClaims(profile, wish),
    sub: wish.subject ?? 'user-1',
    ...(audience === undefined
      ? {}
      : { [profile.audienceClaim]: typeof audience === 'string' ? audience : [...audience] }),
    iat: issued,
    exp: expires,
    [profile.jtiClaim]: randomUUID(),
  };
  if (wish.scope !== undefined) putClaim(claims, profile.scopeClaim ?? ['scope'], wish.scope.join(' '));
  if (profile.profile === 'rfc9068') {
    claims.client_id ??= 'client-1';
    claims.aud ??= 'anyone';
    claims.jti ??= randomUUID();
  }
  const { tenantClaim } = profile;
  // A template names the tenant already.
  if (tenantClaim !== undefined && resolveClaim(claims, tenantClaim) === undefined) {
    putClaim(claims, tenantClaim, 'tenant-1');
  }
  for (const [name, value] of Object.entries(wish.claims ?? {}))
    putClaim(claims, parseClaimPath(name) ?? [name], value);
  for (const name of wish.without ?? []) delete claims[name];
  return claims;
}

/** A tenant of a template that takes any. */
export const EXAMPLE_GUID = '11111111-2222-3333-4444-555555555555';

/** Of an issuer with a parameter, the one that the wished claims name, else one that is allowed. */
function issuerClaims(
  { issuer, template }: TokenProfile,
  { claims = {} }: TokenWish,
): Record<string, JsonValue> {
  if (template === undefined) return { iss: issuer };
  const { before, after, claim, allowed } = template;
  const [first = ''] = allowed === 'guid' ? [EXAMPLE_GUID] : allowed;
  const value = typeof claims[claim] === 'string' ? claims[claim] : first;
  return { iss: `${before}${value}${after}`, [claim]: value };
}
