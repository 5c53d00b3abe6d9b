import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PEERS } from '../../src/cli/import/peers.ts';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import { run } from '../../src/cli/run.ts';
import { TABLES } from '../../src/config/reference/tables.ts';
import { REPOSITORY } from '../fixtures/bundle.ts';
import { recordingTerminal } from '../fixtures/terminal.ts';

completeRuntime();

/** Of each section the file of cases in test/fixtures/migrating. */
const CASES: Readonly<Record<string, string>> = {
  'Envoy: `jwt_authn`': 'envoy',
  Istio: 'istio',
  Kong: 'kong',
  KrakenD: 'krakend',
  Oathkeeper: 'oathkeeper',
  'oauth2-proxy': 'oauth2-proxy',
  Traefik: 'traefik',
  'AWS: HTTP API with a JWT authorizer': 'aws',
  'Cloudflare API Shield': 'cloudflare-api-shield',
};
const FOLDER = join(REPOSITORY, 'test/fixtures/migrating');

const [intro = '', ...sections] = readFileSync(join(REPOSITORY, 'docs/migrating.md'), 'utf8').split(/^## /m);
const tomlOf = (text: string): string =>
  [...text.matchAll(/```toml\n([\s\S]*?)```/g)].map(([, block = '']) => block).join('\n');
const pages = sections.map((text) => ({ heading: text.split('\n', 1)[0] ?? '', text }));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-migrating-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('docs/migrating.md', () => {
  it('has a section for each file of cases', () => {
    expect(pages.map(({ heading }) => heading)).toEqual(Object.keys(CASES));
    expect(readdirSync(FOLDER).sort()).toEqual(
      Object.values(CASES)
        .map((name) => `${name}.toml`)
        .sort(),
    );
  });

  it.each(pages)('$heading: ours loads, and every case holds', async ({ heading, text }) => {
    const name = CASES[heading] ?? '';
    const config = join(folder, `${name}.toml`);
    writeFileSync(config, `name = "gateway"\n${tomlOf(intro)}\n${tomlOf(text)}`);
    const cases = join(FOLDER, `${name}.toml`);
    const { said, terminal } = recordingTerminal();
    const code = await run(['test', cases, '--config', config], terminal);
    const { case: listed } = parse(readFileSync(cases, 'utf8')) as unknown as { case: readonly unknown[] };
    expect(code, said.all).toBe(0);
    expect(said.all).toContain(`${listed.length} cases`);
  });

  it.each(pages)('$heading: says what has no counterpart', ({ text }) => {
    expect(text).toMatch(/^No counterpart/m);
    expect(text).toMatch(/https:\/\//);
  });

  it('shows what the command prints', async () => {
    const [, command = '', printed = ''] = /```text\n\$ portcullis (.*)\n([\s\S]*?)```/.exec(intro) ?? [];
    const [, envoy = ''] = /```yaml\n([\s\S]*?)```/.exec(sections[0] ?? '') ?? [];
    const written = new Map<string, string>();
    const { said, terminal } = recordingTerminal({
      readFile: async () => envoy,
      writeFile: async (path, text) => void written.set(path, text),
    });
    await run(command.split(' '), terminal);
    expect(said.all.trim()).toBe(printed.trim());
    const config = join(folder, 'imported.toml');
    writeFileSync(config, written.get('wrangler.toml') ?? '');
    // What is let through by hand and by the command is the same, for the cases of the page.
    const tried = recordingTerminal();
    const code = await run(['test', join(FOLDER, 'envoy.toml'), '--config', config], tried.terminal);
    expect(code, tried.said.all).toBe(0);
  });

  it('names every peer that the command takes', () => {
    const named = [...intro.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual(Object.keys(PEERS).sort());
  });

  it('names no key of ours that there is not', () => {
    const known = new Set(TABLES.flatMap(({ keys }) => Object.keys(keys)));
    const named = sections.flatMap((text) =>
      [...text.matchAll(/^\|[^|\n]*\|([^|\n]*)\|/gm)].flatMap(([, ours = '']) =>
        [...ours.matchAll(/`([a-z_0-9.]+)(?= = |`)/g)].flatMap(([, path = '']) => path.split('.')),
      ),
    );
    expect(named.length).toBeGreaterThan(60);
    expect(named.filter((key) => !known.has(key))).toEqual([]);
  });
});
