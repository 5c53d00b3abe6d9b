import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { parse } from 'smol-toml';
import { expect, it } from 'vitest';
import { withOpenTelemetryNames } from '../../src/telemetry/opentelemetry-names.ts';
import { newRequestEvent } from '../../src/telemetry/request-event.ts';
import { ARRIVAL } from '../fixtures/arrival.ts';
import { REPOSITORY } from '../fixtures/bundle.ts';

const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');
const page = read('docs/tracing.md');

it('what docs/tracing.md sets of observability is what wrangler takes', () => {
  const { definitions } = JSON.parse(read('node_modules/wrangler/config-schema.json'));
  const validate = new Ajv({ strict: false }).compile({ definitions, $ref: '#/definitions/Observability' });
  const blocks = [...page.matchAll(/```toml\n([\s\S]*?)```/g)].map(([, text = '']) => parse(text));
  const set = blocks.flatMap(({ observability }) => (observability === undefined ? [] : [observability]));
  expect(set).toHaveLength(1);
  for (const observability of set) {
    expect(validate(observability), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...Object(observability), no_such_key: true })).toBe(false);
  }
});

it('docs/tracing.md tells every name of OpenTelemetry that an event can have', () => {
  const names = new Set<string>();
  const event = newRequestEvent('BREW', { ...ARRIVAL, client: '203.0.113.7' });
  withOpenTelemetryNames((line) => {
    for (const name of Object.keys(line)) names.add(name);
  })({ ...event, host: 'api.example:8443', path: '/', status: 404, reason: 'route_not_found' });
  const told = [...names].filter((name) => !name.startsWith('portcullis.'));
  expect(told).toHaveLength(11);
  for (const name of told) expect(page).toContain(`\`${name}\``);
});
