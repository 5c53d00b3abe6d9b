import type { NumericDate } from '../../core/time.ts';
import type { AlarmRule } from './rules.ts';

/** From the beginning of an alarm to its end. */
export interface Incident {
  /** Unique; what receivers know its two messages by. */
  readonly id: string;
  readonly since: NumericDate;
  /** Whether the webhooks have been told that it has begun. */
  readonly told: boolean;
}

export interface AlarmState {
  readonly incident: Incident | undefined;
  /** Since when the value has been above `begin`, or at most `clear`, without a break. */
  readonly aboveSince: NumericDate | undefined;
  readonly belowSince: NumericDate | undefined;
  /** The last that was known. */
  readonly value: number | undefined;
  readonly lastIncident: { readonly since: NumericDate; readonly until: NumericDate } | undefined;
}

export const QUIET: AlarmState = {
  incident: undefined,
  aboveSince: undefined,
  belowSince: undefined,
  value: undefined,
  lastIncident: undefined,
};

export type Turn = 'begun' | 'ended';

export interface Step {
  readonly state: AlarmState;
  /** What the webhooks are to be told, and of which incident. */
  readonly tell: { readonly turn: Turn; readonly incident: Incident } | undefined;
}

/** A value, or undefined where nobody can tell. */
export interface Observation {
  readonly value: number | undefined;
  readonly now: NumericDate;
  readonly newId: () => string;
}

type Limits = Pick<AlarmRule, 'begin' | 'clear' | 'beginForSeconds' | 'clearForSeconds' | 'silenced'>;

/**
 * One evaluation of a rule. An alarm begins once the value has stood above `begin`, ends once it has stood at `clear` or
 * below for their times, and stays as it is between the two. What is unknown neither begins an alarm nor ends one. Whoever
 * was told of a beginning is told of its end, silenced or not; nobody is told of an end without a beginning.
 */
export function step(before: AlarmState, limits: Limits, { value, now, newId }: Observation): Step {
  const state = seen(before, limits, value, now);
  const { incident, aboveSince, belowSince } = state;
  if (incident === undefined) {
    if (aboveSince === undefined || now - aboveSince < limits.beginForSeconds)
      return { state, tell: undefined };
    return begun(state, { id: newId(), since: now, told: false }, limits);
  }
  if (belowSince === undefined || now - belowSince < limits.clearForSeconds)
    return begun(state, incident, limits);
  const lastIncident = { since: incident.since, until: now };
  const ended = { ...state, incident: undefined, belowSince: undefined, lastIncident };
  return { state: ended, tell: incident.told ? { turn: 'ended', incident } : undefined };
}

function seen(
  before: AlarmState,
  { begin, clear }: Limits,
  value: number | undefined,
  now: NumericDate,
): AlarmState {
  if (value === undefined) return { ...before, belowSince: undefined };
  return {
    ...before,
    value,
    aboveSince: value > begin ? (before.aboveSince ?? now) : undefined,
    belowSince: before.incident !== undefined && value <= clear ? (before.belowSince ?? now) : undefined,
  };
}

/** An incident that was silenced at first is told of once it is no longer. */
function begun(state: AlarmState, incident: Incident, { silenced }: Limits): Step {
  if (incident.told || silenced !== undefined) return { state: { ...state, incident }, tell: undefined };
  const told = { ...incident, told: true };
  return { state: { ...state, incident: told }, tell: { turn: 'begun', incident: told } };
}
