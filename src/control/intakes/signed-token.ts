import type { RequestContext } from '../../core/context.ts';
import type { JsonObject, JwsHeader } from '../../core/jose.ts';
import type { Issuer } from '../../core/policy.ts';
import type { Rejection } from '../../core/rejection.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { decodeToken } from '../../tokens/decode.ts';
import { signatureHolds } from '../../tokens/signature.ts';
import { readSubject } from '../../tokens/subject.ts';
import type { ControlPorts } from '../ports.ts';

/** A JWT whose issuer is known and whose signature holds. Its other claims are the issuer's word, unchecked. */
export interface SignedToken {
  readonly issuer: Issuer;
  readonly header: JwsHeader;
  readonly claims: JsonObject;
}

/**
 * Verifies structure, issuer (exact), algorithm and key (chosen together) and signature, for the tokens that are not
 * credentials here: presented for revocation, logout tokens and SETs. A key that is itself revoked signs nothing.
 * Throws `StoreUnavailable`. Does NOT check type, audience, times or any other claim: each caller has rules of its own for those.
 */
export async function verifySignature(
  token: string,
  issuers: ReadonlyMap<string, Issuer>,
  { keys, store }: Pick<ControlPorts, 'keys' | 'store'>,
  context: RequestContext,
): Promise<Result<SignedToken, Rejection>> {
  const decoded = decodeToken(token);
  if (!decoded.ok) {
    return decoded;
  }
  const { header, claims } = decoded.value;
  const issuer = typeof claims.iss === 'string' ? issuers.get(claims.iss) : undefined;
  if (issuer === undefined) {
    return err({ reason: 'issuer_untrusted', evidence: 'iss' });
  }
  const key = await keys.keyFor(issuer, header, context);
  if (!key.ok) {
    return key;
  }
  if (!(await signatureHolds(decoded.value, key.value))) {
    return err({ reason: 'signature_invalid', evidence: key.value.algorithm });
  }
  // Whoever holds a leaked key must not be able to log users out with it either.
  const { kid } = key.value;
  if (
    kid !== undefined &&
    (await store.lookup({ kind: 'kid', issuer: issuer.issuer, value: kid }, context.now))
  ) {
    return err({ reason: 'key_not_found', evidence: 'the key is revoked' });
  }
  return ok({ issuer, header, claims: readSubject(claims, issuer) });
}
