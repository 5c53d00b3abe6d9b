import type { RequestContext } from '../../core/context.ts';
import type { TokenProfiles } from '../../core/policy.ts';
import { err, type Result } from '../../core/result.ts';
import type { VerifiedToken } from '../../core/verified-token.ts';
import { verifyJwt } from '../../tokens/verify.ts';
import type { ControlPorts } from '../ports.ts';

/**
 * Verifies a token that is no credential here: presented for revocation, a logout token or a SET. A key that is itself
 * revoked signs nothing: whoever holds a leaked key must not be able to log users out with it either.
 * Throws `StoreUnavailable`. Does NOT check for replay, nor any claim that the profile does not name.
 */
export async function verifyMessage(
  token: string,
  profiles: TokenProfiles,
  { keys, store }: Pick<ControlPorts, 'keys' | 'store'>,
  context: RequestContext,
): Promise<Result<VerifiedToken>> {
  const verified = await verifyJwt(token, profiles, { keys, cache: undefined }, context);
  if (!verified.ok) {
    return verified;
  }
  const { key, header, profile } = verified.value;
  // The token's own name for the key too: it need not be that of the set, which may have none.
  for (const kid of new Set([key.kid, header.kid])) {
    const predicate = { kind: 'kid', issuer: profile.issuer, value: kid ?? '' } as const;
    if (kid !== undefined && (await store.lookup(predicate, context.now)) !== undefined) {
      return err({ reason: 'key_not_found', evidence: 'the key is revoked' });
    }
  }
  return verified;
}
