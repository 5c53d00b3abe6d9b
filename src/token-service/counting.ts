import type { RequestContext } from '../core/context.ts';
import type { OperationalEvent } from '../core/event.ts';
import type { Clock } from '../core/time.ts';
import { type Dataset, writeDataPoints } from '../metrics/analytics-engine.ts';
import type { SigningKeyGauges } from '../metrics/gauges.ts';
import { HandOver } from '../metrics/hand-over.ts';
import type { MetricsObject } from '../metrics/metrics-object.ts';
import { METRICS_OBJECT } from '../metrics/object-name.ts';
import { Sums } from '../metrics/sums.ts';
import { log } from '../telemetry/log.ts';
import { policyOf } from './configured.ts';
import { ServiceCounters } from './counters.ts';

/** What counts in this isolate, for the Worker and for its Durable Objects, and hands on what it has counted. */
export interface ServiceCounting {
  readonly counters: ServiceCounters;
  readonly handOver: HandOver;
  /** To be handed on with the counts; where there are none, alone. */
  tellKeys(keys: SigningKeyGauges): void;
}

/** Where the counts go. */
export interface CountingBindings {
  readonly METRICS?: DurableObjectNamespace<MetricsObject>;
  readonly METRICS_DATASET?: Dataset;
}

/** One for each isolate, which is given one object of bindings. */
const countings = new WeakMap<object, ServiceCounting>();

/** undefined: neither the object `METRICS` nor the dataset `METRICS_DATASET` is bound, so nothing is counted. */
export function countingFrom(given: CountingBindings, clock: Clock): ServiceCounting | undefined {
  const counting = countings.get(given) ?? newCounting(given, clock);
  if (counting !== undefined) countings.set(given, counting);
  return counting;
}

function newCounting(bindings: CountingBindings, clock: Clock): ServiceCounting | undefined {
  const { METRICS: objects, METRICS_DATASET: dataset } = bindings;
  if (objects === undefined && dataset === undefined) return undefined;
  const sums = new Sums();
  let signingKeys: SigningKeyGauges | undefined;
  const unwritten = sums.series('portcullis_metrics_lost', ['dataset']);
  return {
    counters: new ServiceCounters(policyOf(bindings), sums),
    tellKeys: (keys) => {
      signingKeys = keys;
    },
    handOver: new HandOver(sums, {
      add: objects && ((batch) => objects.getByName(METRICS_OBJECT).add(batch)),
      tell: dataset && ((taken) => unwritten.add(writeDataPoints(dataset, taken))),
      read: () => undefined,
      gauges: () =>
        signingKeys && { at: clock(), keySets: [], store: undefined, replica: undefined, signingKeys },
      clock,
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      newIsolateId: () => crypto.randomUUID(),
    }),
  };
}

/** How a Durable Object tells of what it does. */
export interface ObjectTelemetry {
  readonly emit: (event: OperationalEvent) => void;
  readonly count: (what: (counters: ServiceCounters) => void) => void;
  readonly tellKeys: (keys: SigningKeyGauges) => void;
}

/** A line in the log for each event, and every event and count handed on while the object lives or with the next one's. */
export function objectTelemetry(
  bindings: CountingBindings,
  state: Pick<DurableObjectState, 'waitUntil'>,
  clock: Clock,
): ObjectTelemetry {
  const counting = countingFrom(bindings, clock);
  const waitUntil: RequestContext['waitUntil'] = (work) => state.waitUntil(work);
  const count: ObjectTelemetry['count'] = (what) => {
    if (counting === undefined) return;
    what(counting.counters);
    counting.handOver.begin({ now: clock(), waitUntil });
  };
  return {
    emit: (event) => {
      log(event);
      count((counters) => counters.event(event));
    },
    count,
    tellKeys: (keys) => {
      counting?.tellKeys(keys);
      count(() => undefined);
    },
  };
}
