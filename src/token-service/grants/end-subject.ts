import type { NumericDate } from '../../core/time.ts';
import type { RevocationEvent } from '../../revocation-store/port.ts';
import type { ServicePorts } from '../ports.ts';
import type { EndReason } from './family.ts';
import { subjectIndexName } from './grant-index.ts';

/** Why all grants of a subject end, and what the deny-list says of it. */
export interface SubjectEnd {
  readonly why: EndReason;
  readonly by: Omit<RevocationEvent, 'revokedAt'>;
}

/**
 * A watermark on the deny-list refuses every token of the subject until now, and every grant that began until now its
 * refresh; then the grants that are known are ended one by one. False when one is not known to have ended: the watermark,
 * where there is a deny-list, ends it at its next refresh. Throws where the deny-list does not answer.
 */
export async function endSubject(
  subject: string,
  { why, by }: SubjectEnd,
  { policy, denyList, grantIndex }: Pick<ServicePorts, 'policy' | 'denyList' | 'grantIndex'>,
  now: NumericDate,
): Promise<boolean> {
  const { issuer, family, keys } = policy;
  await denyList?.store.revoke([
    {
      predicate: { kind: 'sub', issuer, value: subject, issuedBefore: now },
      expiresAt: now + family.absoluteSeconds + keys.retainSeconds,
      revokedAt: now,
      ...by,
    },
  ]);
  return await grantIndex.getByName(await subjectIndexName(subject)).endAll(why);
}
