import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY } from '../fixtures/bundle.ts';

const page = readFileSync(join(REPOSITORY, 'docs/architecture.md'), 'utf8');
const FILE = /`((?:[a-z0-9-]+\/)+[a-z0-9-]+\.ts)`/g;
const filesIn = (text: string) => [...text.matchAll(FILE)].map(([, path]) => String(path));
const section = (title: string) => page.split(`\n### ${title}\n`)[1]?.split(/\n##/)[0] ?? '';

describe('docs/architecture.md', () => {
  it('names no file that is not there', () => {
    const named = filesIn(page);
    expect(named.length).toBeGreaterThan(40);
    const missing = named.filter(
      (path) => !existsSync(join(REPOSITORY, 'src', path)) && !existsSync(join(REPOSITORY, path)),
    );
    expect(missing).toEqual([]);
  });

  it('lists every room and no other', () => {
    const listed = [...page.matchAll(/^\| `([a-z-]+)\/` \|/gm)].map(([, room]) => room);
    const rooms = readdirSync(join(REPOSITORY, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    expect(listed.toSorted()).toEqual(rooms.toSorted());
  });

  it.each(['One request with a token', 'One JWKS refresh', 'One revocation write'])(
    'walks %s past no file twice',
    (title) => {
      const walk = filesIn(section(title));
      expect(walk.length).toBeGreaterThan(6);
      expect(walk).toEqual([...new Set(walk)]);
    },
  );
});
