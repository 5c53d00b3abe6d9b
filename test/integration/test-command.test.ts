import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PROVIDERS, type Provider } from '../../src/cli/init/providers.ts';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import { run } from '../../src/cli/run.ts';
import { recordingTerminal } from '../fixtures/terminal.ts';

completeRuntime();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-cases-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const POLICY = `
[[durable_objects.bindings]]
name = "REVOCATIONS"
class_name = "RevocationObject"

[vars.ISSUERS.acme]
issuer = "https://id.acme.example"
audience = "https://api.acme.example"
algorithms = ["ES256", "EdDSA"]

[vars.ISSUERS.batch]
issuer = "nightly-batch"
audience = "https://api.acme.example"
hmac_secret = "BATCH_HMAC_SECRET"

[vars.ROUTES.orders]
path = "/orders/*"
host = "api.acme.example"
methods = ["GET"]
origin = "https://orders.example"
issuers = ["acme"]
scope = ["orders:read"]
claims = [{ claim = "/org/tenant", equals = "t1" }]

[vars.ROUTES.orders.headers]
"X-User" = "sub"

[vars.ROUTES.jobs]
path = "/jobs"
origin = "https://jobs.example"
issuers = ["batch"]
revocation = { mode = "off" }
`;

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

async function tryCases(cases: string, ...args: string[]) {
  write('wrangler.toml', POLICY);
  const file = write('portcullis.test.toml', cases);
  const { said, terminal } = recordingTerminal({
    writeFile: async (path, text) => writeFileSync(path, text),
  });
  return { code: await run(['test', file, ...args], terminal), file, ...said };
}

/** One case about /orders/7, as good as can be but for what is given. */
const orders = (token: string, expected: string, request = '') => `
[[case]]
name = "orders"
request = { url = "https://api.acme.example/orders/7"${request} }
token = { issuer = "acme", scope = ["orders:read"], claims = { "/org/tenant" = "t1" }${token} }
expect = { ${expected} }
`;

describe('portcullis test', () => {
  it.each(Object.entries<Provider>(PROVIDERS))(
    'holds the first cases that init writes for %s',
    async (name, provider) => {
      const { said, terminal } = recordingTerminal({
        writeFile: async (path, text) => {
          mkdirSync(dirname(path), { recursive: true });
          writeFileSync(path, text);
        },
      });
      const made = await run(
        [
          ...['init', folder, '--provider', name, '--issuer', provider.issuer, '--name', 'gate'],
          ...['--audience', provider.audience, '--origin', 'https://api.internal.example'],
        ],
        terminal,
      );
      const code = await run(['test', join(folder, 'portcullis.test.toml')], terminal);
      expect({ made, code, err: said.err }).toEqual({ made: 0, code: 0, err: '' });
      expect(said.out).toContain('10 cases, all hold');
    },
  );

  it.each([
    [
      'a good token',
      '',
      'status = 200, route = "orders", reason = "none", headers = { "X-User" = "user-1" }',
    ],
    ['another algorithm of the issuer', ', alg = "EdDSA"', 'status = 200'],
    ["an algorithm that is not the issuer's", ', alg = "RS256"', 'reason = "algorithm_not_allowed"'],
    ['no algorithm', ', alg = "none"', 'reason = "algorithm_not_allowed"'],
    ['another key', ', signature = "forged"', 'status = 401, reason = "signature_invalid"'],
    ['a key nobody has', ', kid = "other"', 'reason = "key_not_found"'],
    ['a type of another kind', ', type = "logout+jwt"', 'reason = "type_unexpected"'],
    ['an end in the past', ', expires_in = "-2m"', 'reason = "expired"'],
    ['an issue in the future', ', issued_ago = "-5m"', 'reason = "not_yet_valid"'],
    ['no identifier', ', without = ["jti"]', 'reason = "claim_missing"'],
    ['a list of audiences', ', audience = ["x", "https://api.acme.example"]', 'status = 200'],
    ['another audience', ', audience = "x"', 'reason = "audience_mismatch"'],
    ['a revocation', ', revoked = true', 'reason = "revoked"'],
  ])('mints a token with %s', async (_, token, expected) => {
    expect(await tryCases(orders(token, expected))).toMatchObject({ code: 0, err: '' });
  });

  it('sends what a client sends, untouched', async () => {
    const { code, err } = await tryCases(`
[[case]]
request = { url = "https://api.acme.example/orders/../jobs" }
expect = { status = 400, reason = "path_ambiguous" }

[[case]]
request = { method = "DELETE", url = "https://api.acme.example/orders/7" }
expect = { status = 405, answer_headers = { Allow = "GET, HEAD" } }

[[case]]
request = { url = "/jobs", headers = { "X-User" = "admin" } }
token = { issuer = "batch", subject = "job-1" }
expect = { status = 200, route = "jobs", headers = { "X-User" = false, "Authorization" = false } }

[[case]]
request = { method = "POST", url = "/jobs", body = "run" }
token = { issuer = "batch" }
expect = { status = 200 }
`);
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  it('says what is not as expected, and why', async () => {
    const { code, out, err } = await tryCases(
      orders(', expires_in = "-2m"', 'status = 200, route = "jobs", headers = { "X-User" = "a" }') +
        orders('', 'status = 200'),
    );
    expect(code).toBe(1);
    expect(out).toBe('ok      orders\n\n2 cases, 1 do not hold\n');
    expect(err).toBe(
      [
        'FAILED  orders',
        '        status: expected 200, got 401 (expired: exp)',
        '        route: expected jobs, got orders',
        '        the origin was not asked (expired: exp)',
        '',
      ].join('\n'),
    );
  });

  it('writes JUnit XML', async () => {
    const junit = join(folder, 'junit.xml');
    const { code, file } = await tryCases(
      `${orders('', 'status = 200')}${orders('', 'answer_headers = { Vary = "<&\\"" }')}`,
      '--junit',
      junit,
    );
    expect(code).toBe(1);
    const xml = readFileSync(junit, 'utf8').replaceAll(/time="[\d.]+"/g, 'time="t"');
    expect(xml).toContain(`<testsuite name="${file}" tests="2" failures="1">`);
    expect(xml).toContain(`<testcase name="orders" classname="${file}" time="t"/>`);
    expect(xml).toContain('expected &quot;&lt;&amp;\\&quot;&quot;, got none');
  });

  it('tells every mistake in the file with its line', async () => {
    const { code, err, file } = await tryCases(`[[case]]
name = "one"
request = { url = "orders" }
expect = { status = "200" }

[[case]]
name = "two"
expect = { reason = "expird" }
request = { url = "/" }

[[case]]
request = { url = "/" }
tokn = { issuer = "acme" }
`);
    expect(code).toBe(1);
    for (const line of [
      `${file}:3  case[0].request.url`,
      `${file}:4  case[0].expect.status`,
      `${file}:8  case[1].expect.reason`,
      'did you mean "expired"?',
      `${file}:13  case[2].tokn`,
      `${file}:11  case[2].expect`,
    ]) {
      expect(err).toContain(line);
    }
  });

  it.each([
    [
      'an issuer that there is not',
      'token = { issuer = "acne" }',
      'there is no issuer acne; there are: acme, batch',
    ],
    [
      'no issuer where there are several',
      'token = {}',
      'token.issuer has to say which of these: acme, batch',
    ],
  ])('fails a case with %s', async (_, token, said) => {
    const { code, err } = await tryCases(
      `[[case]]\nrequest = { url = "/" }\n${token}\nexpect = { status = 200 }\n`,
    );
    expect(code).toBe(1);
    expect(err).toContain(said);
  });

  it('says what is wrong with the policy itself', async () => {
    write('broken.toml', `${POLICY}\n[vars.ROUTES.broken]\npath = "/x"\n`);
    const cases = orders('', 'status = 200');
    const { code, err } = await tryCases(cases, '--config', join(folder, 'broken.toml'));
    expect(code).toBe(1);
    expect(err).toContain('ROUTES.broken.origin');
  });

  it('needs a case', async () => {
    expect((await tryCases('config = "wrangler.toml"\n')).err).toContain('at least one [[case]]');
  });
});

describe('docs/testing.md', () => {
  it('shows cases that hold', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/testing.md'), 'utf8');
    const [, cases = ''] = /```toml\n([\s\S]*?)```/.exec(page) ?? [];
    const policy = POLICY.replace('"/org/tenant"', '"/org/tenant_id"').replace(
      '"X-User" = "sub"',
      '"X-Tenant" = "/org/tenant_id"',
    );
    const config = write('documented.toml', policy);
    expect(await tryCases(cases, '--config', config)).toMatchObject({ code: 0, err: '' });
  });
});
