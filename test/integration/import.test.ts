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
    ['brackets without end', `a: ${'['.repeat(100_000)}`, /peer\.yaml:1: no YAML/],
    ['tables without end', '{"a":'.repeat(20_000), /peer\.yaml:\d+: no YAML/],
    ['TOML without end', `upstreams = ${'['.repeat(100_000)}`, /peer\.yaml:1: no TOML/],
    ['a tab for an indent', 'rules: []\nproviders:\n\ta: {}', /peer\.yaml:3: no YAML: Tabs/],
    [
      'a tag of its own',
      'rules: []\nproviders: { a: { issuer: !Sub "https://x" } }',
      /peer\.yaml:2: the tag !Sub/,
    ],
    ['a tag of a language', 'rules: []\nproviders: !!python/object:os.system {}', /peer\.yaml:2: the tag/],
    ['something else to merge', 'rules: []\nproviders: { <<: [text] }', /peer\.yaml:2: << is a table there/],
    [
      'a number that is read in several ways',
      'rules: []\nproviders: { a: { issuer: i, clock_skew_seconds: 012 } }',
      /peer\.yaml:2: clock_skew_seconds is a number there, and here text/,
    ],
    [
      'a number without end',
      'rules: []\nproviders: { a: { clock_skew_seconds: .inf } }',
      /is a number there/,
    ],
    [
      'a flag with half a quote',
      '--provider=oidc\n--skip-auth-route="^/a',
      /peer\.yaml:2: quotes or a backslash/,
    ],
    [
      'a backslash that a shell takes away',
      '--skip-auth-route=^/a\\.b',
      /peer\.yaml:1: quotes or a backslash/,
    ],
    ['a word beside the flags', '--provider=oidc --upstream=http://a/ and more', /peer\.yaml:1: a word/],
    [
      'IngressRoute',
      'kind: IngressRoute\nspec: { routes: [] }',
      /peer\.yaml:1: a Kubernetes resource, IngressRoute/,
    ],
    ['KongPlugin', 'kind: Service\n---\nkind: KongPlugin\nplugin: jwt', /a Kubernetes resource, Service/],
    [
      'policies of two namespaces',
      'kind: AuthorizationPolicy\nmetadata: { namespace: a }\n---\nkind: AuthorizationPolicy\nmetadata: { namespace: b }',
      /peer\.yaml:4: a second namespace/,
    ],
    [
      'routers of two entry points',
      'http:\n  routers:\n    a: { rule: "Path(`/a`)", entryPoints: [web] }\n    b: { rule: "Path(`/b`)", entryPoints: [inner] }',
      /peer\.yaml:4: a second entry point/,
    ],
    [
      'a plugin of a service that is not there',
      '_format_version: "3.0"\nplugins: [{ name: jwt, service: gone }]',
      /peer\.yaml:2: plugin jwt: there is no service "gone"/,
    ],
    [
      'a key of two consumers',
      `_format_version: "3.0"\nconsumers:\n${['a', 'b'].map((name) => `  - { username: ${name}, jwt_secrets: [{ key: k, secret: S3CRET }] }`).join('\n')}`,
      /peer\.yaml:4: a key of two credentials/,
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

  it.each<[string, string]>([
    [
      'an upstream',
      'upstreams = ["ftp://user:S3CRET@files.example/?token=S3CRET"]\nclient_secret = "S3CRET"\n',
    ],
    ['an origin', 'upstreams = ["https://user:S3CRET@shop.example/"]\ncookie_secret = "S3CRET"\n'],
    [
      'a service',
      '_format_version: "3.0"\nservices: [{ name: a, url: "http://:S3CRET@a/", routes: [{ paths: [/] }] }]',
    ],
    [
      'a secret of a consumer',
      '_format_version: "3.0"\nconsumers: [{ username: a, jwt_secrets: [{ key: k, secret: S3CRET }] }]\nservices: []',
    ],
    [
      'a secret of a middleware',
      'http: { routers: { a: { rule: "Path(`/a`)", middlewares: [j] } }, middlewares: { j: { plugin: { jwt: { signingSecret: S3CRET } } } } }',
    ],
  ])('repeats no secret of %s', async (_, text) => {
    const { said } = await importing(text, ['peer.yaml']);
    expect(said.err).toContain('peer.yaml:');
    expect(said.all).not.toContain('S3CRET');
  });

  it('reads what YAML merges, and keeps the text of what only looks like a number', async () => {
    const { said } = await importing(
      `\uFEFFx-common: &common { audiences: [012, 1e3, yes, 1.0] }
providers: { acme: { issuer: https://id.acme.example, <<: *common } }
rules: [{ match: { prefix: / }, requires: { provider_name: acme } }]
`,
    );
    expect(said.out).toContain('audience = ["012", "1e3", "yes", "1.0"]');
  });

  it('reads flags as a shell or a list has them, without their comments', async () => {
    const { said } = await importing(
      `# - --skip-auth-route=^/secret$
- --provider=oidc
- "--oidc-issuer-url=https://id.acme.example" # --skip-auth-route=^/hidden$
- --client-id shop
- --email-domain='*' \\
- --skip-jwt-bearer-tokens
- "--skip-auth-route=^/a\\.b$"
- --upstream=https://shop.example/
`,
      ['-'],
    );
    const { routes } = compiled(said.out);
    const open = routes.filter(({ access }) => access.authentication === 'none');
    expect(open.map(({ name }) => name)).toEqual(['a-b']);
    expect(said.out).toContain('path = "/a.b"');
    expect(said.out).not.toMatch(/secret|hidden/);
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
