import type { Clock } from '../core/time.ts';
import type { TokenLookups } from './predicates.ts';
import { remember } from './remember.ts';
import type { Replica } from './replica.ts';
import { type Fingerprint, fingerprint } from './replica-record.ts';
import type { ModeStatus, StatusOf } from './strict.ts';

/** Tied to the token's names, which the verified-token cache keeps: hashed once per token, not per request. */
const fingerprintsOf = remember((token: TokenLookups): readonly Fingerprint[] => token.keys.map(fingerprint));

/**
 * `replicated`: no round trip for a token that nothing in the isolate's copy may hit. A possible hit is confirmed
 * with the store, and so is every token while the copy is older than `max_staleness` or not there: both through
 * `fallback`, which keeps to the same bound.
 */
export const createReplicated =
  (replica: Replica, fallback: StatusOf, clock: Clock): StatusOf =>
  (token, policy, context) => {
    const now = clock();
    const bound = policy.maxStalenessSeconds;
    replica.refreshBehind(bound, context);
    const age = replica.age(now);
    if (age === undefined || age > bound) return fallback(token, policy, context);
    if (!replica.hits(fingerprintsOf(token), token.issuedAt)) return { state: 'active' };
    const confirmed = fallback(token, policy, context);
    return confirmed instanceof Promise ? confirmed.then(suspect) : suspect(confirmed);
  };

/** A hit that cannot be confirmed is not proof, yet no doubt that a route may accept. */
const suspect = (status: ModeStatus): ModeStatus =>
  status.state === 'unknown' ? { ...status, suspected: true } : status;
