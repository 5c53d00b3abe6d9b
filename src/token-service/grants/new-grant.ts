import type { Sealer } from '../../signing-keys/sealing.ts';
import { makeGrantSecret } from './grant-token.ts';
import type { GrantRecord } from './record.ts';

/** A grant that is not stored yet, and its secret in the open, which makes its tokens. */
export async function newGrant(
  about: Pick<GrantRecord, 'id' | 'facts' | 'code' | 'family'>,
  sealer: Sealer,
): Promise<{ readonly record: GrantRecord; readonly secret: CryptoKey }> {
  const secret = await makeGrantSecret();
  const sealed = await sealer.seal(secret, 'raw', about.id);
  return { record: { ...about, secret: sealed, denyPending: false }, secret };
}
