import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { recordingTerminal } from '../fixtures/terminal.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const readme = read('README.md');

describe('README.md', () => {
  let folder: string;
  const here = process.cwd();
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portcullis-readme-'));
    process.chdir(folder);
  });
  afterAll(async () => {
    process.chdir(here);
    await rm(folder, { recursive: true });
  });

  it('starts with what leaves a clone as it was, whatever npm the machine has', () => {
    expect(readme).toMatch(/^npm ci && npm run dev /m);
    expect(readme).toMatch(/^npm ci && npm test /m);
  });

  it('leads to every page of the documentation by way of its index', () => {
    const index = read('docs/README.md');
    const pages = readdirSync(join(root, 'docs')).filter(
      (name) => name.endsWith('.md') && name !== 'README.md',
    );
    expect(pages.filter((name) => !index.includes(`](${name})`))).toEqual([]);
    const linked = [...`${index}${readme}`.matchAll(/\]\(([\w./-]+\.md)[)#]/g)].map(([, path = '']) => path);
    const here = (path: string) => existsSync(join(root, path)) || existsSync(join(root, 'docs', path));
    expect(linked.filter((path) => !here(path))).toEqual([]);
  });

  it('names scripts that are there', () => {
    const { scripts }: { readonly scripts: object } = JSON.parse(read('package.json'));
    const named = [...readme.matchAll(/npm run (?:--silent )?([\w:]+)/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(5);
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
  });

  it('shows what the checker says of the demo with two mistakes in it', async () => {
    const [, shown = ''] = /\$ npm run check:config\n([\s\S]*?)```/.exec(readme) ?? [];
    const mistaken = read('wrangler.toml')
      .replace('audience = ["http://localhost:8787"]', 'audiance = ["http://localhost:8787"]')
      .replace('issuers = ["demo"]', 'issuers = ["dmeo"]');
    await writeFile(join(folder, 'wrangler.toml'), mistaken);
    for (const other of ['wrangler.control.toml', 'wrangler.token-service.toml']) {
      await writeFile(join(folder, other), read(other));
    }
    const { said, terminal } = recordingTerminal();
    expect(await run(['check'], terminal)).toBe(1);
    // The list of keys is cut short there.
    const abridged = said.all.replace(/(allowed {2}issuer(?:, \w+){2}).*/, '$1, ...');
    expect(abridged).toBe(shown);
  });
});
