import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import { run } from '../../src/cli/run.ts';
import { compiled } from '../fixtures/imported.ts';
import { recordingTerminal } from '../fixtures/terminal.ts';

completeRuntime();

const WHOLE = `providers:
  acme:
    issuer: https://id.acme.example
    audiences: [https://api.acme.example]
rules:
  - match: { path: /health }
  - match: { prefix: / }
    requires: { provider_name: acme }
`;
const LOSSY = WHOLE.replace('/health', '/health, headers: [{ name: x-probe, present_match: true }]');

async function importing(
  text: string,
  args: readonly string[] = ['peer.yaml', '--origin', 'https://shop.example'],
) {
  const written = new Map<string, string>();
  const { said, terminal } = recordingTerminal({
    readFile: async () => text,
    readStdin: async () => text,
    exists: async (path) => written.has(path),
    writeFile: async (path, content) => void written.set(path, content),
  });
  const code = await run(['import', ...args], terminal);
  return { code, said, written, terminal };
}

describe('portcullis import', () => {
  it('writes a policy that check takes, and ends with 0 where nothing is lost', async () => {
    const { code, said } = await importing(WHOLE);
    expect(code, said.err).toBe(0);
    expect(said.err).toContain('1 issuer, 2 routes, no losses');
    expect(
      compiled(said.out)
        .routes.map(({ name }) => name)
        .sort(),
    ).toEqual(['everything', 'health']);
  });

  it('tells of every loss with its line, and ends with 1', async () => {
    const { code, said } = await importing(LOSSY);
    expect(code).toBe(1);
    expect(said.err).toContain('peer.yaml:6  rule 1 (health)');
    expect(said.err).toContain('x-probe');
    // The rule that may match is open, so what it falls to decides.
    expect(compiled(said.out).routes.every(({ access }) => access.authentication === 'required')).toBe(true);
  });

  it('leaves out what the file does not say, so that check asks for it', async () => {
    const { code, said } = await importing(WHOLE.replace(/ {4}audiences.*\n/, ''), ['peer.yaml']);
    expect(code).toBe(1);
    expect(said.err).toContain('ISSUERS.acme.audience');
    expect(said.err).toContain('ROUTES.everything.origin');
    expect(() => compiled(said.out)).toThrow('ISSUERS.acme.audience');
    expect(() => compiled(said.out)).toThrow('ROUTES.everything.origin');
  });

  it('writes both files where it is told to, and never over one', async () => {
    const { written, terminal, said } = await importing(WHOLE, [
      '-',
      '--origin',
      'https://shop.example',
      '--out',
      'wrangler.toml',
      '--report',
      'report.txt',
    ]);
    expect([...written.keys()]).toEqual(['wrangler.toml', 'report.txt']);
    expect(said.all).toBe('');
    expect(await run(['import', 'x', '--out', 'wrangler.toml'], terminal)).toBe(1);
    expect(said.err).toContain('is there already');
  });

  it.each<[string, readonly string[]]>([
    ['no file', []],
    ['two files', ['a', 'b']],
    ['a peer nobody knows', ['a', '--from', 'envoi']],
    ['an option nobody knows', ['a', '--form', 'envoy']],
    ['an origin that is none', ['a', '--origin', 'shop']],
  ])('is mistyped with %s', async (_, args) => {
    expect((await importing(WHOLE, args)).code).toBe(2);
  });

  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...'bcdefghi'
      .split('')
      .map((name, index) => `${name}: &${name} [${`*${'abcdefgh'[index]}, `.repeat(9)}]`),
  ].join('\n');
  it.each<[string, string, RegExp]>([
    ['a bomb of aliases', `providers: {}\nrules: []\n${bomb}`, /peer\.yaml:\d+: .*aliases counted/],
    ['an alias of itself', 'providers: &a { b: *a }\nrules: []', /peer\.yaml:\d+: /],
    ['nesting without end', `rules: []\nproviders: ${'['.repeat(400)}${']'.repeat(400)}`, /peer\.yaml:\d+: /],
    ['a huge file', `# ${'x'.repeat(4_100_000)}`, /peer\.yaml:1: more than/],
    ['no YAML', 'providers: {\nrules: [', /peer\.yaml:\d+: no YAML/],
    ['a key twice', 'providers: {}\nproviders: {}\nrules: []', /peer\.yaml:\d+: no YAML/],
    ['half a surrogate pair', 'providers: "\ud800"', /peer\.yaml:1: /],
    ['something else', 'hello: world', /is of none that is known/],
    ['nothing', '', /is of none that is known/],
    [
      'text for a table',
      'providers: yes\nrules: []',
      /peer\.yaml:1: providers is a table there, and here text/,
    ],
    [
      'a table for text',
      'providers: { a: { issuer: {} } }\nrules: []',
      /peer\.yaml:1: issuer is text there, and here a table/,
    ],
    ['text for a list', 'providers: {}\nrules: all', /peer\.yaml:2: rules is a list there/],
    [
      'a provider nobody knows',
      'providers: {}\nrules:\n  - requires: { provider_name: x }\n    match: { prefix: / }',
      /peer\.yaml:3: there is no provider/,
    ],
    [
      'two workloads',
      'kind: AuthorizationPolicy\nspec: { selector: { matchLabels: { app: a } } }\n---\nkind: AuthorizationPolicy\nspec: { selector: { matchLabels: { app: b } }, rules: [{}] }',
      /peer\.yaml:4: a second workload/,
    ],
    [
      'a private key',
      `providers: { a: { issuer: i, local_jwks: { inline_string: '{"keys":[{"kty":"EC","d":"S3CRET"}]}' } } }\nrules: []`,
      /a private key/,
    ],
  ])('refuses %s, with the file and the line', async (_, text, message) => {
    const { code, said } = await importing(text, ['peer.yaml']);
    expect(said.err).toMatch(message);
    expect(said.err).not.toMatch(/S3CRET|\n\s+at /);
    expect(code).toBe(1);
  });

  it('writes whatever text as text', async () => {
    const name = 'a"]\n[vars.ROUTES.open]\npath = "/"\nauthentication = "none"\n# \u007f';
    const text = JSON.stringify({
      providers: {
        [name]: {
          issuer: name,
          audiences: [name],
          remote_jwks: { http_uri: { uri: 'https://id.example/jwks' } },
          claim_to_headers: [{ header_name: 'x-a', claim_name: name }],
        },
      },
      rules: [{ match: { prefix: '/' }, requires: { provider_name: name } }],
    });
    const { said } = await importing(text);
    const { vars } = parse(said.out) as unknown as {
      vars: Record<string, Record<string, { issuer?: string; headers?: unknown }>>;
    };
    expect(Object.values(vars.ISSUERS ?? {}).map(({ issuer }) => issuer)).toEqual([name]);
    expect(Object.keys(vars.ROUTES ?? {})).toEqual(['everything']);
  });
});
