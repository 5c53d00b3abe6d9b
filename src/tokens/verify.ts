import type { RequestContext } from '../core/context.ts';
import type { JsonObject, VerificationKey } from '../core/jose.ts';
import type { KeyProvider, TokenProfile, TokenProfiles } from '../core/policy.ts';
import type { Rejection } from '../core/rejection.ts';
import { type Err, err, type Ok, ok, type Result } from '../core/result.ts';
import type { TokenTimes, VerifiedToken } from '../core/verified-token.ts';
import type { DecryptionKeySource, KeySource } from '../keys/port.ts';
import { type Chosen, chooseProfile, signsFor } from './choose-profile.ts';
import { checkClaims, checkTimes } from './claims.ts';
import { type DecodedToken, decodeToken } from './decode.ts';
import { encryptionFault, openToken } from './decrypt.ts';
import { isEncrypted } from './encrypted-header.ts';
import { signatureHolds } from './signature.ts';
import { readSubject } from './subject.ts';
import type { TokenCache } from './token-cache.ts';

export interface VerifierPorts {
  readonly keys: KeySource;
  /** undefined: every request verifies its signature. */
  readonly cache: TokenCache | undefined;
  /** undefined: an encrypted token is none. */
  readonly decryption?: DecryptionKeySource | undefined;
  /** The parts of the token may be padded with `=`. Never beside a cache, which other callers share. */
  readonly padded?: true;
}

/** A token that was refused: why, and what it says, as far as it could be read. Anyone can write that. */
export interface RefusedToken extends Err<Rejection> {
  readonly unverified: JsonObject | undefined;
}

export type Verification = Ok<VerifiedToken> | RefusedToken;

/**
 * Verifies a JWT against what it must be for one purpose (RFC 7519 §7.2, RFC 8725): encryption, structure, issuer (exact),
 * algorithm and key (chosen together), signature, and the type, audience and times that the profile asks for.
 * Returns at once, without a promise, when the token is in the cache and its key in memory.
 *
 * Rejects with a token fault (401), or `keys_unavailable` (503) when no usable key can be had.
 * Does NOT check revocation (neither the token's nor its key's), scope, or claims a route requires.
 */
export function verifyJwt(
  token: string,
  profiles: TokenProfiles,
  ports: VerifierPorts,
  context: RequestContext,
): Verification | Promise<Verification> {
  const cached = ports.cache?.get(token);
  if (cached !== undefined && isAmong(cached.profile, profiles)) {
    const candidates = ports.keys.keysFor(cached.profile.keys, cached.header, context);
    if (!(candidates instanceof Promise) && candidates.ok && candidates.value.keys.includes(cached.key)) {
      const fault = checkTimes(cached, cached.profile, context.now);
      return fault ? refused(fault, cached.claims) : ok(cached);
    }
    ports.cache?.delete(token);
  }
  return verifyAfresh(token, profiles, ports, context);
}

/** A token as it came, taken apart, and the key that it was encrypted to; undefined: it was not. */
interface Presented {
  readonly token: string;
  readonly decoded: DecodedToken;
  readonly binding: string | undefined;
}

function verifyAfresh(
  token: string,
  profiles: TokenProfiles,
  ports: VerifierPorts,
  context: RequestContext,
): Verification | Promise<Verification> {
  const decoded = decodeToken(token, ports.padded);
  if (decoded.ok) {
    return verifyDecoded({ token, decoded: decoded.value, binding: undefined }, profiles, ports, context);
  }
  return ports.decryption !== undefined && isEncrypted(token)
    ? verifyEncrypted(token, profiles, { ...ports, decryption: ports.decryption }, context)
    : refused(decoded.error, undefined);
}

async function verifyEncrypted(
  token: string,
  profiles: TokenProfiles,
  ports: VerifierPorts & { readonly decryption: DecryptionKeySource },
  context: RequestContext,
): Promise<Verification> {
  const opened = await openToken(token, profiles, ports.decryption);
  return opened.ok
    ? verifyDecoded({ token, ...opened.value }, profiles, ports, context)
    : refused(opened.error, undefined);
}

async function verifyDecoded(
  { token, decoded, binding }: Presented,
  profiles: TokenProfiles,
  ports: VerifierPorts,
  context: RequestContext,
): Promise<Verification> {
  const unverified = decoded.claims;
  const chosen = chooseProfile(decoded, profiles);
  if (!chosen.ok) {
    return refused(chosen.error, unverified);
  }
  const { profile } = chosen.value;
  const unfit = encryptionFault(profile, binding);
  if (unfit !== undefined) {
    return refused(unfit, unverified);
  }
  const { header } = decoded;
  const claims = readSubject(unverified, profile);
  // Cheap refusals first: a forged or stale token costs no key look-up and no signature.
  const times = checkClaims(header, claims, profile);
  if (!times.ok) {
    return refused(times.error, unverified);
  }
  const fault = checkTimes(times.value, profile, context.now);
  if (fault) {
    return refused(fault, unverified);
  }
  const signer = await findSigner(decoded, profile.keys, ports.keys, context);
  if (!signer.ok) {
    return refused(signer.error, unverified);
  }
  if (!signsFor(signer.value, chosen.value)) {
    return refused({ reason: 'key_not_found', evidence: 'the key is for another issuer' }, unverified);
  }
  const verified = mint({ header, claims }, chosen.value, signer.value, times.value);
  ports.cache?.set(token, verified);
  return ok(verified);
}

/**
 * The key that made the signature, among those that fit the header (RFC 7515 Appendix D). Where the header names none
 * of them and none of them made it, the issuer may have another by now: it is asked, once.
 */
async function findSigner(
  decoded: DecodedToken,
  provider: KeyProvider,
  keys: KeySource,
  context: RequestContext,
): Promise<Result<VerificationKey>> {
  const { header } = decoded;
  const finding = keys.keysFor(provider, header, context);
  const found = finding instanceof Promise ? await finding : finding;
  if (!found.ok) {
    return found;
  }
  const signer = await signerAmong(found.value.keys, decoded);
  if (signer !== undefined) {
    return ok(signer);
  }
  const more = found.value.conclusive
    ? undefined
    : await keys.keysFor(provider, header, context, found.value.keys);
  if (more?.ok === false) {
    return more;
  }
  const late = more && (await signerAmong(more.value.keys, decoded));
  return late === undefined ? err({ reason: 'signature_invalid', evidence: header.alg }) : ok(late);
}

async function signerAmong(
  keys: readonly VerificationKey[],
  decoded: DecodedToken,
): Promise<VerificationKey | undefined> {
  for (const key of keys) {
    if (await signatureHolds(decoded, key)) {
      return key;
    }
  }
  return undefined;
}

/** By index: V8 has no fast search of a frozen array, as all of the configuration is. */
function isAmong(profile: TokenProfile, profiles: TokenProfiles): boolean {
  const those = profiles.get(profile.issuer);
  if (those === undefined) {
    return false;
  }
  for (let i = 0; i < those.length; i++) {
    if (those[i] === profile) {
      return true;
    }
  }
  return false;
}

const refused = (error: Rejection, unverified: JsonObject | undefined): RefusedToken => ({
  ok: false,
  error,
  unverified,
});

const mint = (
  { header, claims }: Pick<DecodedToken, 'header' | 'claims'>,
  { profile, issuer }: Chosen,
  key: VerificationKey,
  { exp, nbf, iat }: TokenTimes,
): VerifiedToken => Object.freeze({ profile, issuer, header, claims, key, exp, nbf, iat }) as VerifiedToken;
