import type { Clock } from '../core/time.ts';
import type { RevocationReplica } from './port.ts';
import type { StatusOf } from './strict.ts';

/**
 * `replicated`: no round trip for a token that nothing in the isolate's copy may hit. A possible hit is confirmed
 * with the store, and so is every token while the copy is older than `max_staleness` or not there: both through
 * `fallback`, which keeps to the same bound.
 */
export const createReplicated =
  (replica: RevocationReplica, fallback: StatusOf, clock: Clock): StatusOf =>
  (token, policy, context) => {
    const now = clock();
    const bound = policy.maxStalenessSeconds;
    replica.refreshBehind(bound, context);
    const age = replica.age(now);
    if (age === undefined || age > bound) return fallback(token, policy, context);
    return replica.hits(token.keys, token.issuedAt) ? fallback(token, policy, context) : { state: 'active' };
  };
