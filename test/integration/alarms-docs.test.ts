import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { prometheusRules } from '../../dev/prometheus-rules.ts';
import { durationText } from '../../src/config/duration.ts';
import { alarmTable, webhookTable } from '../../src/control/alarms/config.ts';
import { ALARM_NAMES, type AlarmName, alarmKind, sectionOf } from '../../src/control/alarms/rules.ts';
import { compileControl } from '../../src/control/config.ts';
import { REJECTIONS } from '../../src/core/rejection.ts';
import { METRICS, type Metric } from '../../src/metrics/catalog.ts';
import { EVENT_NAMES, SERVICE_EVENT_NAMES } from '../../src/metrics/event-names.ts';
import { GAUGES, type GaugeFamily } from '../../src/metrics/gauge-families.ts';
import { renderMetrics } from '../../src/metrics/open-metrics.ts';
import { REPOSITORY } from '../fixtures/bundle.ts';
import { readOpenMetrics } from '../fixtures/open-metrics.ts';

const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');
const control = read('docs/control.md').split('\n## Alarms\n')[1]?.split('\n## ')[0] ?? '';
const operating = read('docs/operating.md').split('\n## Alarms\n')[1] ?? '';
const rows = (text: string) =>
  [...text.matchAll(/^\| `([a-z_]+)`(?:, `([a-z_]+)`)? \|(.*)\|$/gm)].map(([, name = '', , rest = '']) => ({
    name,
    cells: rest.split('|').map((cell) => cell.trim()),
  }));
/** The table whose head holds these words. */
const tableOf = (head: string) => rows((control.split(`| ${head}`)[1] ?? '').split('\n\n')[0] ?? '');

describe('docs/operating.md', () => {
  it.each(ALARM_NAMES)('leads from %s to its cause in three steps', (name) => {
    const [, section = ''] = operating.split(`### \`${name}\`\n`);
    const steps = [...(section.split('\n### ')[0] ?? '').matchAll(/^(\d)\. (.+)/gm)];
    expect(steps.map(([, number]) => number)).toEqual(['1', '2', '3']);
    expect(Math.min(...steps.map(([, , words = '']) => words.length))).toBeGreaterThan(20);
    expect(sectionOf(name)).toBe(`docs/operating.md#${name}`);
  });

  it('leads from nothing else', () => {
    expect([...operating.matchAll(/^### `(.+)`$/gm)].map(([, name]) => name)).toEqual(ALARM_NAMES);
  });
});

describe('docs/control.md', () => {
  const UNITS: Partial<Record<string, string>> = { share: ' %', spike: ' times' };

  it('lists every rule with its threshold, its window and what it counts', () => {
    const listed = tableOf('rule |').map(({ name, cells }) => [name, ...cells]);
    expect(listed).toEqual(
      ALARM_NAMES.map((name) => {
        const { measure, begin, windowMs, what } = alarmKind(name);
        const counted = measure.kind !== 'state';
        return [
          name,
          counted ? `${begin}${UNITS[measure.kind] ?? ''}` : '',
          counted ? durationText(windowMs) : '',
          what,
        ];
      }),
    );
  });

  it('lists every key of a rule and of a webhook, and no other', () => {
    const keys = (table: { _zod: { def: { shape: object } } }) => Object.keys(table._zod.def.shape).sort();
    const told = (name: string) =>
      tableOf(`\`[vars.CONTROL.${name}]\``)
        .map((row) => row.name)
        .sort();
    expect(told('alarms.<rule>')).toEqual(keys(alarmTable));
    expect(told('webhooks.<name>')).toEqual(keys(webhookTable));
  });

  it('has the defaults that there are', () => {
    const others = (key: 'beginForMs' | 'clearForMs' | 'least' | 'olderThanMs', usual: number | undefined) =>
      ALARM_NAMES.filter((name) => alarmKind(name)[key] !== usual).map((name) => [
        name,
        alarmKind(name)[key],
      ]);
    const cell = (key: string) =>
      tableOf('`[vars.CONTROL.alarms.<rule>]`').find(({ name }) => name === key)?.cells[0];
    expect([cell('clear_for'), others('clearForMs', 300_000)]).toEqual(['`"5m"`', []]);
    expect(cell('begin_for')).toBe('`"0s"`; `store_in_doubt` `"1m"`, `metrics_unavailable` `"2m"`');
    expect(others('beginForMs', 0)).toEqual([
      ['store_in_doubt', 60_000],
      ['metrics_unavailable', 120_000],
    ]);
    expect(cell('least')).toBe('`failed_answers` 50, `refusals_spike` 100');
    expect(Object.fromEntries(others('least', undefined))).toEqual({
      failed_answers: 50,
      refusals_spike: 100,
    });
    expect([cell('older_than'), others('olderThanMs', undefined)]).toEqual([
      '`"1m"`',
      [['replica_old', 60_000]],
    ]);
  });

  it('shows what compiles', () => {
    const [, block = ''] = /```toml\n([\s\S]*?)```/.exec(control) ?? [];
    const { vars } = parse(block) as { vars: { CONTROL: object } };
    const namespace = { idFromName: () => undefined };
    const result = compileControl({
      ISSUERS: { acme: { issuer: 'https://id.acme.example', audience: ['https://api.acme.example'] } },
      CONTROL: {
        ...vars.CONTROL,
        admins: { ops: { issuer: 'acme', audience: ['https://control.example'] } },
      },
      REVOCATIONS: namespace,
      METRICS: namespace,
      ALARMS: namespace,
      PAGERDUTY_ROUTING_KEY: '0'.repeat(32),
      TEAM_WEBHOOK_URL: 'https://hooks.example/alarms',
      TEAM_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32).toString('base64')}`,
    });
    expect(result.ok ? [] : result.error).toEqual([]);
    expect(result.ok && result.value.policy.webhooks.map(({ shape }) => shape)).toEqual([
      'pagerduty',
      'json',
    ]);
  });
});

const families = readOpenMetrics(renderMetrics(new Map(), { store: 's', lastAt: 1 }, 'openmetrics'));
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total'],
  gauge: [''],
  info: ['_info'],
  histogram: ['_bucket', '_count', '_sum'],
};
/** What may stand in an expression: the names of series, with their labels. */
const SERIES = new Map(
  [...families].flatMap(([family, { type }]) => {
    const metric: Metric | undefined = METRICS[family as keyof typeof METRICS];
    const gauge: GaugeFamily | undefined = GAUGES[family as keyof typeof GAUGES];
    const labels = metric?.labels ?? gauge?.labels ?? (type === 'info' ? ['store'] : []);
    return (SUFFIXES[type] ?? []).map((suffix) => [
      `${family}${suffix}`,
      suffix === '_bucket' ? [...labels, 'le'] : labels,
    ]);
  }) as [string, readonly string[]][],
);
/** Of labels whose values are a fixed set of ours. */
const VALUES: Readonly<Record<string, ReadonlySet<string>>> = {
  reason: new Set(Object.keys(REJECTIONS)),
  event: new Set([...EVENT_NAMES, ...SERVICE_EVENT_NAMES]),
  decision: new Set(['allowed', 'denied', 'unknown', 'failed']),
  class: new Set(['2xx', '3xx', '4xx', '5xx', 'none']),
};

/** What an expression names that there is not. */
function strangers(expression: string): string[] {
  const found: string[] = [];
  const used: string[] = [];
  for (const [, name = '', matchers = ''] of expression.matchAll(/\b(portcullis_\w+)(\{[^}]*\})?/g)) {
    const labels = SERIES.get(name);
    if (labels === undefined) found.push(name);
    used.push(...(labels ?? []));
    for (const [, label = '', operator = '', value = ''] of matchers.matchAll(
      /(\w+)(=~|!~|!=|=)"([^"]*)"/g,
    )) {
      if (!labels?.includes(label)) found.push(`${name}{${label}}`);
      const values = operator.endsWith('~') ? value.split('|') : [value];
      const known = VALUES[label];
      const literal = values.filter((each) => /^\w+$/.test(each));
      if (known !== undefined) found.push(...literal.filter((each) => !known.has(each)));
    }
  }
  for (const [, list = ''] of expression.matchAll(/\bby \(([^)]*)\)/g)) {
    found.push(
      ...list
        .split(',')
        .map((each) => each.trim())
        .filter((label) => !used.includes(label)),
    );
  }
  return found;
}

describe('examples/prometheus-grafana', () => {
  it('sees what there is not', () => {
    expect(
      strangers(
        'sum by (why) (rate(portcullis_requests_total{reason="expire",client="x"}[5m])) + portcullis_requests',
      ),
    ).toEqual(['expire', 'portcullis_requests_total{client}', 'portcullis_requests', 'why']);
  });

  it('has the rules of control', () => {
    const text = read('examples/prometheus-grafana/portcullis.rules.yml');
    expect(text).toBe(prometheusRules());
    const expressions = [...text.matchAll(/^ +expr: (.+)$/gm)].map(([, expression = '']) => expression);
    expect(expressions).toHaveLength(ALARM_NAMES.length);
    for (const expression of expressions) {
      expect(strangers(expression)).toEqual([]);
      expect(expression).toMatch(/portcullis/);
    }
  });

  it('tests rules that there are, by their own words', () => {
    const text = read('examples/prometheus-grafana/portcullis.rules.test.yml');
    const told = [...text.matchAll(/summary: (.+)\n +runbook: docs\/operating\.md#(\w+)/g)];
    expect(told.length).toBeGreaterThan(4);
    for (const [, words, name] of told) expect(alarmKind(name as AlarmName).what).toBe(words);
  });

  const dashboard = JSON.parse(read('examples/prometheus-grafana/dashboard.json')) as {
    readonly panels: readonly {
      readonly id: number;
      readonly title: string;
      readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
      readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
    }[];
  };
  const targets = dashboard.panels.flatMap((panel) => panel.targets);

  it('has a dashboard that asks for what there is, all of it', () => {
    for (const { expr, legendFormat } of targets) {
      expect(strangers(expr), expr).toEqual([]);
      const names = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
      const grouped = /\bby \(([^)]*)\)/.exec(expr)?.[1]?.split(', ') ?? ['store'];
      for (const name of names) expect(grouped, expr).toContain(name);
    }
    const shown = targets.map(({ expr }) => expr).join(' ');
    const missing = [...families.keys()].filter(
      (family) => !new RegExp(`\\b${family}(_(total|info|bucket|count|sum))?\\b`).test(shown),
    );
    expect(missing).toEqual([]);
  });

  it('has each panel in a place of its own', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
  });
});
