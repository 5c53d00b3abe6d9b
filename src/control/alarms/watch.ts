import type { OperationalEvent } from '../../core/event.ts';
import type { NumericDate } from '../../core/time.ts';
import type { MetricsReading } from '../../metrics/metrics-object.ts';
import type { RevocationReader } from '../../revocation/port.ts';
import type { AlarmsReading, Evaluation, Turned } from './alarms-object.ts';
import { expiringKeys } from './expiring-keys.ts';
import type { AlarmRule } from './rules.ts';
import { sumsFor } from './sums.ts';
import type { Webhook } from './webhook.ts';

/** As long as a `strict` route may be asked to wait. */
const STORE_TIMEOUT_MS = 1_000;

/** Where alarms are kept. Each throws when the object does not answer. */
export interface AlarmsPort {
  readonly evaluate: (evaluation: Evaluation) => Promise<readonly Turned[]>;
  readonly read: (webhooks: readonly string[]) => Promise<AlarmsReading>;
  /** What the gateway has counted. */
  readonly counts: () => Promise<MetricsReading>;
}

export interface WatchPorts {
  readonly alarms: AlarmsPort;
  readonly reader: RevocationReader;
  readonly rules: readonly AlarmRule[];
  readonly webhooks: readonly Webhook[];
  readonly emit: (event: OperationalEvent) => void;
}

/** Looks at everything once. Never throws: a failure is an event, and the next turn looks again. */
export async function watch(
  { alarms, reader, rules, webhooks, emit }: WatchPorts,
  now: NumericDate,
): Promise<void> {
  const isCertain = await reader.read([], STORE_TIMEOUT_MS).then(
    ({ ok }) => ok,
    () => false,
  );
  // Not at once: to take many counts in may last as long as the store is waited for.
  const counts = await alarms.counts().catch(() => undefined);
  const evaluation: Evaluation = {
    at: now,
    rules,
    webhooks,
    sums: counts && sumsFor(rules, counts.series),
    states: {
      keys_expiring: expiringKeys(counts?.gauges, now),
      store_in_doubt: isCertain ? 0 : 1,
      metrics_unavailable: counts === undefined ? 1 : 0,
    },
  };
  try {
    for (const { alarm, turn, value } of await alarms.evaluate(evaluation)) {
      if (turn === 'begun') emit({ event: 'alarm_begun', level: 'error', alarm, value });
      else emit({ event: 'alarm_ended', level: 'info', alarm, value });
    }
  } catch {
    emit({ event: 'alarms_unavailable', level: 'error' });
  }
}
