import { CANARY } from '../../core/canary.ts';

/** `GET /v1/metrics`, as far as it is shown. */
export interface Counts {
  readonly at: number;
  readonly last_hand_over_at: number | null;
  /** Each of these three is missing, or null, where no isolate has told of it. */
  readonly key_sets?: readonly KeySet[];
  readonly store_seen?: { readonly in_doubt: number; readonly doubt: string | null } | null;
  readonly replica?: { readonly as_of: number; readonly isolates: number } | null;
  readonly series: readonly Series[];
  readonly recent: {
    readonly point_seconds: number;
    readonly points: readonly Point[];
    readonly durations: readonly (Histogram & { readonly route: string })[];
  };
}

export interface KeySet {
  readonly issuer: string;
  readonly state: 'fresh' | 'stale' | 'none';
  /** Null: never. */
  readonly usable_until: number | null;
  readonly next_refresh_at: number | null;
  readonly keys: number;
  readonly told_at: number;
  readonly isolates: Readonly<Record<KeySet['state'], number>>;
  /** In how many the last refresh failed; missing of an older control. */
  readonly failing_isolates?: number;
}

export interface Series extends Partial<Histogram> {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly changed_at: number;
  readonly value?: number;
}

export interface Point {
  readonly at: number;
  readonly decisions: Readonly<Record<string, number>>;
  readonly reasons: Readonly<Record<string, number>>;
}

export interface Histogram {
  /** Upper bounds; null: no bound. */
  readonly le: readonly (number | null)[];
  readonly counts: readonly number[];
  readonly sum: number;
}

export interface Timeline {
  readonly times: readonly number[];
  /** Requests a second of each name, as long as `times`. */
  readonly of: (name: string) => readonly number[];
}

/** So that the first requests of all are no bare dot. */
const LEAST_SECONDS = 300;

/**
 * Rates of the last `seconds` at even steps, 0 where nothing came in. What is not over yet is left out, and so is the
 * time before the first point: the object that keeps them may have been started anew.
 */
export function timeline(
  { at, recent: { points, point_seconds: step } }: Counts,
  of: 'decisions' | 'reasons',
  seconds: number,
): Timeline {
  const end = Math.floor(at / step) * step;
  const byTime = new Map(points.map((point) => [point.at, point[of]]));
  const known = end - (points[0]?.at ?? end);
  const length = Math.floor(Math.min(seconds, Math.max(known, LEAST_SECONDS)) / step);
  const times = Array.from({ length }, (_, i) => end - (length - i) * step);
  return { times, of: (name) => times.map((time) => (byTime.get(time)?.[name] ?? 0) / step) };
}

/** How many of each name there were in the last `seconds`, the most first. */
export function totals({ at, recent }: Counts, of: 'decisions' | 'reasons', seconds: number) {
  const sums = new Map<string, number>();
  for (const point of recent.points) {
    if (point.at <= at - seconds) continue;
    for (const [name, count] of Object.entries(point[of])) sums.set(name, (sums.get(name) ?? 0) + count);
  }
  return [...sums].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count);
}

export const countOf = ({ counts }: Histogram): number => counts.reduce((sum, count) => sum + count, 0);

/** The bound below which that share of the observations lies; undefined: beyond every bound, or nothing was observed. */
export function quantile(histogram: Histogram, share: number): number | undefined {
  const wanted = countOf(histogram) * share;
  let seen = 0;
  for (const [i, count] of histogram.counts.entries()) {
    seen += count;
    if (seen >= wanted && seen > 0) return histogram.le[i] ?? undefined;
  }
  return undefined;
}

/** What is known of an issuer's keys: what an isolate told that it holds, and when what was last counted. */
export interface IssuerKeys {
  readonly issuer: string;
  readonly refreshedAt: number | undefined;
  readonly failedAt: number | undefined;
  /** undefined: no isolate has told of them. */
  readonly set: KeySet | undefined;
}

/** Every issuer that anything was told or counted of; the canary's has no keys of anybody. */
export function issuerKeys({ series, key_sets = [] }: Counts): readonly IssuerKeys[] {
  const counted = series
    .map(({ labels }) => labels.issuer ?? '')
    .filter((name) => name !== '' && name !== CANARY.name);
  const names = new Set([...counted, ...key_sets.map(({ issuer }) => issuer)]);
  return [...names].sort().map((issuer) => {
    const told = series.filter(
      ({ metric, labels }) => metric === 'portcullis_events' && labels.issuer === issuer,
    );
    const last = (event: string) => told.find(({ labels }) => labels.event === event)?.changed_at;
    return {
      issuer,
      refreshedAt: last('jwks_refreshed'),
      failedAt: last('jwks_refresh_failed'),
      set: key_sets.find((each) => each.issuer === issuer),
    };
  });
}
