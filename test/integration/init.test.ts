import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PROVIDERS, type Provider } from '../../src/cli/init/providers.ts';
import { loadPolicyModule } from '../../src/cli/policy-module.ts';
import { run } from '../../src/cli/run.ts';
import { compilePolicy } from '../../src/config/compile.ts';
import { REQUEST_RULES } from '../../src/gateway/request-rules.ts';
import { recordingTerminal } from '../fixtures/terminal.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-init-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const ANSWERS = [
  ...['--provider', 'own', '--issuer', 'https://id.example'],
  ...['--audience', 'api', '--origin', 'https://api.internal.example'],
] as const;

/** `portcullis init` with the files kept in memory. */
async function init(args: readonly string[], there: Readonly<Record<string, string>> = {}, typed?: string[]) {
  const files = new Map(Object.entries(there));
  const { said, terminal } = recordingTerminal({
    exists: async (path) => files.has(path),
    readFile: async (path) => files.get(path) ?? '',
    writeFile: async (path, text) => void files.set(path, text),
    ...(typed && { ask: async () => typed.shift() }),
  });
  const code = await run(['init', ...args], terminal);
  return { code, files, ...said };
}

const policyIn = (toml: string) =>
  compilePolicy({ ...Object(parse(toml).vars), REVOCATIONS: new (class Binding {})() }, REQUEST_RULES);

describe('portcullis init', () => {
  it.each(Object.entries<Provider>(PROVIDERS))(
    'writes a policy for %s that compiles',
    async (name, provider) => {
      const { issuer, audience } = provider;
      const origin = 'https://api.internal.example';
      const { code, files } = await init([
        ...['--provider', name, '--issuer', issuer, '--audience', audience, '--origin', origin],
        'gate',
      ]);
      expect(code).toBe(0);
      expect([...files.keys()].toSorted()).toEqual(
        [
          '.gitignore',
          'package.json',
          'portcullis.test.toml',
          'src/gateway.ts',
          'tsconfig.json',
          'wrangler.toml',
        ].map((file) => join('gate', file)),
      );
      const compiled = policyIn(files.get('gate/wrangler.toml') ?? '');
      expect(compiled).toMatchObject({ ok: true, value: { policy: { issuers: [{ name, issuer }] } } });
      expect(compiled.ok && compiled.value.warnings).toEqual([]);
    },
  );

  it.each(Object.entries<Provider>(PROVIDERS))(
    'writes for %s in code what it writes in wrangler.toml',
    async (name, { issuer, audience }) => {
      const args = [
        ...['--provider', name, '--issuer', issuer, '--audience', audience],
        ...['--origin', 'https://api.internal.example', '--name', 'gate'],
      ];
      const inFile = await init(args);
      const inCode = await init([...args, '--in-code']);
      expect([...inCode.files.keys()].toSorted()).toEqual([...inFile.files.keys()].toSorted());
      const toml = inCode.files.get('wrangler.toml') ?? '';
      expect(parse(toml)).not.toHaveProperty('vars');
      const module = join(folder, 'gateway.ts');
      writeFileSync(module, inCode.files.get('src/gateway.ts') ?? '');
      const { tables } = await loadPolicyModule(module);
      expect(tables).toEqual(parse(inFile.files.get('wrangler.toml') ?? '').vars);
    },
  );

  it('writes scripts and cases that know of a policy in code', async () => {
    const { files } = await init([...ANSWERS, '--name', 'gate', '--in-code']);
    expect(JSON.parse(files.get('package.json') ?? '').scripts).toMatchObject({
      dev: 'portcullis dev --policy src/gateway.ts',
      check: 'portcullis check --policy src/gateway.ts',
      test: 'portcullis test',
      predeploy: 'portcullis check --policy src/gateway.ts --deploy',
    });
    expect(parse(files.get('portcullis.test.toml') ?? '')).toMatchObject({ policy: 'src/gateway.ts' });
  });

  it('writes what it was told, whatever characters are in it', async () => {
    const audience = 'a "quoted" \\ name, ünï';
    const { files } = await init([...ANSWERS, '--audience', audience, '--name', 'orders-gateway']);
    const written: { name?: unknown; vars?: { ISSUERS?: unknown } } = parse(files.get('wrangler.toml') ?? '');
    expect(written.name).toBe('orders-gateway');
    expect(written.vars?.ISSUERS).toMatchObject({ own: { audience: [audience] } });
  });

  it('takes the compatibility date that the gateway is tested with', async () => {
    const { files } = await init(ANSWERS);
    const ours = readFileSync(join(import.meta.dirname, '../../wrangler.toml'), 'utf8');
    const [date = 'none'] = /^compatibility_date = .*$/m.exec(ours) ?? [];
    expect(files.get('wrangler.toml')).toContain(date);
  });

  it('is what create-portcullis of the same version calls', () => {
    const root = join(import.meta.dirname, '../..');
    const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const creator = JSON.parse(readFileSync(join(root, 'create-portcullis/package.json'), 'utf8'));
    expect([creator.version, creator.dependencies.portcullis]).toEqual([own.version, own.version]);
  });

  it('keeps what a package.json has', async () => {
    const there = {
      name: 'mine',
      scripts: { dev: 'something else' },
      dependencies: { portcullis: 'file:x' },
    };
    const { files } = await init(ANSWERS, { 'package.json': JSON.stringify(there) });
    expect(JSON.parse(files.get('package.json') ?? '')).toMatchObject({
      name: 'mine',
      scripts: { dev: 'something else', check: 'portcullis check' },
      dependencies: { portcullis: 'file:x' },
    });
  });

  it('writes over nothing', async () => {
    const { code, err, files } = await init(ANSWERS, { 'src/gateway.ts': 'mine' });
    expect(code).toBe(1);
    expect(err).toContain('src/gateway.ts is there already; nothing was written');
    expect([...files]).toEqual([['src/gateway.ts', 'mine']]);
  });

  it('asks for what is missing until the answer is good', async () => {
    const typed = [
      'auht0',
      'auth0',
      'acme',
      'https://acme.eu.auth0.com/',
      'https://api.example',
      'https://o.example',
    ];
    const { code, err, files } = await init(['--name', 'gate'], {}, typed);
    expect(code).toBe(0);
    expect(err).toContain('did you mean "auth0"');
    expect(err).toContain('exactly as "iss" has it');
    expect(files.get('wrangler.toml')).toContain('issuer = "https://acme.eu.auth0.com/"');
  });

  it('stops at the end of input', async () => {
    const { code, err, files } = await init(['--name', 'gate'], {}, ['own']);
    expect({ code, files: files.size }).toEqual({ code: 1, files: 0 });
    expect(err).toContain('nothing was written');
  });

  it.each([
    [['--provider', 'own'], '--issuer, --audience, --origin needed'],
    [[...ANSWERS, '--provider', 'keycloack'], 'did you mean "keycloak"'],
    [[...ANSWERS, '--issuer', 'http://id.example'], 'an https URL'],
    [[...ANSWERS, '--audience', '*'], 'no wildcard'],
    [[...ANSWERS, '--origin', 'https://api.example?v=1'], 'an https URL of the origin'],
    [[...ANSWERS, '--store', 'memory'], '"embedded", "redis"'],
    [[...ANSWERS, '--name', 'Gate way'], 'give --name'],
    [[...ANSWERS, 'a', 'b'], 'one folder, not 2'],
  ])('refuses %j', async (args, said) => {
    const { code, err, files } = await init(args);
    expect({ code, files: files.size }).toEqual({ code: 2, files: 0 });
    expect(err).toContain(said);
  });

  it('makes a folder that the checker finds sound', async () => {
    const { files } = await init([...ANSWERS, '--name', 'gate']);
    writeFileSync(join(folder, 'wrangler.toml'), files.get('wrangler.toml') ?? '');
    const { said, terminal } = recordingTerminal();
    expect(await run(['check', '--config', join(folder, 'wrangler.toml'), '--deploy'], terminal)).toBe(0);
    expect(said.err).toBe('');
    expect(readFileSync(join(folder, 'wrangler.toml'), 'utf8')).toContain('workers_dev = false');
  });
});
