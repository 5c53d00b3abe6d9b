import type { MetricName } from '../../metrics/catalog.ts';

/** Series whose counts are added up: of one metric, those whose labels have one of these values. */
export interface Selector {
  readonly metric: MetricName;
  readonly where: Readonly<Record<string, readonly string[]>>;
}

/** What a rule looks at. An increase is that within the rule's window. */
export type Measure =
  | { readonly kind: 'increase'; readonly of: readonly Selector[] }
  /** Observations of a histogram above `older_than`. */
  | { readonly kind: 'above'; readonly histogram: MetricName }
  /** Percent of the increase of `among`, where that is `least` or more. */
  | { readonly kind: 'share'; readonly of: readonly Selector[]; readonly among: readonly Selector[] }
  /** The increase, where it is `least` or more, as a multiple of its mean in the hour before. */
  | { readonly kind: 'spike'; readonly of: readonly Selector[] }
  /** What control itself finds, or is told, of now. */
  | { readonly kind: 'state' };

export interface AlarmKind {
  /** What the value counts; continues "the value is …". */
  readonly what: string;
  readonly severity: 'critical' | 'error' | 'warning';
  readonly measure: Measure;
  /** The alarm begins where the value is above this. */
  readonly begin: number;
  /** It ends where the value has not been above this for `clearFor`; half of `begin` by default, and 0 of a state. */
  readonly windowMs: number;
  readonly beginForMs: number;
  readonly clearForMs: number;
  readonly least?: number;
  readonly olderThanMs?: number;
}
