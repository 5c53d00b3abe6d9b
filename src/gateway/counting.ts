import type { Policy } from '../core/policy.ts';
import type { Clock } from '../core/time.ts';
import { type Dataset, writeDataPoints } from '../metrics/analytics-engine.ts';
import { GatewayCounters, isRequest } from '../metrics/gateway-counters.ts';
import type { Gauges } from '../metrics/gauges.ts';
import { HandOver } from '../metrics/hand-over.ts';
import type { MetricsObject } from '../metrics/metrics-object.ts';
import { METRICS_OBJECT } from '../metrics/object-name.ts';
import { isRefusal, RefusalBuffer } from '../metrics/refusals.ts';
import { Sums } from '../metrics/sums.ts';
import type { CacheLookups } from '../revocation/cached.ts';
import type { RevocationReader } from '../revocation/port.ts';
import type { Sink } from '../telemetry/sinks.ts';
import type { TokenCache } from '../tokens/token-cache.ts';

/** What counts in this isolate, and hands on what it has counted. */
export interface Counting {
  readonly sink: Sink;
  /** Of one isolate; `gauges` reads what it holds, which is made after what counts in it. */
  readonly handOverWith: (gauges: () => Gauges) => HandOver;
  /** The reader, each of whose questions is counted. */
  readonly countReads: (reader: RevocationReader) => RevocationReader;
  /** Where the deny-list's cache of answers counts. */
  readonly answerLookups: CacheLookups;
}

/** undefined: neither the object `METRICS` nor the dataset `METRICS_DATASET` is bound, so nothing is counted. */
export function countingFor(
  policy: Policy,
  bindings: Readonly<Record<string, unknown>>,
  clock: Clock,
  cache: TokenCache | undefined,
): Counting | undefined {
  const objects = bindings.METRICS as DurableObjectNamespace<MetricsObject> | undefined;
  const dataset = bindings.METRICS_DATASET as Dataset | undefined;
  if (objects === undefined && dataset === undefined) return undefined;
  let storeReads = 0;
  const answerLookups: CacheLookups = { hits: 0, misses: 0 };
  const sums = new Sums();
  const counters = new GatewayCounters(policy, sums, () => ({
    cacheHits: cache?.hits ?? 0,
    cacheMisses: cache?.misses ?? 0,
    answerHits: answerLookups.hits,
    answerMisses: answerLookups.misses,
    storeReads,
  }));
  const unwritten = sums.series('portcullis_metrics_lost', ['dataset']);
  const refusals = objects && new RefusalBuffer();
  return {
    sink: (event) => {
      counters.sink(event);
      if (refusals !== undefined && isRequest(event) && isRefusal(event)) refusals.add(event);
    },
    handOverWith: (gauges) =>
      new HandOver(sums, {
        add: objects && ((batch) => objects.getByName(METRICS_OBJECT).add(batch)),
        tell: dataset && ((taken) => unwritten.add(writeDataPoints(dataset, taken))),
        read: () => counters.read(),
        refusals: refusals && (() => refusals.take()),
        gauges,
        clock,
        wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
        newIsolateId: () => crypto.randomUUID(),
      }),
    answerLookups,
    countReads: (reader) => ({
      read: (keys, timeoutMs) => {
        storeReads++;
        return reader.read(keys, timeoutMs);
      },
    }),
  };
}
