import type { RequestContext } from '../core/context.ts';
import { revocationKey } from '../core/key-names.ts';
import type { TokenProfiles } from '../core/policy.ts';
import { err, type Result } from '../core/result.ts';
import type { VerifiedToken } from '../core/verified-token.ts';
import type { DecryptionKeySource, KeySource } from '../keys/port.ts';
import type { RevocationReader } from '../revocation/port.ts';
import { StoreUnavailable } from '../revocation-store/port.ts';
import { verifyJwt } from '../tokens/verify.ts';

export interface MessagePorts {
  readonly keys: KeySource;
  /** undefined: an encrypted message is none. */
  readonly decryption?: DecryptionKeySource | undefined;
  /** Asked about keys; fails while the store is in doubt. undefined: there is no deny-list to ask. */
  readonly reader: RevocationReader | undefined;
}

/**
 * Verifies a token that is no credential here: presented for revocation, a logout token, an ID token or a SET. A key that is itself
 * revoked signs nothing: whoever holds a leaked key must not be able to log users out with it either.
 * Throws `StoreUnavailable`, when the store is in doubt as well. Does NOT check for replay, nor any claim that the
 * profile does not name.
 */
export async function verifyMessage(
  token: string,
  profiles: TokenProfiles,
  { keys, decryption, reader }: MessagePorts,
  context: RequestContext,
): Promise<Result<VerifiedToken>> {
  const verified = await verifyJwt(token, profiles, { keys, cache: undefined, decryption }, context);
  if (!verified.ok) {
    return verified;
  }
  const { key, header, issuer } = verified.value;
  // The token's own name for the key too: it need not be that of the set, which may have none.
  const kids = [...new Set([key.kid, header.kid])].filter((kid) => kid !== undefined);
  if (kids.length === 0 || reader === undefined) {
    return verified;
  }
  const names = kids.map((kid) => revocationKey('kid', issuer, kid));
  const answer = await reader.read(names, STORE_TIMEOUT_MS);
  if (!answer.ok) {
    throw new StoreUnavailable(answer.error);
  }
  return answer.value.values.some((found) => found !== undefined)
    ? err({ reason: 'key_not_found', evidence: 'the key is revoked' })
    : verified;
}

/** Senders give up after a few seconds: a 503 in time is worth more than one more try. */
const STORE_TIMEOUT_MS = 1_000;
