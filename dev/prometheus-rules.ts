import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { durationText } from '../src/config/duration.ts';
import type { AlarmKind, Selector } from '../src/control/alarms/kind.ts';
import { ALARM_NAMES, type AlarmName, alarmKind, sectionOf } from '../src/control/alarms/rules.ts';

/** Prometheus wants four scrapes within a range; a minute is one at most. */
const RANGE_MS = 300_000;

/** What control finds out itself, as far as the counts tell it. */
const STATES: Partial<Record<AlarmName, string>> = {
  keys_expiring:
    'portcullis_key_set_failing_isolates > 0 and on (issuer) (portcullis_key_set_isolates{state="none"} > 0 or time() > (portcullis_key_set_fresh_until_timestamp_seconds + portcullis_key_set_usable_until_timestamp_seconds) / 2)',
  store_in_doubt:
    'sum(increase(portcullis_events_total{event=~"revocation_store_lost|revocation_store_set_back"}[10m])) > 0',
  metrics_unavailable: 'up{job="portcullis"} == 0',
};

/** The rules of control as an alerting group of Prometheus, by their defaults. */
export function prometheusRules(): string {
  const rules = ALARM_NAMES.map((name) => {
    const kind = alarmKind(name);
    return `      - alert: ${alertName(name)}
        expr: ${expression(name, kind)}
        for: ${durationText(kind.beginForMs)}
        keep_firing_for: ${durationText(kind.clearForMs)}
        labels: { severity: ${kind.severity} }
        annotations:
          summary: ${JSON.stringify(kind.what)}
          runbook: ${JSON.stringify(sectionOf(name))}
`;
  });
  return `# The alarms of control, for a Prometheus that scrapes its /metrics. Written by \`npm run reference\`.
groups:
  - name: portcullis
    rules:
${rules.join('')}`;
}

export const alertName = (name: string): string =>
  `Portcullis${name.replace(/(?:^|_)([a-z])/g, (_all, letter: string) => letter.toUpperCase())}`;

function expression(name: AlarmName, kind: AlarmKind): string {
  const { measure, begin, windowMs, least = 0, olderThanMs = 0 } = kind;
  const perWindow = (of: readonly Selector[]) => increase(of.map(selector), windowMs);
  switch (measure.kind) {
    case 'increase':
      return `${perWindow(measure.of)} > ${begin}`;
    case 'share':
      return `100 * (${perWindow(measure.of)}) / (${perWindow(measure.among)}) > ${begin} and ${perWindow(measure.among)} >= ${least}`;
    case 'spike': {
      const [of = ''] = measure.of.map(selector);
      return `sum(rate(${of}[5m])) > ${begin} * sum(rate(${of}[1h] offset 5m)) and ${perWindow(measure.of)} >= ${least}`;
    }
    case 'above': {
      const { histogram } = measure;
      const below = `${histogram}_bucket{le="${(olderThanMs / 1e3).toFixed(1)}"}`;
      return `${increase([`${histogram}_count`], windowMs)} - ${increase([below], windowMs)} > ${begin}`;
    }
    case 'state':
      return STATES[name] ?? '';
  }
}

function selector({ metric, where }: Selector): string {
  const matchers = Object.entries(where).map(([label, values]) =>
    values.length === 1 ? `${label}="${values[0]}"` : `${label}=~"${values.join('|')}"`,
  );
  return `${metric}_total${matchers.length === 0 ? '' : `{${matchers.join(',')}}`}`;
}

/** A series that is not there yet counts as none beside another. */
function increase(series: readonly string[], windowMs: number): string {
  const each = series.map((one) =>
    windowMs < RANGE_MS
      ? `sum(rate(${one}[5m])) * ${windowMs / 1e3}`
      : `sum(increase(${one}[${durationText(windowMs)}]))`,
  );
  return each.length === 1 ? `${each[0]}` : each.map((one) => `(${one} or vector(0))`).join(' + ');
}

if (import.meta.main) {
  const file = join(import.meta.dirname, '../examples/prometheus-grafana/portcullis.rules.yml');
  writeFileSync(file, prometheusRules());
}
