import type { Result } from '../../core/result.ts';
import { uniqueParameters } from '../../http/body.ts';
import { type Fault, RETRY_AFTER_SECONDS } from '../../http/fault.ts';
import { json, problemAnswer } from '../../http/problem.ts';
import { readSeriesKey } from '../../metrics/batch.ts';
import { type Metric, metricNamed } from '../../metrics/catalog.ts';
import { POINT_SECONDS } from '../../metrics/recent.ts';
import type { RefusalQuery } from '../../metrics/refusal-ring.ts';
import type { GaugesReading } from '../../metrics/told-gauges.ts';
import { isShown, type Total } from '../../metrics/totals.ts';
import { outcomeOf } from '../audit.ts';
import type { CountsPort, Intake } from '../ports.ts';
import { authenticateAdmin } from './caller.ts';
import { parseRefusalQuery } from './refusal-query.ts';

/**
 * `GET /v1/metrics`: what the gateway has counted, as JSON: every series with its labels and when it last changed, and how
 * the last half hour went, and what isolates hold of keys and of the deny-list. Of the whole gateway, whichever issuers the caller may revoke for.
 */
export const showMetrics = (intake: Intake): Promise<Response> =>
  withCounts(intake, 'read', async ({ read, recent }) => {
    const [{ series, lastAt, gauges }, { points, durations }] = await Promise.all([read(), recent()]);
    return {
      at: intake.context.now,
      last_hand_over_at: lastAt ?? null,
      ...gaugesJson(gauges),
      series: [...series].flatMap(([key, total]) => seriesJson(key, total)),
      recent: {
        point_seconds: POINT_SECONDS,
        points,
        durations: [...durations].map(([route, values]) => ({
          route,
          ...histogramJson(metricNamed('portcullis_request_duration_seconds'), values),
        })),
      },
    };
  });

/**
 * `GET /v1/refusals?reason=&route=&issuer=&client=&limit=&after=`: the latest events of refused requests, as they are
 * logged, of the whole gateway, for whoever has the scope of events. `after` is the cursor of an earlier answer; `gap` says that some may be missing since.
 */
export const showRefusals = (intake: Intake): Promise<Response> =>
  withCounts(intake, 'events', async ({ refusals }, query) => ({ ...(await refusals(query)) }));

/** `null`: no isolate has told of it lately. Times are NumericDates; one that is null never comes. */
const gaugesJson = (gauges: GaugesReading | undefined) => ({
  key_sets: (gauges?.keySets ?? []).map((set) => ({
    issuer: set.issuer,
    state: set.state,
    fresh_until: set.freshUntil ?? null,
    usable_until: set.usableUntil ?? null,
    next_refresh_at: set.refreshAt ?? null,
    keys: set.keys,
    told_at: set.toldAt,
    told_by: set.toldBy,
    isolates: set.isolates,
    failing_isolates: set.failingIsolates,
  })),
  store_seen: gauges?.store
    ? {
        in_doubt: gauges.store.inDoubt,
        doubt: gauges.store.doubt ?? null,
        position: gauges.store.position,
      }
    : null,
  signing_keys: gauges?.signingKeys
    ? {
        told_at: gauges.signingKeys.at,
        current_published_at: gauges.signingKeys.currentPublishedAt,
        rotates_at: gauges.signingKeys.rotatesAt,
        published: gauges.signingKeys.published,
        denials_pending: gauges.signingKeys.denialsPending,
      }
    : null,
  replica: gauges?.replica ? { as_of: gauges.replica.asOf, isolates: gauges.replica.isolates } : null,
});

const UNREAD: Fault = {
  status: 503,
  detail: 'The counts cannot be read now.',
  headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) },
};

async function withCounts(
  intake: Intake,
  access: 'read' | 'events',
  show: (counts: CountsPort, query: RefusalQuery) => Promise<object>,
): Promise<Response> {
  const { request, ports, trail } = intake;
  const admin = await authenticateAdmin(intake, access);
  if (!admin.ok) return admin.error;
  const refuse = (fault: Fault): Response => {
    trail.outcome = outcomeOf(fault);
    trail.detail = fault.detail;
    return problemAnswer(fault);
  };
  if (ports.counts === undefined) return refuse({ status: 404, detail: 'Nothing is counted here.' });
  const query = queryOf(request);
  if (!query.ok) return refuse(query.error);
  try {
    const shown = await show(ports.counts, query.value);
    trail.outcome = 'read';
    return json(200, shown);
  } catch {
    ports.emit({ event: 'metrics_unavailable', level: 'warn' });
    return refuse(UNREAD);
  }
}

function queryOf({ url }: Request): Result<RefusalQuery, Fault> {
  const parameters = uniqueParameters(new URL(url).searchParams);
  return parameters.ok ? parseRefusalQuery(parameters.value) : parameters;
}

function seriesJson(key: string, total: Total): object[] {
  const read = readSeriesKey(key);
  const metric = read && metricNamed(read.metric);
  if (read === undefined || metric === undefined || !isShown(key, total)) return [];
  return [
    {
      metric: read.metric,
      labels: Object.fromEntries(metric.labels.map((label, i) => [label, read.labels[i] ?? ''])),
      changed_at: total.changedAt,
      ...(metric.bounds === undefined
        ? { value: total.values[0] ?? 0 }
        : histogramJson(metric, total.values)),
    },
  ];
}

/** `le`: the buckets' upper bounds, null for the last; `counts`: how many fell into each; `sum` of what was observed. */
function histogramJson(metric: Metric | undefined, values: readonly number[]) {
  const bounds = metric?.bounds ?? [];
  return {
    le: [...bounds, null],
    counts: values.slice(0, bounds.length + 1),
    sum: values[bounds.length + 1] ?? 0,
  };
}
