import type { RevocationKind } from '../core/revocation.ts';
import type { NumericDate } from '../core/time.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { RevocationReplica } from './port.ts';
import { judge, type TokenLookups } from './predicates.ts';

/** What this isolate still holds about a token that is in doubt. */
export type Recalled =
  /** A revocation whose end has not come: it counts, whatever else is unknown. */
  | { readonly known: 'revoked'; readonly by: RevocationKind }
  /** It may be revoked: no proof, yet no doubt that a route may accept. */
  | { readonly known: 'suspected' }
  | { readonly known: 'nothing' };

/**
 * The last thing known, asked in every mode and for every kind of doubt: the answers that any mode was given, and the
 * replica, however old they are. An answer without an end, or with a watermark that cannot be read, and a hit in the
 * replica make a suspicion; an answer whose end has come says nothing.
 */
export function recall(
  { lookups, keys, issuedAt }: TokenLookups,
  cache: AnswerCache,
  replica: RevocationReplica | undefined,
  now: NumericDate,
): Recalled {
  let suspected = replica?.hits(keys, issuedAt) === true;
  for (const lookup of lookups) {
    const value = cache.get(lookup.key)?.value;
    const state = judge(lookup, value, issuedAt);
    if (state === 'active' || (value?.expiresAt !== undefined && value.expiresAt <= now)) continue;
    if (state === 'revoked' && value?.expiresAt !== undefined) return { known: 'revoked', by: lookup.kind };
    suspected = true;
  }
  return suspected ? { known: 'suspected' } : { known: 'nothing' };
}
