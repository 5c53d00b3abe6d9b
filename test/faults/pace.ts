import type { AlarmName } from '../../src/control/alarms/rules.ts';

/** How fast a run goes. Every time in it follows from its length. */
export interface Pace {
  /** A twentieth of the run: what the timetable of the faults counts in. */
  readonly unitMs: number;
  readonly windowSeconds: number;
  readonly maxStaleness: string;
  readonly olderThan: string;
  /** Whether there is time for an hour before to compare a spike with: ten windows of it. */
  readonly spikes: boolean;
}

/** At ten minutes windows and thresholds are those of a deployment; in less time both shrink alike. */
export function paceOf(minutes: number): Pace {
  const unitMs = Math.round((minutes * 60_000) / 40) * 2;
  const whole = minutes >= 10;
  return {
    unitMs,
    windowSeconds: (2 * unitMs) / 1e3,
    maxStaleness: whole ? '45s' : '7s',
    olderThan: whole ? '30s' : '5s',
    spikes: whole,
  };
}

/** What so many a minute are in the run's window. */
const scaled = (perMinute: number, { windowSeconds }: Pace) => Math.floor((perMinute * windowSeconds) / 60);

/** Each rule by its usual threshold, over the run's window; what ends them is seen for half of it. */
export function alarmTables(pace: Pace): Partial<Record<AlarmName, Record<string, unknown>>> {
  const window = `${pace.windowSeconds * 1e3}ms`;
  const clear_for = `${pace.unitMs}ms`;
  const usual = (perMinute: number) => ({ window, clear_for, begin: scaled(perMinute, pace) });
  const at = (begin: number) => ({ window, clear_for, begin });
  return {
    verification_failures: usual(100),
    expired_tokens: usual(500),
    invalid_signatures: usual(50),
    revocation_unavailable: usual(5),
    refresh_reuse: at(0),
    keys_failing: at(1),
    keys_unavailable: at(0),
    denials_pending: at(0),
    replica_failing: at(1),
    enforcement_late: at(0),
    canary_failing: at(1),
    counts_lost: at(0),
    replica_old: { ...at(0), older_than: pace.olderThan },
    // Of what is sent a few percent goes to each part that fails by itself.
    failed_answers: { ...at(15), least: scaled(50, pace) },
    refusals_spike: pace.spikes ? { window: `${pace.unitMs / 2}ms`, clear_for, least: 100 } : { clear_for },
    keys_expiring: { clear_for },
    // A single answer that comes too late on a machine with other work is no store in doubt.
    store_in_doubt: { begin_for: `${pace.unitMs / 4}ms`, clear_for },
    metrics_unavailable: { begin_for: '0s', clear_for },
  };
}

/** How often each alarm begins, and ends, in a run. */
export const expectedAlarms = ({ spikes }: Pace): Readonly<Record<AlarmName, number>> => ({
  verification_failures: 1,
  expired_tokens: 1,
  invalid_signatures: 1,
  refresh_reuse: 1,
  refusals_spike: spikes ? 1 : 0,
  failed_answers: 1,
  keys_failing: 1,
  keys_expiring: 1,
  keys_unavailable: 1,
  store_in_doubt: 1,
  revocation_unavailable: 1,
  denials_pending: 1,
  replica_failing: 1,
  replica_old: 1,
  enforcement_late: 1,
  canary_failing: 1,
  counts_lost: 1,
  metrics_unavailable: 1,
});
