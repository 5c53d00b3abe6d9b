import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import { run } from '../../src/cli/run.ts';
import { REJECTIONS, type RejectionReason } from '../../src/core/rejection.ts';
import type { Explanation } from '../../src/telemetry/explanation.ts';
import { withOpenTelemetryNames } from '../../src/telemetry/opentelemetry-names.ts';
import { EXPLAINED_NOW, EXPLAINED_POLICY, explainedIssuer } from '../fixtures/explained.ts';
import { recordingTerminal } from '../fixtures/terminal.ts';

completeRuntime();

type Issuer = Awaited<ReturnType<typeof explainedIssuer>>;

let folder: string;
let config: string;
let issuer: Issuer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-explain-'));
  config = join(folder, 'wrangler.toml');
  writeFileSync(config, EXPLAINED_POLICY);
  issuer = await explainedIssuer();
  writeFileSync(join(folder, 'jwks.json'), issuer.jwks);
  writeFileSync(join(folder, '.dev.vars'), issuer.secrets);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What is asked: a request, or an event in the log. */
interface Asked {
  readonly args: readonly string[];
  readonly stdin?: string;
  /** In the place of `--jwks`. */
  readonly keys?: readonly string[];
}

async function explained(
  { args, stdin = '', keys = ['--jwks', join(folder, 'jwks.json')] }: Asked,
  ...more: string[]
) {
  const { said, terminal } = recordingTerminal({
    readStdin: async () => stdin,
    readFile: async (path) => readFileSync(path, 'utf8'),
    now: () => EXPLAINED_NOW,
  });
  const where = args.includes('--event') ? [] : ['--config', config, ...keys];
  const code = await run(['explain', ...args, ...where, ...more], terminal);
  return { code, ...said };
}

const ORDERS = 'https://api.acme.example/orders/7';
const withToken = (stdin: string, ...args: string[]): Asked => ({
  args: [...(args.length === 0 ? [ORDERS] : args), '--token', '-'],
  stdin,
});
const ofEvent = (reason: RejectionReason, evidence: string): Asked => ({
  args: ['--event', '-'],
  stdin: JSON.stringify({
    event: 'request',
    time: EXPLAINED_NOW - 180,
    reference: '4d1f3e0c9a2b77586b0e51f2a4c83d07',
    method: 'GET',
    host: 'api.acme.example',
    path: '/orders/7',
    route: 'orders',
    decision: REJECTIONS[reason].state,
    reason,
    evidence,
    status: REJECTIONS[reason].status,
  }),
});

/** For each reason something that is refused for it, and words that the explanation must have. */
const EXAMPLES: {
  readonly [reason in Exclude<RejectionReason, 'config_invalid'>]: readonly [
    ask: (issuer: Issuer) => Asked | Promise<Asked>,
    words: string,
  ];
} = {
  route_not_found: [
    () => ({ args: ['https://api.acme.example/order/7'] }),
    'No route is for api.acme.example/order/7. Route orders comes nearest; its path is another: api.acme.example/orders/*.',
  ],
  path_ambiguous: [
    () => ({ args: ['https://api.acme.example/public/admin%2Fusers'] }),
    'The path has "%2F". Some origins read this path as one of another route',
  ],
  method_not_allowed: [
    () => ({ args: ['DELETE', ORDERS] }),
    'The route is for GET, POST, HEAD, and the request is DELETE.',
  ],
  cross_origin_forbidden: [
    () => ({
      args: [
        'OPTIONS',
        ORDERS,
        '-H',
        'Origin: https://evil.example',
        '-H',
        'Access-Control-Request-Method: GET',
      ],
    }),
    'the page’s address'.replace('’', "'"),
  ],
  content_unexpected: [
    async ({ sign }) => withToken(await sign({}), ORDERS, '-H', 'Content-Length: 5'),
    'GET or HEAD with content',
  ],
  content_incomplete: [() => ofEvent('content_incomplete', 'origin or client'), 'broke off'],
  content_too_large: [
    async ({ sign }) => withToken(await sign({}), 'POST', ORDERS, '-H', 'Content-Length: 5000'),
    'a larger "max_body"',
  ],
  credentials_missing: [
    () => ({ args: [ORDERS] }),
    'The request has no token; the route looks for it in Authorization: Bearer.',
  ],
  credentials_malformed: [
    () => ({ args: [ORDERS, '-H', 'Authorization: Bearer'] }),
    'There is no token after "Bearer".',
  ],
  credentials_multiple: [
    async ({ sign }) => withToken(await sign({}), `${ORDERS}?access_token=${await sign({})}`),
    'There is more than one token',
  ],
  cross_site_request: [
    async ({ sign }) => ({
      args: [
        ...['POST', 'https://app.acme.example/account/name', '-H', `Cookie: session=${await sign({})}`],
        ...['-H', 'Origin: https://evil.example', '-H', 'Sec-Fetch-Site: cross-site'],
      ],
    }),
    'a page of another origin asked for a change',
  ],
  token_too_large: [
    async ({ sign }) => withToken(await sign({ groups: 'x'.repeat(20_000) })),
    'many groups or roles',
  ],
  token_malformed: [() => withToken('2YotnFZFEjr1zCsicMWpAA'), 'The token is opaque: it has no dots'],
  decryption_failed: [
    () =>
      withToken(
        `${Buffer.from('{"alg":"ECDH-ES","cty":"JWT","enc":"A256GCM","epk":{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}}').toString('base64url')}..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA`,
        'https://api.acme.example/sealed',
      ),
    'decryption_keys',
  ],
  encryption_required: [
    async ({ sign }) =>
      withToken(await sign({ iss: 'https://sealed.example' }), 'https://api.acme.example/sealed'),
    'let the issuer encrypt to this API',
  ],
  algorithm_not_allowed: [
    async ({ sign }) => withToken(await sign({}, { alg: 'HS256' })),
    'The token is signed with HS256; issuer acme signs with ES256. HS means a shared secret',
  ],
  type_unexpected: [
    async ({ sign }) => withToken(await sign({}, { typ: 'logout+jwt' })),
    'This is a logout token; an API wants an access token.',
  ],
  issuer_untrusted: [
    async ({ sign }) => withToken(await sign({ iss: 'https://id.acme.example/' })),
    'They differ in the slash at the end: the token has it, the policy has not.',
  ],
  key_not_found: [
    async ({ sign }) => withToken(await sign({}, { kid: '2025-z' })),
    'The token names the key "2025-z"; issuer acme has "2026-a". It was replaced',
  ],
  signature_invalid: [
    async ({ sign }) => withToken(await sign({}, {}, true)),
    'No key of issuer acme made this signature',
  ],
  claim_missing: [async ({ sign }) => withToken(await sign({ jti: undefined })), 'The token has no "jti".'],
  claim_invalid: [
    async ({ sign }) => withToken(await sign({ sub: 17 })),
    'The token\'s "sub" is 17, which is not as it must be.',
  ],
  audience_mismatch: [
    async ({ sign }) => withToken(await sign({ aud: 'https://other.example' })),
    'The token is for https://other.example; this gateway is "https://api.acme.example".',
  ],
  expired: [
    async ({ sign }) => withToken(await sign({ iat: EXPLAINED_NOW - 480, exp: EXPLAINED_NOW - 180 })),
    'The token expired: its "exp" is 2027-01-15T07:57:00Z (3 min ago)',
  ],
  not_yet_valid: [
    async ({ sign }) => withToken(await sign({ nbf: EXPLAINED_NOW + 200 })),
    'The token is not valid yet: its "nbf" is 2027-01-15T08:03:20Z (in 3 min)',
  ],
  revoked: [() => ofEvent('revoked', 'sub'), 'npx portcullis lookup'],
  scope_insufficient: [
    async ({ sign }) => withToken(await sign({ scope: 'orders:write' })),
    'The route needs scope orders:read, and the token has "orders:write".',
  ],
  authentication_insufficient: [
    async ({ sign }) => withToken(await sign({ acr: 'pwd' }), 'https://api.acme.example/transfers'),
    'The route wants: acr is phr, auth_time not older than 300 s; the token has {"acr":"pwd"}.',
  ],
  claim_forbidden: [
    async ({ sign }) =>
      withToken(await sign({ org: { tenant: 't2' } }), 'https://api.acme.example/reports/1'),
    'The route wants: /org/tenant equals "t1"',
  ],
  keys_unavailable: [
    async ({ sign }) => ({ ...withToken(await sign({})), keys: [] }),
    'The keys of issuer acme could not be fetched: ',
  ],
  revocation_unavailable: [() => ofEvent('revocation_unavailable', 'timeout'), 'Redis or the object'],
  rate_limited: [() => ofEvent('rate_limited', 'sub'), 'Retry-After'],
  address_held_off: [() => ofEvent('address_held_off', 'new_token'), 'too many failed authentications'],
  rate_limit_unavailable: [() => ofEvent('rate_limit_unavailable', 'timeout'), 'the counter does not answer'],
  signing_unavailable: [() => ofEvent('signing_unavailable', 'SealBroken'), 'IDENTITY_KEYS'],
  origin_unreachable: [() => ofEvent('origin_unreachable', 'refused'), 'try the origin from elsewhere'],
  origin_timeout: [() => ofEvent('origin_timeout', 'headers'), 'make it faster'],
  internal_error: [() => ofEvent('internal_error', 'TypeError'), 'report it, with the version'],
};

describe('portcullis explain', () => {
  beforeAll(() => {
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('no network here');
    });
  });
  afterAll(() => vi.unstubAllGlobals());

  it('has an example of every reason', () => {
    expect([...Object.keys(EXAMPLES), 'config_invalid'].sort()).toEqual(Object.keys(REJECTIONS).sort());
  });

  it.each(Object.entries(EXAMPLES))('explains %s', async (reason, [ask, words]) => {
    const asked = await ask(issuer);
    const text = await explained(asked);
    expect(text).toMatchObject({ code: 0, err: '', out: expect.stringContaining(words) });
    const json = JSON.parse((await explained(asked, '--json')).out);
    expect(json).toMatchObject({ reason, mend: expect.any(String), cause: expect.any(String) });
    if (!asked.args.includes('--event')) {
      const { answer, verdict } = json as Explanation;
      const { status, state } = REJECTIONS[reason as RejectionReason];
      expect({ status: answer?.status, verdict }).toEqual({ status, verdict: state });
    }
  });

  it('explains an event under OpenTelemetry’s names as it does one under its own', async () => {
    const own = ofEvent('revoked', 'jti');
    let line = '';
    withOpenTelemetryNames((named) => {
      line = JSON.stringify(named);
    })(JSON.parse(own.stdin ?? ''));
    expect(line).toContain('"error.type":"revoked"');
    expect(await explained({ ...own, stdin: line })).toEqual(await explained(own));
  });

  it('says config_invalid of a policy that does not compile, with what is wrong', async () => {
    const broken = join(folder, 'broken.toml');
    writeFileSync(broken, `${EXPLAINED_POLICY}\n[vars.ROUTES.broken]\npath = "/x"\n`);
    const { code, err } = await explained({ args: [ORDERS], keys: ['--config', broken] });
    expect(code).toBe(1);
    expect(err).toContain('ROUTES.broken.origin');
    expect(err).toContain('answers 500 config_invalid to everything');
  });

  it('never prints a token or its signature', async () => {
    const said: string[] = [];
    const secrets: string[] = [];
    for (const [ask] of Object.values(EXAMPLES)) {
      const asked = await ask(issuer);
      const tokens = [asked.stdin ?? '', ...asked.args].flatMap(
        (text) => text.match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g) ?? [],
      );
      secrets.push(...tokens, ...tokens.map((token) => token.split('.')[2] ?? ''));
      for (const more of [[], ['--json']]) {
        const { all } = await explained(asked, ...more);
        said.push(all);
      }
    }
    expect(secrets.length).toBeGreaterThan(40);
    for (const secret of secrets.filter((each) => each.length > 12)) {
      expect(said.filter((text) => text.includes(secret))).toEqual([]);
    }
  });

  it('prints no token that stands in a claim of another', async () => {
    const inner = await issuer.sign({ sub: 'inner' });
    const { out } = await explained(withToken(await issuer.sign({ act: { token: inner }, [inner]: 'x' })));
    expect(out).toContain('act              {"token":"[token]"}');
    expect(out).not.toContain(inner.split('.')[1]);
  });

  it('tells no claim of an encrypted token', async () => {
    const sealed = await issuer.seal(
      await issuer.sign({ iss: 'https://sealed.example', dept: 'nobody-may-read-this' }),
    );
    const asked = withToken(sealed, 'https://api.acme.example/sealed');
    for (const more of [[], ['--json']]) {
      const { out } = await explained(asked, ...more);
      expect(out).toContain('allowed');
      expect(out).not.toContain('nobody-may-read-this');
    }
  });

  it('lets through what the gateway lets through, with every step', async () => {
    const { out, code } = await explained(withToken(await issuer.sign({})));
    expect(code).toBe(0);
    expect(out).toContain('GET api.acme.example/orders/7: allowed, route orders\n');
    expect(out).toMatch(/signature +passed/);
    expect(out).toMatch(/requirement +passed/);
    expect(out).toContain('Deny-list not asked: "portcullis lookup -" asks it.');
    expect(out).toContain('Answer: what the origin of route orders answers');
  });

  it('goes on without keys as if the signature held, and says so', async () => {
    const forged = { ...withToken(await issuer.sign({ scope: 'x' }, {}, true)), keys: ['--offline'] };
    const { out } = await explained(forged);
    expect(out).toContain('SIGNATURE NOT CHECKED');
    expect(out).toMatch(/signature +NOT CHECKED/);
    expect(out).toContain('403 scope_insufficient');
    expect(JSON.parse((await explained(forged, '--json')).out)).toMatchObject({ token: { verified: false } });
  });

  it('says of the two nearest routes what keeps the request from them', async () => {
    const { out } = await explained({ args: ['https://api.acme.example/reports'] });
    expect(out).toMatch(
      /Nearest other routes\n {2}\w+ +.*the path is another\n {2}\w+ +.*the path is another\n/,
    );
  });

  it('tells what else would have been refused', async () => {
    const token = await issuer.sign(
      { aud: 'x', exp: EXPLAINED_NOW - 1000, iat: EXPLAINED_NOW - 2000 },
      { typ: 'id+jwt' },
    );
    const { out } = await explained(withToken(token));
    expect(out).toContain('401 type_unexpected');
    expect(out).toMatch(/audience +would fail/);
    expect(out).toMatch(/times +would fail/);
  });

  it.each([
    [['GET'], 'The URL is whole'],
    [[], 'A method and a URL are needed'],
    [['get', ORDERS], 'upper case'],
    [[ORDERS, '-H', 'no colon'], '-H "Name: value"'],
    [[ORDERS, '-H', 'X-A: b\u2028c'], 'characters that no header can have'],
    [[ORDERS, '--token', 'eyJ.eyJ.x'], 'list of processes'],
    [['https://api.acme.example/.portcullis/status'], 'answers itself'],
    [[ORDERS, '--event', '-'], 'leave out the URL'],
    [[ORDERS, '--offline', '--jwks', 'x'], 'only one'],
  ])('ends with 2 for %j', async (args, words) => {
    const { code, err } = await explained({ args, keys: [] });
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(words) });
    expect(err).not.toContain('eyJ.eyJ.x');
  });

  it('reads a key set that begins with a byte order mark', async () => {
    const file = join(folder, 'marked.json');
    writeFileSync(file, `\uFEFF${issuer.jwks}`);
    const { out, err } = await explained({ args: [ORDERS], keys: ['--jwks', file] });
    expect({ out, err }).toEqual({ out: expect.stringContaining('credentials_missing'), err: '' });
  });

  it.each([['[]'], ['{"event":"jwks_refreshed"}'], ['not json'], ['']])(
    'does not take %j for the event of a request',
    async (stdin) => {
      const { code, err } = await explained({ args: ['--event', '-'], stdin });
      expect({ code, err }).toEqual({
        code: 1,
        err: expect.stringContaining('not the event of one request'),
      });
    },
  );
});
