import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROKEN_TOKENS } from '../fixtures/broken-tokens.ts';
import { bearer, type HeaderLines, type Sent, send, tally } from '../fixtures/client.ts';
import { type Deployment, startDeployment } from '../fixtures/deployment.ts';

let deployment: Deployment;
/** Everything the gateway was told in confidence: none of it may come back in a log line or a problem body. */
const secrets: string[] = [];

beforeAll(async () => {
  deployment = await startDeployment();
});

afterAll(() => deployment?.stop());

async function request(method: string, target: string, headers: HeaderLines = []): Promise<Sent> {
  for (const [, value] of headers) if (/^bearer ./i.test(value)) secrets.push(value.slice(7));
  return send(deployment.gateway, method, target, headers);
}

async function token(claims: Record<string, unknown> = {}): Promise<string> {
  const signed = await deployment.issuer.sign({
    scope: 'orders:read',
    sub: 'subject-in-confidence',
    org: { tenant_id: 'tenant-in-confidence' },
    ...claims,
  });
  secrets.push(signed);
  return signed;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
};
const DETAILS = {
  credentials: 'The request carries malformed or multiple credentials.',
  missing: 'An access token is required.',
  token: 'The access token is not valid.',
  scope: 'The access token does not grant the scope needed here.',
  claim: 'The access token does not allow this.',
  route: 'There is nothing here.',
  method: 'The method is not allowed here.',
  path: 'The request target is not in its canonical form.',
};
const INVALID_REQUEST = `Bearer realm="api", error="invalid_request", error_description="${DETAILS.credentials}"`;
const INVALID_TOKEN = `Bearer realm="api", error="invalid_token", error_description="${DETAILS.token}"`;

/** Status, body, challenge and headers to the letter, the reason in the log alone, and nothing at the origin. */
function expectRejection(
  { response, event }: Sent,
  wanted: { status: number; detail: string; reason: string; challenge?: string; allow?: string },
) {
  expect(response.status).toBe(wanted.status);
  expect(response.body).toBe(
    JSON.stringify({
      type: 'about:blank',
      title: TITLES[wanted.status],
      status: wanted.status,
      detail: wanted.detail,
      reference: event.reference,
    }),
  );
  expect(event.reference).toMatch(/^[0-9a-f]{32}$/);
  expect(response.headers.filter(([name]) => name === 'www-authenticate').map(([, value]) => value)).toEqual(
    wanted.challenge === undefined ? [] : [wanted.challenge],
  );
  expect(response.header('allow')).toBe(wanted.allow);
  expect(response.header('content-type')).toBe('application/problem+json');
  expect(response.header('cache-control')).toBe('no-store');
  expect(response.header('x-content-type-options')).toBe('nosniff');
  expect(event).toMatchObject({ decision: 'denied', reason: wanted.reason, status: wanted.status });
}

describe('requests refused before any token is read', () => {
  it.each([
    ['no route', 'GET', '/nowhere', [], 404, 'route_not_found', DETAILS.route],
    ['the gateway’s own namespace', 'GET', '/.portcullis/other', [], 404, 'route_not_found', DETAILS.route],
    ['a path that steps back', 'GET', '/public/../orders', [], 400, 'path_ambiguous', DETAILS.path],
    ['an encoded slash', 'GET', '/public/..%2forders', [], 400, 'path_ambiguous', DETAILS.path],
  ] as const)('%s', async (_name, method, target, headers, status, reason, detail) => {
    const before = tally(deployment);
    expectRejection(await request(method, target, headers), { status, reason, detail });
    expect(tally(deployment).atOrigin).toBe(before.atOrigin);
  });

  it('a method the route does not take, with what it takes', async () => {
    expectRejection(await request('DELETE', '/orders/1', [bearer(await token())]), {
      status: 405,
      reason: 'method_not_allowed',
      detail: DETAILS.method,
      allow: 'GET, POST, PUT, HEAD',
    });
  });
});

describe('RFC 6750 credentials', () => {
  it.each([
    ['none at all', []],
    ['another scheme', [['Authorization', 'Basic dXNlcjpwYXNz']]],
    ['an empty header', [['Authorization', '']]],
    ['a token without a scheme', [['Authorization', 'e30.e30.e30']]],
    ['a longer scheme name', [['Authorization', 'Bearers e30.e30.e30']]],
    ['a token in the query alone', []],
    ['a token in a cookie alone', [['Cookie', 'access_token=e30.e30.e30']]],
    ['a token in Proxy-Authorization alone', [['Proxy-Authorization', 'Bearer e30.e30.e30']]],
  ] as const)('%s: 401 with a challenge without an error code', async (name, headers) => {
    const target = name.includes('query') ? '/orders/1?access_token=e30.e30.e30' : '/orders/1';
    expectRejection(await request('GET', target, headers), {
      status: 401,
      reason: 'credentials_missing',
      detail: DETAILS.missing,
      challenge: 'Bearer realm="api"',
    });
  });

  it.each([
    ['Bearer with nothing', 'credentials_malformed', [['Authorization', 'Bearer']], ''],
    ['a comma in the token', 'credentials_multiple', [['Authorization', 'Bearer e30,e30']], ''],
    ['a space in the token', 'credentials_malformed', [['Authorization', 'Bearer e30 e30']], ''],
    ['padding inside the token', 'credentials_malformed', [['Authorization', 'Bearer e30.e30=.e30']], ''],
    ['a tab after the scheme', 'credentials_malformed', [['Authorization', 'Bearer\te30.e30.e30']], ''],
    ['bytes outside ASCII', 'credentials_malformed', [['Authorization', 'Bearer \xe9\xff']], ''],
    [
      'the header twice',
      'credentials_multiple',
      [
        ['Authorization', 'Bearer e30.e30.e30'],
        ['Authorization', 'Bearer e30.e30.e30'],
      ],
      '',
    ],
    [
      'the header twice, once empty',
      'credentials_multiple',
      [
        ['Authorization', 'Bearer e30.e30.e30'],
        ['Authorization', ''],
      ],
      '',
    ],
    [
      'one in the header and one in the query',
      'credentials_multiple',
      [['Authorization', 'Bearer e30.e30.e30']],
      '?access_token=e30.e30.e30',
    ],
    ['more than the cap', 'token_too_large', [['Authorization', `Bearer ${'a'.repeat(9_000)}`]], ''],
  ] as const)('%s: 400 invalid_request', async (_name, reason, headers, query) => {
    expectRejection(await request('GET', `/orders/1${query}`, headers), {
      status: 400,
      reason,
      detail: DETAILS.credentials,
      challenge: INVALID_REQUEST,
    });
  });

  it.each(['bearer', 'BEARER', 'Bearer  ', 'bEaReR'])('the scheme as "%s" is taken', async (scheme) => {
    const { response } = await request('GET', '/orders/1', [
      ['Authorization', `${scheme}${scheme.endsWith(' ') ? '' : ' '}${await token()}`],
    ]);
    expect(response.status).toBe(200);
  });
});

describe('tokens that must not pass', () => {
  it.each(BROKEN_TOKENS)('$name: 401 $reason', async ({ reason, make }) => {
    const before = tally(deployment);
    const broken = await make(deployment.issuer);
    const sent = await request('GET', '/orders/1', [bearer(broken)]);
    expectRejection(sent, { status: 401, reason, detail: DETAILS.token, challenge: INVALID_TOKEN });
    expect(tally(deployment).atOrigin).toBe(before.atOrigin);
  });

  it('are made from one that does', async () => {
    const { response, event } = await request('GET', '/orders/1', [bearer(await token())]);
    expect(response.status).toBe(200);
    expect(event).toMatchObject({ decision: 'allowed', reason: null, issuer: 'main', route: 'orders' });
  });

  it('a token that the deny-list says is revoked', async () => {
    const jti = crypto.randomUUID();
    secrets.push(jti);
    const revoked = await token({ jti });
    expect((await request('GET', '/orders/1', [bearer(revoked)])).response.status).toBe(200);
    const now = Math.floor(Date.now() / 1000);
    const target = { kind: 'jti', issuer: deployment.issuer.url, value: jti } as const;
    const audit = { revokedAt: now, revokedBy: 'test', intake: 'test', reason: '' };
    await deployment.store.revoke([{ predicate: target, expiresAt: now + 600, ...audit }]);
    expectRejection(await request('GET', '/orders/1', [bearer(revoked)]), {
      status: 401,
      reason: 'revoked',
      detail: DETAILS.token,
      challenge: INVALID_TOKEN,
    });
    expect((await request('GET', '/unchecked', [bearer(revoked)])).response.status).toBe(200);
    await deployment.store.unrevoke(target, 'test', now);
    expect((await request('GET', '/orders/1', [bearer(revoked)])).response.status).toBe(200);
  });
});

describe('tokens that may not do this', () => {
  it.each([
    ['no scope at all', { scope: undefined }],
    ['another scope', { scope: 'orders:write' }],
    ['a scope that begins alike', { scope: 'orders:reader' }],
    ['the scope in capitals', { scope: 'ORDERS:READ' }],
    ['a scope that is a number', { scope: 1 }],
    ['a scope list in a string', { scope: '["orders:read"]' }],
    ['an empty scope', { scope: '' }],
  ])('%s: 403 insufficient_scope', async (_name, claims) => {
    expectRejection(await request('GET', '/orders/1', [bearer(await token(claims))]), {
      status: 403,
      reason: 'scope_insufficient',
      detail: DETAILS.scope,
      challenge: `Bearer realm="api", error="insufficient_scope", error_description="${DETAILS.scope}", scope="orders:read"`,
    });
  });

  it.each([
    ['no such claim', {}],
    ['another value', { role: 'user' }],
    ['the value in a list', { role: ['admin'] }],
    ['the value in an object', { role: { admin: true } }],
  ])('%s: 403', async (_name, claims) => {
    expectRejection(await request('GET', '/admin', [bearer(await token(claims))]), {
      status: 403,
      reason: 'claim_forbidden',
      detail: DETAILS.claim,
      challenge: `Bearer realm="api", error="insufficient_scope", error_description="${DETAILS.claim}"`,
    });
  });

  it('the claim that is asked for opens', async () => {
    expect((await request('GET', '/admin', [bearer(await token({ role: 'admin' }))])).response.status).toBe(
      200,
    );
  });
});

describe('HEAD', () => {
  it.each([
    ['no credentials', '/orders/1', [], 401],
    ['no route', '/nowhere', [], 404],
    ['an ambiguous path', '/a/../b', [], 400],
  ] as const)('%s: the headers of GET and no body', async (_name, target, headers, status) => {
    const head = await request('HEAD', target, headers);
    const get = await request('GET', target, headers);
    expect(head.response.status).toBe(status);
    expect(head.response.body).toBe('');
    for (const name of ['content-type', 'www-authenticate', 'cache-control']) {
      expect(head.response.header(name)).toBe(get.response.header(name));
    }
  });
});

describe('what is told in confidence', () => {
  it('is in no log line: no token, no part of one, no jti, no claim value', () => {
    expect(secrets.length).toBeGreaterThan(100);
    const output = deployment.gateway.output();
    const parts = secrets
      .flatMap((secret) => [secret, ...secret.split('.')])
      .filter((part) => part.length > 8);
    expect(parts.filter((part) => output.includes(part))).toEqual([]);
    for (const value of [
      'subject-in-confidence',
      'tenant-in-confidence',
      'read-only-token',
      'access_token=',
    ]) {
      expect(output).not.toContain(value);
    }
  });

  it('every request has left exactly one event, of known members only', () => {
    const events = deployment.gateway.logs().filter((line) => line.event === 'request');
    expect(events.length).toBeGreaterThan(BROKEN_TOKENS.length);
    const members = new Set(events.flatMap((event) => Object.keys(event)));
    const known = [
      'event',
      'time',
      'reference',
      'method',
      'host',
      'path',
      'route',
      'decision',
      'reason',
      'evidence',
      'status',
      'issuer',
      'audience',
      'expiresAt',
      'unverified',
      'kid',
      'revocation',
      'revocationAgeSeconds',
      'omitted',
      'verifyMs',
      'revocationMs',
      'originMs',
      'totalMs',
    ];
    expect([...members].filter((member) => !known.includes(member))).toEqual([]);
  });
});
