import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { REPOSITORY } from '../fixtures/bundle.ts';

const MODULE = join(REPOSITORY, 'src/control/console/bundle.ts');
const build = () => execFileSync(process.execPath, ['dev/console.ts'], { cwd: REPOSITORY, stdio: 'pipe' });

build();
const { PAGE, FILES } = (await import(
  '../../src/control/console/bundle.ts'
)) as typeof import('../../src/control/console/bundle.ts');

it('is small: all that a browser loads, compressed, below 100 KB', () => {
  const bodies = [PAGE, ...Object.values(FILES).map(({ body }) => body)];
  const bytes = bodies.reduce((sum, body) => sum + gzipSync(body).length, 0);
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThan(100_000);
});

it('is a page without inline scripts or styles, whose files have names that change with them', () => {
  expect(PAGE).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:/i);
  const named = [...PAGE.matchAll(/(?:href|src)="\/console\/([^"]+)"/g)].map(([, name]) => name);
  expect(named.toSorted()).toEqual(Object.keys(FILES).toSorted());
  for (const name of named) expect(name).toMatch(/^[a-z]+-[A-Z0-9]{8}\.(js|css|svg)$/);
  for (const { type } of Object.values(FILES)) expect(type).not.toBe('');
});

it('loads nothing from elsewhere, and keeps no token', () => {
  const texts = Object.values(FILES).map(({ body }) => body);
  const script = texts.join('\n');
  expect(script).not.toMatch(/localStorage|document\.cookie|indexedDB|eval\(|new Function\(/);
  expect([...script.matchAll(/sessionStorage\.setItem\(/g)]).toHaveLength(1);
  expect([...script.matchAll(/url\(["']?(?!data:)[^)]*\)/g)].map(([found]) => found)).toEqual([]);
});

it('is written only where something has changed, so that a watcher comes to rest', () => {
  const { mtimeMs } = statSync(MODULE);
  const before = readFileSync(MODULE, 'utf8');
  build();
  expect(statSync(MODULE).mtimeMs).toBe(mtimeMs);
  expect(readFileSync(MODULE, 'utf8')).toBe(before);
});
