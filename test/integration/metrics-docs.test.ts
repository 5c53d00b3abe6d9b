import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSeriesKey } from '../../src/metrics/batch.ts';
import { METRICS, type Metric, widthOf } from '../../src/metrics/catalog.ts';
import { EVENT_NAMES, SERVICE_EVENT_NAMES } from '../../src/metrics/event-names.ts';
import { GAUGES, type GaugeFamily } from '../../src/metrics/gauge-families.ts';
import { renderMetrics } from '../../src/metrics/open-metrics.ts';
import { REPOSITORY } from '../fixtures/bundle.ts';
import { readOpenMetrics } from '../fixtures/open-metrics.ts';
import { sourceFiles } from '../fixtures/source-files.ts';

const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');
const rows = [
  ...read('docs/metrics.md').matchAll(/^\| `(portcullis\w+)` \| (\w+) \| (.+?) \| (.+) \|$/gm),
].map(([, name = '', kind, labels = '', help]) => ({
  name,
  kind,
  labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
  help,
}));

describe('docs/metrics.md', () => {
  it('has a row for every metric that is shown, and for no other, with its kind', () => {
    const families = readOpenMetrics(renderMetrics(new Map(), { store: 's', lastAt: 1 }, 'openmetrics'));
    const shown = [...families].map(([name, { type }]) => {
      const suffix = { counter: '_total', info: '_info' }[type] ?? '';
      return [`${name}${suffix}`, type];
    });
    expect(rows.map(({ name, kind }) => [name, kind])).toEqual(shown);
  });

  it.each(Object.entries(METRICS))('says of %s what the code says', (name, metric: Metric) => {
    const row = rows.find((each) => each.name.replace(/_total$/, '') === name);
    expect(row).toMatchObject({ labels: metric.labels, help: metric.help });
  });

  it.each(Object.entries<GaugeFamily>(GAUGES))('says of %s what the code says', (name, { labels, help }) => {
    expect(rows.find((each) => each.name === name)).toMatchObject({ labels, help });
  });

  it('knows by name every event that the gateway tells', () => {
    const elsewhere = /^src\/(control|token-service|cli)\//;
    const named = sourceFiles('src')
      .filter(({ path }) => !elsewhere.test(path))
      .flatMap(({ text }) => [
        ...[...text.matchAll(/\bevent: '([a-z_]+)'/g)].map(([, event = '']) => event),
        ...[...text.matchAll(/\breport\('([a-z_]+)'/g)].map(([, event = '']) => event),
        ...[...text.matchAll(/\bemitMoves\(\w+, '([a-z_]+)'/g)].map(([, event = '']) => event),
        ...[...text.matchAll(/'(jwks_expired|jwks_served_stale|revocation_store_(?:lost|set_back))'/g)].map(
          ([, event = '']) => event,
        ),
      ])
      .filter((event) => event !== 'request');
    expect([...new Set(named)].filter((event) => !EVENT_NAMES.has(event))).toEqual([]);
    const told = read('docs/operating.md').split('## Other events')[1] ?? '';
    expect([...EVENT_NAMES].filter((event) => !told.includes(`\`${event}\``))).toEqual([]);
  });
});

describe('the events of the token service', () => {
  it('are known by name to whoever counts them, and told of in docs/operating.md', () => {
    const named = sourceFiles('src/token-service')
      .flatMap(({ path, text }) => [
        ...text.matchAll(/\bevent: '([a-z_]+)'/g),
        ...(path.endsWith('/family.ts') ? text.matchAll(/_reused: '([a-z_]+)'/g) : []),
      ])
      .map(([, event = '']) => event)
      // Told before there is a policy to count by.
      .filter((event) => !event.startsWith('config_'));
    expect(named).toContain('refresh_reuse_detected');
    expect([...new Set(named)].filter((event) => !SERVICE_EVENT_NAMES.has(event))).toEqual([]);
    const told = read('docs/operating.md').split('## Other events')[1] ?? '';
    expect([...SERVICE_EVENT_NAMES].filter((event) => !told.includes(`\`${event}\``))).toEqual([]);
  });
});

describe('examples/analytics-engine', () => {
  it.each(['refusals.sql', 'requests.sql', 'latency.sql'])('%s names columns that are written', (file) => {
    const sql = read(`examples/analytics-engine/${file}`);
    const [, name = ''] = /index1 = '(\w+)'/.exec(sql) ?? [];
    const metric: Metric | undefined = METRICS[name as keyof typeof METRICS];
    expect(readSeriesKey(JSON.stringify([name]))?.metric).toBe(name);
    const aliases = [...sql.matchAll(/blob(\d+) AS (\w+)/g)];
    expect(aliases.length).toBeGreaterThan(0);
    for (const [, at, label] of aliases) expect(metric?.labels[Number(at) - 2]).toBe(label);
    const doubles = [...sql.matchAll(/double(\d+)/g)].map(([, at]) => Number(at));
    expect(Math.max(...doubles)).toBe(widthOf(metric));
  });
});
