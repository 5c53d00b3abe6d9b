import type { RequestContext } from '../core/context.ts';
import type { OperationalEvent } from '../core/event.ts';
import type { NumericDate } from '../core/time.ts';
import type { Failure } from './fetch-document.ts';
import type { FreshnessState } from './freshness.ts';
import type { HeldJwks } from './held-jwks.ts';
import type { KeyFault, RejectedKey } from './jwk.ts';
import type { KeySet } from './key-set.ts';
import { shownUrl } from './shown-url.ts';

/** Where what happens to the keys of one issuer is told. */
export interface Listener {
  readonly issuer: string;
  readonly emit: RequestContext['emit'];
}

/** How loud a refused key is; those not named are worth a look: `warn`. */
const FAULT_LEVELS: Partial<Record<KeyFault, OperationalEvent['level']>> = {
  private_material: 'error',
  symmetric: 'error',
  rsa_roca: 'error',
  kid_duplicate: 'error',
  use_not_sig: 'info',
  alg_unsupported: 'info',
  kty_unsupported: 'info',
  crv_unsupported: 'info',
  algorithm_not_configured: 'info',
  kid_blocked: 'info',
  kid_not_allowed: 'info',
  thumbprint_not_allowed: 'info',
};

export interface Refreshed {
  readonly cause: string;
  readonly source: 'issuer' | 'store';
  readonly modified: boolean;
}

/** `jwks_refreshed`, then what changed against the set held before; a first set is not a change. */
export const emitRefreshed = (
  to: Listener,
  refreshed: Refreshed,
  held: HeldJwks,
  previous: KeySet | undefined,
): void => {
  const { keys, jwksUri, confirmedAt, lifetime } = held;
  to.emit({
    event: 'jwks_refreshed',
    level: 'info',
    issuer: to.issuer,
    ...refreshed,
    jwks_uri: shownUrl(jwksUri),
    confirmed_at: confirmedAt,
    fresh_until: lifetime.freshUntil,
    kids: [...new Set(keys.entries.map(({ key }) => key.kid ?? ''))],
  });
  if (previous !== undefined) {
    emitMoves(to, 'key_added', keys, previous);
    emitMoves(to, 'key_removed', previous, keys);
  }
  emitRejected(to, keys.rejected, previous?.rejected ?? []);
};

/** `key_rejected` for each fault that was not there before. */
export const emitRejected = (
  { emit, issuer }: Listener,
  rejected: readonly RejectedKey[],
  before: readonly RejectedKey[],
): void => {
  for (const { kid, why } of rejected) {
    if (before.some((known) => known.kid === kid && known.why === why)) continue;
    emit({ event: 'key_rejected', level: FAULT_LEVELS[why] ?? 'warn', issuer, kid: kid ?? null, why });
  }
};

/** One event for each key that is in `there` and not in `elsewhere`, whatever algorithms it serves. */
const emitMoves = ({ emit, issuer }: Listener, event: string, there: KeySet, elsewhere: KeySet): void => {
  const name = (kid: string | undefined, thumbprint: string) => JSON.stringify([kid ?? null, thumbprint]);
  const seen = new Set(elsewhere.entries.map(({ key, thumbprint }) => name(key.kid, thumbprint)));
  for (const { key, thumbprint } of there.entries) {
    const named = name(key.kid, thumbprint);
    if (seen.has(named)) continue;
    seen.add(named);
    emit({ event, level: 'info', issuer, kid: key.kid ?? null, thumbprint });
  }
};

export const emitFailed = (
  { emit, issuer }: Listener,
  cause: string,
  { why, detail }: Failure,
  retryAt: NumericDate,
): void =>
  emit({ event: 'jwks_refresh_failed', level: 'warn', issuer, cause, why, detail, retry_at: retryAt });

/** The second level could not be used. `not_authentic`: somebody else wrote there, or the secret changed. */
export const emitStoreFailed = ({ emit, issuer }: Listener, operation: 'read' | 'write', why: string): void =>
  emit({
    event: 'jwks_store_failed',
    level: why === 'not_authentic' ? 'error' : 'warn',
    issuer,
    operation,
    why,
  });

/** The first request in a state that is not fresh tells. */
export const emitState = ({ emit, issuer }: Listener, state: FreshnessState, ageSeconds: number): void => {
  if (state === 'fresh') return;
  const event = state === 'expired' ? 'jwks_expired' : 'jwks_served_stale';
  const level = { stale_while_revalidate: 'info', stale_if_error: 'warn', expired: 'error' } as const;
  emit({ event, level: level[state], issuer, state, age_seconds: Math.floor(ageSeconds) });
};
