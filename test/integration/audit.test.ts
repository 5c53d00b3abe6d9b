import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import { ISSUER_RULES, ROUTE_RULES } from '../../src/cli/review/audit-rules.ts';
import { run } from '../../src/cli/run.ts';
import { recordingTerminal } from '../fixtures/terminal.ts';

completeRuntime();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-audit-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** About which nothing is to be asked. */
const POLICY = `
main = "src/gateway/worker.ts"
[[durable_objects.bindings]]
name = "REVOCATIONS"
class_name = "RevocationObject"

[vars.ISSUERS.acme]
issuer = "https://id.acme.example"
audience = ["https://api.acme.example"]

[vars.ISSUERS.batch]
issuer = "https://batch.example"
audience = ["https://api.acme.example"]

[vars.ROUTES.orders]
path = "/orders/*"
origin = "https://orders.example"
issuers = ["acme"]
scope = ["orders:read"]

[vars.ROUTES.jobs]
path = "/jobs"
methods = ["GET"]
origin = "https://jobs.example"
issuers = ["batch"]
`;

async function auditOf(policy: string, args: readonly string[] = [], file?: string) {
  writeFileSync(join(folder, 'wrangler.toml'), policy);
  if (file !== undefined) writeFileSync(join(folder, 'portcullis.audit.toml'), file);
  const { said, terminal } = recordingTerminal({
    exists: async (path) => path.endsWith('wrangler.toml') || file !== undefined,
    readFile: async (path) => readFileSync(path, 'utf8'),
  });
  const code = await run(['audit', '--config', join(folder, 'wrangler.toml'), ...args], terminal);
  return { code, ...said };
}

async function namesOf(policy: string): Promise<readonly string[]> {
  const { out, err } = await auditOf(policy, ['--json']);
  expect(err).toBe('');
  return (JSON.parse(out) as { concerns: { name: string }[] }).concerns.map(({ name }) => name);
}

const changed = (...changes: readonly (readonly [string, string])[]): string =>
  changes.reduce((text, [from, to]) => {
    expect(text).toContain(from);
    return text.replace(from, to);
  }, POLICY);

const SCOPE = 'scope = ["orders:read"]';
const ACME = 'issuer = "https://id.acme.example"';

/** Each rule, and a change that it asks about. */
const ASKED: readonly (readonly [
  rule: string,
  subject: string,
  ...changes: (readonly [string, string])[],
])[] = [
  ['public_prefix', 'orders', [`issuers = ["acme"]\n${SCOPE}`, 'authentication = "none"']],
  ['report_only', 'orders', [SCOPE, `${SCOPE}\nenforce = "report"`]],
  ['every_issuer', 'orders', ['issuers = ["acme"]', 'issuers = ["acme", "batch"]']],
  ['unsafe_without_requirement', 'orders', [`${SCOPE}\n`, '']],
  [
    'accepted_doubt',
    'orders',
    [SCOPE, `${SCOPE}\nrevocation = { mode = "strict", on_unavailable = "accept" }`],
  ],
  ['no_revocation', 'orders', [SCOPE, `${SCOPE}\nrevocation = { mode = "off" }`]],
  ['long_staleness', 'orders', [SCOPE, `${SCOPE}\nrevocation = { mode = "cached", max_staleness = "5m" }`]],
  ['query_token', 'orders', [SCOPE, `${SCOPE}\ntoken_sources = [{ query = "access_token" }]`]],
  ['cookie_prefix', 'orders', [SCOPE, `${SCOPE}\ntoken_sources = [{ cookie = "session" }]`]],
  [
    'cookie_for_others',
    'orders',
    [SCOPE, `${SCOPE}\ntoken_sources = [{ cookie = "__Host-s", allowed_origins = ["https://app.example"] }]`],
  ],
  ['client_identity_header', 'orders', [SCOPE, `${SCOPE}\nkeep_headers = ["X-Forwarded-User"]`]],
  [
    'plain_origin',
    'orders',
    ['https://orders.example', 'http://orders.example'],
    [SCOPE, `${SCOPE}\nallow_http = ["orders.example"]`],
  ],
  ['local_origin', 'orders', ['https://orders.example', 'http://localhost:8789']],
  [
    'shared_secret',
    'acme',
    [ACME, `${ACME}\nhmac_secret = "ACME_SECRET"`],
    ['issuers = ["batch"]', 'issuers = ["acme", "batch"]'],
  ],
  [
    'no_token_lifetime',
    'batch',
    ['issuers = ["batch"]', 'issuers = ["batch"]\nrevocation = { mode = "off" }'],
  ],
  ['no_expiry', 'acme', [ACME, `${ACME}\nallow_no_expiry = true\nmax_token_age = "1h"`]],
  ['any_audience', 'acme', ['audience = ["https://api.acme.example"]', 'allow_no_audience = true']],
  [
    'confusable_header',
    'orders',
    [
      SCOPE,
      `${SCOPE}
headers = { "X_User" = "sub" }`,
    ],
  ],
  ['local_issuer', 'acme', [ACME, 'issuer = "http://localhost:8788"']],
  ['unused_issuer', 'batch', ['issuers = ["batch"]', 'issuers = ["acme"]']],
  [
    'shadowed',
    'orders',
    [
      '[vars.ROUTES.jobs]',
      ['/orders', '/orders/', '/orders/:id/*']
        .map(
          (path, index) =>
            `[vars.ROUTES.o${index}]\npath = "${path}"\norigin = "https://o.example"\nissuers = ["acme"]\n`,
        )
        .concat('[vars.ROUTES.jobs]')
        .join('\n'),
    ],
  ],
  [
    'nobody_passes',
    'orders',
    [SCOPE, 'require = { all = [{ claim = "n", min = 3 }, { claim = "n", max = 2 }] }'],
  ],
];

describe('portcullis audit', () => {
  it('asks nothing about a policy that is as it should be', async () => {
    expect(await auditOf(POLICY)).toMatchObject({ code: 0, out: 'nothing to ask\n', err: '' });
  });

  it.each(ASKED.map(([rule, subject, ...changes]) => ({ rule, subject, changes })))(
    'asks about $rule of $subject',
    async ({ rule, subject, changes }) => {
      expect(await namesOf(changed(...changes))).toContain(`${rule}.${subject}`);
    },
  );

  it('asks of a prefix that is open to whoever comes without a token, too', async () => {
    expect(await namesOf(changed([SCOPE, `${SCOPE}\nauthentication = "optional"`]))).toEqual([
      'public_prefix.orders',
    ]);
  });

  it('does not call an issuer unused whose tokens are looked at and nobody is refused', async () => {
    expect(await namesOf(changed([SCOPE, `${SCOPE}\nenforce = "report"`]))).toEqual(['report_only.orders']);
  });

  it('has a test for each of its rules', () => {
    const rules = [...Object.keys(ROUTE_RULES), ...Object.keys(ISSUER_RULES), 'shadowed', 'nobody_passes'];
    expect(rules.toSorted()).toEqual(ASKED.map(([rule]) => rule).toSorted());
  });

  it('is silenced by name, with a reason, and says what is silenced in vain', async () => {
    const policy = changed(['https://orders.example', 'http://localhost:8789']);
    const silence = (text: string) => auditOf(policy, [], `[silence]\n${text}`);
    expect(await silence('"local_origin.orders" = "a trial"')).toMatchObject({
      code: 0,
      out: 'nothing to ask, 1 silenced\n',
    });
    const vain = await silence('"local_origin.orders" = "a trial"\n"any_audience.acme" = "x"');
    expect(vain).toMatchObject({ code: 1 });
    expect(vain.out).toContain('silences any_audience.acme, which nothing asks');
    expect((await silence('"local_origin.orders" = " "')).err).toContain('has to say why');
    expect((await silence('"local_origin.orders" = 1')).err).toContain('has to say why');
    expect((await auditOf(policy, [], 'silences = 1')).err).toContain('silences is not known here');
    expect((await auditOf(policy, [], 'assert = "x"')).err).toContain('a list of sentences');
    expect((await auditOf(policy, [], '= 1')).err).toContain('no TOML');
  });

  it('proves sentences of the file, and of the command line alone', async () => {
    const holds = 'no request reaches origin "orders" without scope "orders:*" from issuer "acme"';
    expect(await auditOf(POLICY, [], `assert = ['${holds}']`)).toMatchObject({ code: 0 });
    const failing = await auditOf(POLICY, [], `assert = ['no request reaches origin "jobs"']`);
    expect(failing).toMatchObject({ code: 1 });
    expect(failing.out).toContain(
      'GET https://gateway.example/jobs, a token of batch: let through by route jobs\n',
    );
    const alone = await auditOf(changed([SCOPE, '']), [
      '--assert',
      'no request reaches any origin without a token',
    ]);
    expect(alone).toMatchObject({ code: 0, err: '' });
  });

  it.each([
    ['no request reaches origin "billing"', 1, 'there is no origin "billing"'],
    ['no request reaches route "x"', 1, 'there is no route "x"'],
    ['no request reaches any origin without issuer "x"', 1, 'there is no issuer "x"'],
    ['no request with method "POST" reaches path "/jobs"', 0, 'holds'],
    ['no request with method "POST" reaches path "/jobs" without a token', 1, 'there is no request of which'],
    ['no request reaches path "/ordesr/*" without a token', 1, 'there is no request of which it speaks'],
    ['no request reaches path "/Orders/*" without a token', 1, 'there is no request of which it speaks'],
    ['no request reaches path "/ordesr/*"', 0, '(0 regions of requests)'],
    ['no request with method "HEAD" reaches path "/jobs" without issuer "batch"', 0, '(1 region of'],
    ['no request with method "SEARCH" reaches path "/orders/*" without scope "orders:*"', 0, 'holds'],
    ['no request reaches host "*.EXAMPLE" without issuer "acme"', 1, 'https://any.example/jobs'],
    ['no request reaches host "H.example" without issuer "acme"', 1, 'https://h.example/jobs'],
    ['no request reaches path "/orders/" without scope "ORDERS:read"', 1, 'example/orders/'],
    ['no request reaches origin "https://orders.example" without scope "orders:*"', 0, 'holds'],
    ['no request reaches origin "https://orders.example/" without a token', 1, 'there is no origin'],
    ['no request reaches any origin without issuer "https://batch.example"', 1, 'there is no issuer'],
    ['no request reaches route "orders" without scope "orders:read" and issuer "batch"', 1, 'FAILS'],
    ['no request reaches route "orders" without scope "order:*"', 1, 'FAILS'],
    ['no request with method "GET" reaches path "/jobs"', 1, 'FAILS'],
    ['no request reaches path "/orders/secret" without scope "orders:read"', 0, 'holds'],
    [
      'no request reaches path "/orders/secret" without scope "orders:write"',
      1,
      'GET https://gateway.example/orders/secret',
    ],
    ['no request reaches host "h.example" without scope "orders:read"', 1, 'https://h.example/jobs'],
    [
      'no request reaches path "/orders/*" without issuer "batch"',
      1,
      'a token of acme with scope="orders:read"',
    ],
  ])('proves or breaks: %s', async (sentence, code, said) => {
    const answer = await auditOf(POLICY, ['--assert', sentence]);
    expect(answer).toMatchObject({ code, err: '' });
    expect(answer.out).toContain(said);
    expect(answer.out).not.toContain('unconfirmed');
  });

  const requiring = (requirement: string, ...more: readonly (readonly [string, string])[]) =>
    changed([SCOPE, requirement], ...more);
  it.each<[string, string, string, number, string]>([
    ['a person of their own', '{ claim = "sub", equals_param = "id" }', 'without claim "sub"', 0, 'holds'],
    ['nobody', '{ all = [{ claim = "n", min = 3 }, { claim = "n", max = 2 }] }', '', 0, 'holds'],
    ['a number', '{ claim = "n", min = 3 }', 'without claim "n" equal to "3"', 1, 'with n='],
    ['all but one', '{ not = { claim = "r", equals = "x" } }', 'without claim "r"', 1, 'a token of acme:'],
    [
      'one of two',
      '{ any = [{ scope = ["a"] }, { client = ["c"] }] }',
      'without scope "a"',
      1,
      'client_id="c"',
    ],
    ['a client of the name none', '{ client = ["none"] }', '', 1, 'client_id="none"'],
    [
      'either of two parts, which come to the same',
      '{ any = [{ all = [{ scope = ["a"] }, { claim = "r", exists = true }] }, { scope = ["a", "b"] }] }',
      'without scope "a"',
      0,
      'holds',
    ],
  ])(
    'proves or breaks what is said of a route that lets in %s',
    async (_, requirement, said, code, answer) => {
      const path = requirement.includes('param') ? '/orders/:id' : '/orders/*';
      const policy = requiring(`require = ${requirement}`, ['path = "/orders/*"', `path = "${path}"`]);
      const proof = await auditOf(policy, ['--assert', `no request reaches route "orders" ${said}`]);
      expect(proof).toMatchObject({ code, err: '' });
      expect(proof.out).toContain(answer);
      expect(proof.out).not.toContain('unconfirmed');
    },
  );

  it.each([
    '{ claim = "scope", contains_any = ["a"], separator = "space" }, { scope = ["a"] }',
    '{ claim = "/org/t", equals = "a" }, { claim = "org", has_key = "u" }',
  ])('leaves undecided what asks for one claim by two means, and takes it for no proof: %s', async (both) => {
    const policy = requiring(`require = { all = [${both}] }`);
    const proof = await auditOf(policy, ['--assert', 'no request reaches route "orders" without client "c"']);
    expect(proof).toMatchObject({ code: 1, out: expect.stringMatching(/^undecided /) });
  });

  it('knows an origin that is another Worker by its binding, with and without its kind', async () => {
    const policy = changed(
      ['https://jobs.example', 'service:JOBS'],
      ['[vars.ISSUERS.acme]', '[[services]]\nbinding = "JOBS"\nservice = "jobs"\n\n[vars.ISSUERS.acme]'],
    );
    for (const name of ['JOBS', 'service:JOBS']) {
      const sentence = `no request reaches origin "${name}" without issuer "batch"`;
      expect(await auditOf(policy, ['--assert', sentence])).toMatchObject({ code: 0, err: '' });
    }
  });

  it.each([
    ['authentication = "optional"', 'no token'],
    ['enforce = "report"', 'no token'],
  ])('counts who comes without a token where %s lets them', async (key, said) => {
    const sentence = 'no request reaches route "orders" without a token';
    const proof = await auditOf(changed([SCOPE, `${SCOPE}\n${key}`]), ['--assert', sentence]);
    expect(proof).toMatchObject({ code: 1, err: '' });
    expect(proof.out).toContain(said);
  });

  it.each([
    ['a sentence that is none', ['--assert', 'no'], 2],
    ['an option that is none', ['--asert', 'x'], 2],
  ])('refuses %s', async (_, args, code) => {
    expect(await auditOf(POLICY, args)).toMatchObject({ code });
  });
});
