import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY } from '../fixtures/bundle.ts';
import { sourceFiles } from '../fixtures/source-files.ts';

const read = (file: string): string => readFileSync(join(REPOSITORY, file), 'utf8');
const rollout = read('docs/rollout.md');

/** The first cells of the table of secrets. */
const secrets = rollout
  .split('\n| secret | of |')[1]
  ?.split('\n\n')[0]
  ?.split('\n')
  .map((line) => line.split(' | ')[0] ?? '')
  .join('\n');

/** The names in a list of the sources. */
function namesIn(list: RegExp): readonly string[] {
  const [, text = ''] = list.exec(read('src/cli/wrangler-file.ts')) ?? [];
  return [...text.matchAll(/'(\w+)'/g)].map(([, name = '']) => name);
}

describe('docs/rollout.md', () => {
  it('says of every secret that the product knows how it is replaced', () => {
    const known = [
      ...namesIn(/SECRET_KEYS: ReadonlySet<string> = new Set\(\[([\s\S]*?)\]\)/),
      ...namesIn(/FIXED_SECRETS = \[([\s\S]*?)\] as const/),
      'UPSTASH_REDIS_REST_URL',
      'RATE_LIMIT_REDIS_REST_URL',
    ];
    expect(known.length).toBeGreaterThan(12);
    expect(known.filter((name) => !new RegExp(`\\b${name}\\b`).test(secrets ?? ''))).toEqual([]);
  });
});

describe('docs/upgrading.md', () => {
  it('has a row for every class of Durable Objects, and for no other', () => {
    const classes = sourceFiles('src').flatMap(({ text }) =>
      [...text.matchAll(/export class (\w+) extends DurableObject/g)].map(([, name = '']) => name),
    );
    const [, table = ''] = read('docs/upgrading.md').split('| class | of |');
    const told = [...(table.split('\n\n')[0] ?? '').matchAll(/`(\w+Object)`/g)].map(([, name = '']) => name);
    expect(told.toSorted()).toEqual([...new Set(classes)].toSorted());
  });
});
