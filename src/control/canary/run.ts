import { CANARY_MODES } from '../../core/canary.ts';
import type { OperationalEvent } from '../../core/event.ts';
import type { NumericDate } from '../../core/time.ts';
import type { Batch } from '../../metrics/batch.ts';
import { Sums } from '../../metrics/sums.ts';
import type { CanaryPolicy } from './config.ts';
import { type CanaryPorts, type Measured, measure } from './measure.ts';

export interface CanaryRun extends CanaryPorts {
  readonly emit: (event: OperationalEvent) => void;
  /** Adds to what the gateway has counted; throws where the object does not answer. */
  readonly add: (batch: Batch) => Promise<unknown>;
}

/** Whether this minute is one of those. */
export const isDue = ({ intervalMinutes }: CanaryPolicy, now: NumericDate): boolean =>
  Math.floor(now / 60) % intervalMinutes === 0;

/** Measures each mode once, all at once. Never throws. */
export async function runCanary(run: CanaryRun): Promise<void> {
  const measured = (await Promise.all(CANARY_MODES.map((mode) => measure(mode, run)))).filter(
    (each) => each !== undefined,
  );
  if (measured.length === 0) return;
  const sums = new Sums();
  for (const each of measured) {
    sums.series('portcullis_canaries', [each.mode, each.result]).add(1);
    if (each.result !== 'failed') {
      sums.series('portcullis_time_to_enforce_seconds', [each.mode]).observe(each.seconds);
    }
    const event = eventOf(each);
    if (event !== undefined) run.emit(event);
  }
  try {
    await run.add({ isolate: run.newId(), sequence: 1, sums: sums.take() });
  } catch {
    run.emit({ event: 'metrics_unavailable', level: 'warn' });
  }
}

function eventOf(measured: Measured): OperationalEvent | undefined {
  if (measured.result === 'in_time') return undefined;
  if (measured.result === 'failed') {
    return { event: 'canary_failed', level: 'warn', mode: measured.mode, why: measured.why };
  }
  const { mode, seconds, boundSeconds } = measured;
  return { event: 'canary_late', level: 'error', mode, seconds, boundSeconds };
}
