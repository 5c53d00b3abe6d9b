import type { JwksCachePolicy } from '../core/policy.ts';
import type { NumericDate } from '../core/time.ts';

/** RFC 9111 §4.2 (fresh), RFC 5861 §3 and §4 (the two stale states), and the end. */
export type FreshnessState = 'fresh' | 'stale_while_revalidate' | 'stale_if_error' | 'expired';

/** The times at which one document changes state. All follow from the moment its request began. */
export interface Lifetime {
  /** When the request that brought or confirmed the document began: what it says held then. */
  readonly confirmedAt: NumericDate;
  /** From here a request sets off a refresh behind itself, while the document is still fresh. */
  readonly refreshAt: NumericDate;
  readonly freshUntil: NumericDate;
  readonly revalidateUntil: NumericDate;
  readonly usableUntil: NumericDate;
}

/** The refresh runs ahead of the end of freshness by 10 to 20 % of the lifetime, spread by `jitter`. */
const AHEAD = { min: 0.1, spread: 0.1 };

/** What a response said of its own age. */
export interface Dated {
  /** When the request for it began. */
  readonly confirmedAt: NumericDate;
  /** When what it says was so for certain: as long before as it lay in caches on the way (`Age`, RFC 9111 §4.2.3). */
  readonly asOf: NumericDate;
  /** What its headers left of its lifetime when it was asked for; undefined when they say nothing. */
  readonly freshSeconds: number | undefined;
}

/** @param jitter between 0 and 1, so that isolates that loaded together do not refresh together */
export const lifetimeOf = (
  { confirmedAt, asOf, freshSeconds: explicitSeconds }: Dated,
  policy: JwksCachePolicy,
  jitter: number,
): Lifetime => {
  const wanted = explicitSeconds ?? policy.maxAgeSeconds - (confirmedAt - asOf);
  // Our own bounds count from when it was asked for: asking sooner gets what the same cache has.
  const freshSeconds = Math.min(Math.max(wanted, policy.minFreshSeconds), policy.maxFreshSeconds);
  const freshUntil = confirmedAt + freshSeconds;
  const revalidateUntil = freshUntil + policy.staleWhileRevalidateSeconds;
  return {
    confirmedAt,
    refreshAt: freshUntil - freshSeconds * (AHEAD.min + AHEAD.spread * jitter),
    freshUntil,
    revalidateUntil,
    usableUntil: Math.max(revalidateUntil, freshUntil + policy.staleIfErrorSeconds),
  };
};

/** Each bound is exclusive: a document is fresh before `freshUntil` and stale at it (RFC 9111 §4.2). */
export const stateAt = (lifetime: Lifetime, now: NumericDate): FreshnessState => {
  if (now < lifetime.freshUntil) return 'fresh';
  if (now < lifetime.revalidateUntil) return 'stale_while_revalidate';
  return now < lifetime.usableUntil ? 'stale_if_error' : 'expired';
};
