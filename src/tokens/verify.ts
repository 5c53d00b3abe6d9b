import type { RequestContext } from '../core/context.ts';
import type { JsonObject, JwsHeader, VerificationKey, VerifiedToken } from '../core/jose.ts';
import type { Issuer } from '../core/policy.ts';
import type { BearerToken } from '../core/principal.ts';
import type { Rejection } from '../core/rejection.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { KeySource } from '../keys/port.ts';
import { checkClaims, checkTimes } from './claims.ts';
import { type DecodedToken, decodeToken } from './decode.ts';
import { signatureHolds } from './signature.ts';
import { readSubject } from './subject.ts';
import type { TokenCache } from './token-cache.ts';

export interface VerifierPorts {
  readonly keys: KeySource;
  /** undefined: every request verifies its signature. */
  readonly cache: TokenCache | undefined;
}

/**
 * Verifies a bearer JWT against the issuers a route trusts (RFC 7519 §7.2, RFC 8725): structure, issuer (exact),
 * algorithm and key (chosen together), signature, type, audience, and times. Returns at once, without a promise,
 * when the token is in the cache and its key in memory.
 *
 * Rejects with a token fault (401), or `keys_unavailable` (503) when no usable key can be had.
 * Does NOT check revocation, scope, or claims a route requires; those run on every request behind this.
 */
export function verifyToken(
  token: BearerToken,
  issuers: ReadonlyMap<string, Issuer>,
  ports: VerifierPorts,
  context: RequestContext,
): Result<VerifiedToken> | Promise<Result<VerifiedToken>> {
  const cached = ports.cache?.get(token);
  if (cached !== undefined && issuers.get(cached.issuer.issuer) === cached.issuer) {
    const key = ports.keys.keyFor(cached.issuer, cached.header, context);
    if (!(key instanceof Promise) && key.ok && key.value === cached.key) {
      const fault = checkTimes(cached.claims, cached.issuer, context.now);
      return fault ? err(fault) : ok(cached);
    }
    ports.cache?.delete(token);
  }
  return verifyAfresh(token, issuers, ports, context);
}

async function verifyAfresh(
  token: BearerToken,
  issuers: ReadonlyMap<string, Issuer>,
  ports: VerifierPorts,
  context: RequestContext,
): Promise<Result<VerifiedToken>> {
  const decoded = decodeToken(token);
  if (!decoded.ok) {
    return decoded;
  }
  const { header } = decoded.value;
  const issuer = chooseIssuer(decoded.value, issuers);
  if (!issuer.ok) {
    return issuer;
  }
  const claims = readSubject(decoded.value.claims, issuer.value);
  // Cheap refusals first: a forged or stale token costs no key look-up and no signature.
  const expiresAt = checkClaims(header, claims, issuer.value);
  if (!expiresAt.ok) {
    return expiresAt;
  }
  const fault = checkTimes(claims, issuer.value, context.now);
  if (fault) {
    return err(fault);
  }
  const finding = ports.keys.keyFor(issuer.value, header, context);
  const key = finding instanceof Promise ? await finding : finding;
  if (!key.ok) {
    return key;
  }
  if (!(await signatureHolds(decoded.value, key.value))) {
    return err({ reason: 'signature_invalid', evidence: key.value.algorithm });
  }
  const verified = mint(header, claims, issuer.value, key.value, expiresAt.value);
  ports.cache?.set(token, verified);
  return ok(verified);
}

/** `iss` selects the issuer by exact match and `alg` must be on its list (RFC 8725 §3.1, §3.8). */
function chooseIssuer(
  { header, claims }: DecodedToken,
  issuers: ReadonlyMap<string, Issuer>,
): Result<Issuer, Rejection> {
  const { iss } = claims;
  if (typeof iss !== 'string') {
    return err({ reason: iss === undefined ? 'claim_missing' : 'claim_invalid', evidence: 'iss' });
  }
  const issuer = issuers.get(iss);
  if (issuer === undefined) {
    return err({ reason: 'issuer_untrusted', evidence: 'iss' });
  }
  const allowed: ReadonlySet<string> = issuer.algorithms;
  return allowed.has(header.alg) ? ok(issuer) : err({ reason: 'algorithm_not_allowed', evidence: 'alg' });
}

const mint = (
  header: JwsHeader,
  claims: JsonObject,
  issuer: Issuer,
  key: VerificationKey,
  expiresAt: number,
): VerifiedToken => Object.freeze({ issuer, header, claims, key, expiresAt }) as VerifiedToken;
