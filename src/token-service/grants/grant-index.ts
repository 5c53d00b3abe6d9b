import type { NumericDate } from '../../core/time.ts';
import { digestOf } from '../digest.ts';
import type { GrantIndexObject } from './grant-index-object.ts';
import type { GrantFacts } from './record.ts';

/** One object for each subject, and one for each session at an upstream provider. */
export type GrantIndexNamespace = DurableObjectNamespace<GrantIndexObject>;

/** The object that knows the grants of a subject. Its name tells nobody the subject. */
export const subjectIndexName = (subject: string): Promise<string> => digestOf('sub', subject);

/** The object that knows the grants that stand on one session at an upstream provider. */
export const sessionIndexName = (issuer: string, sid: string): Promise<string> =>
  digestOf('sid', issuer, sid);

/**
 * Enters a grant where its subject's grants and those of its upstream session are known. False where the provider has ended
 * that login since: there must be no such grant. A grant that is entered and then never made harms nobody.
 */
export async function enterIndexes(
  indexes: GrantIndexNamespace,
  grant: {
    readonly id: string;
    readonly facts: Pick<GrantFacts, 'subject' | 'upstream'>;
    readonly expiresAt: NumericDate;
  },
): Promise<boolean> {
  const { id, facts, expiresAt } = grant;
  const { upstream } = facts;
  const names = [
    await subjectIndexName(facts.subject),
    ...(upstream === null || upstream.sid === null
      ? []
      : [await sessionIndexName(upstream.issuer, upstream.sid)]),
  ];
  const entry = { id, expiresAt, upstream: upstream?.name ?? null, loggedInAt: upstream?.issuedAt ?? null };
  const entered = await Promise.all(names.map((name) => indexes.getByName(name).enter(entry)));
  return entered.every((each) => each);
}
