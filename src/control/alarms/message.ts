import type { NumericDate } from '../../core/time.ts';
import type { Incident, Turn } from './hysteresis.ts';
import { type AlarmName, type AlarmRule, alarmKind, sectionOf } from './rules.ts';

/** That an alarm has begun or ended, for the webhooks. Holds names and numbers of our own alone. */
export interface AlarmMessage {
  /** The same each time that it is sent. */
  readonly id: string;
  readonly turn: Turn;
  readonly alarm: AlarmName;
  readonly incident: string;
  readonly severity: 'critical' | 'error' | 'warning';
  readonly what: string;
  readonly value: number;
  readonly begin: number;
  readonly clear: number;
  readonly windowSeconds: number;
  readonly since: NumericDate;
  readonly at: NumericDate;
  readonly see: string;
}

export const messageId = (incident: string, turn: Turn): string => `${incident}.${turn}`;

/** That what a message told of has ended, where its rule is no more. */
export const endOf = (begun: AlarmMessage, at: NumericDate): AlarmMessage => ({
  ...begun,
  id: messageId(begun.incident, 'ended'),
  turn: 'ended',
  at,
});

export function newMessage(
  rule: AlarmRule,
  { turn, incident }: { readonly turn: Turn; readonly incident: Incident },
  value: number,
  at: NumericDate,
): AlarmMessage {
  const { what, severity } = alarmKind(rule.name);
  return {
    id: messageId(incident.id, turn),
    turn,
    alarm: rule.name,
    incident: incident.id,
    severity,
    what,
    value: Math.round(value * 100) / 100,
    begin: rule.begin,
    clear: rule.clear,
    windowSeconds: rule.windowSeconds,
    since: incident.since,
    at,
    see: sectionOf(rule.name),
  };
}
