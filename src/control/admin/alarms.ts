import { UNAVAILABLE } from '../../http/fault.ts';
import { json, problemAnswer } from '../../http/problem.ts';
import type { AlarmsReading } from '../alarms/alarms-object.ts';
import { type AlarmRule, alarmKind, sectionOf } from '../alarms/rules.ts';
import type { Webhook } from '../alarms/webhook.ts';
import { outcomeOf } from '../audit.ts';
import type { Intake } from '../ports.ts';
import { authenticateAdmin } from './caller.ts';

/** `GET /v1/alarms`: every rule, how it stands since when, and what the webhooks were told last. Shows no URL and no secret. */
export async function showAlarms(intake: Intake): Promise<Response> {
  const { ports, trail } = intake;
  const admin = await authenticateAdmin(intake, 'read');
  if (!admin.ok) return admin.error;
  const { rules, webhooks } = ports.policy;
  if (ports.alarms === undefined) {
    const fault = { status: 404, detail: 'No alarms are kept here.' } as const;
    trail.detail = fault.detail;
    return problemAnswer(fault);
  }
  try {
    const reading = await ports.alarms.read(webhooks.map(({ name }) => name));
    trail.outcome = 'read';
    return json(200, {
      at: intake.context.now,
      evaluated_at: reading.at ?? null,
      alarms: rules.map((rule) => alarmJson(rule, reading)),
      webhooks: webhooks.map((webhook) => webhookJson(webhook, reading)),
    });
  } catch {
    trail.outcome = outcomeOf(UNAVAILABLE);
    trail.detail = 'alarms';
    return problemAnswer(UNAVAILABLE);
  }
}

function alarmJson(rule: AlarmRule, { states }: AlarmsReading) {
  const { what, severity } = alarmKind(rule.name);
  const state = states[rule.name];
  const incident = state?.incident;
  return {
    alarm: rule.name,
    running: incident !== undefined,
    since: incident?.since ?? null,
    value: state?.value ?? null,
    what,
    severity,
    begin: rule.begin,
    clear: rule.clear,
    window_seconds: rule.windowSeconds,
    silenced: rule.silenced ?? null,
    last: state?.lastIncident ?? null,
    see: sectionOf(rule.name),
  };
}

const webhookJson = ({ name, shape }: Webhook, { deliveries }: AlarmsReading) => ({
  webhook: name,
  shape,
  deliveries: (deliveries[name] ?? []).map(({ id, createdAt, tries, outcome, state }) => ({
    id,
    created_at: createdAt,
    tries,
    outcome,
    state,
  })),
});
