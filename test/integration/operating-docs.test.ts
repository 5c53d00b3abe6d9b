import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REJECTIONS, type RejectionReason } from '../../src/core/rejection.ts';
import { REMEDIES } from '../../src/telemetry/remedies.ts';
import { newRequestEvent } from '../../src/telemetry/request-event.ts';
import { ARRIVAL } from '../fixtures/arrival.ts';
import { REPOSITORY } from '../fixtures/bundle.ts';
import { sourceFiles } from '../fixtures/source-files.ts';

const page = readFileSync(join(REPOSITORY, 'docs/operating.md'), 'utf8');

/** The rows of the table under a heading, each as the names in its first cell and the other cells. */
function rowsUnder(heading: string): { names: string[]; cells: string[] }[] {
  const [, section = ''] = page.split(`## ${heading}\n`);
  const lines = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| `'));
  return lines.map((line) => {
    const [first = '', ...cells] = line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim());
    return { names: [...first.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name), cells };
  });
}

const reasons = rowsUnder('Reasons');

describe('docs/operating.md', () => {
  it.each(Object.entries(REJECTIONS))(
    'has a row for %s, with its status, cause and mend',
    (reason, { status }) => {
      const rows = reasons.filter(({ names }) => names.includes(reason));
      expect(rows).toHaveLength(1);
      const [stated, cause = '', mend = ''] = rows[0]?.cells ?? [];
      expect(stated).toBe(String(status));
      expect([cause.length > 10, mend.length > 10]).toEqual([true, true]);
      expect({ cause, mend }).toEqual(REMEDIES[reason as RejectionReason]);
    },
  );

  it('says of a client that went away what portcullis explain says', () => {
    const row = reasons.find(({ names }) => names.includes('client_disconnected'));
    const [, cause, mend] = row?.cells ?? [];
    expect({ cause, mend }).toEqual(REMEDIES.client_disconnected);
  });

  it('has no row for a reason that there is not', () => {
    const known = [...Object.keys(REJECTIONS), 'client_disconnected'];
    expect(reasons.flatMap(({ names }) => names).sort()).toEqual(known.sort());
  });

  it('tells of every field of the event, and of no other', () => {
    const told = rowsUnder('The event of a request').flatMap(({ names }) => names);
    expect(told.sort()).toEqual(Object.keys(newRequestEvent('GET', ARRIVAL)).sort());
  });

  it('has a row for every event that the sources name', () => {
    const named = sourceFiles('src').flatMap(({ text }) => [
      ...[...text.matchAll(/\bevent: '([a-z_]+)'/g)].map(([, name = '']) => name),
      ...[...text.matchAll(/\breport\('([a-z_]+)'/g)].map(([, name = '']) => name),
      ...[...text.matchAll(/: '([a-z_]+_detected)'/g)].map(([, name = '']) => name),
      ...[...text.matchAll(/\bemitMoves\(\w+, '([a-z_]+)'/g)].map(([, name = '']) => name),
      ...[...text.matchAll(/\? '(jwks_[a-z_]+)' : '(jwks_[a-z_]+)'/g)].flatMap(([, one = '', two = '']) => [
        one,
        two,
      ]),
    ]);
    const told = rowsUnder('Other events').flatMap(({ names }) => names);
    expect(told.length).toBe(new Set(told).size);
    const missing = [...new Set(named)].filter((name) => name !== 'request' && !told.includes(name));
    expect(missing).toEqual([]);
  });
});
