import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, type HeaderLines, type Sent, send } from '../fixtures/client.ts';
import { issuerTable } from '../fixtures/deployment.ts';
import { AUDIENCE, base64url, type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { rawRequest, requestBytes } from '../fixtures/raw-http.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const TRACEPARENT = `00-${TRACE}-b7ad6b7169203331-01`;
const OWN = /^[0-9a-f]{32}$/;

let issuer: Issuer;
let origin: Origin;
let plain: Gateway;
let tracing: Gateway;
let named: Gateway;

beforeAll(async () => {
  [issuer, origin] = await Promise.all([startIssuer(), startOrigin()]);
  const route = { origin: origin.url, revocation: { mode: 'off' } };
  const vars = {
    ISSUERS: { main: issuerTable(issuer) },
    ROUTES: {
      open: { path: '/open/*', origin: origin.url, authentication: 'none' },
      orders: { ...route, path: '/orders/*', issuers: ['main'], scope: ['read'] },
      admin: { ...route, path: '/admin', issuers: ['main'], claims: [{ claim: 'role', equals: 'admin' }] },
    },
  };
  const GATEWAY = { realm: 'The shop', make_traceparent: true, log_client_address: false };
  const opentelemetry = {
    events: { names: 'opentelemetry' },
    server_timing: { issuer: 'main', scope: ['read'] },
  };
  [plain, tracing, named] = await Promise.all([
    startGateway({ vars, revocationObject: false }),
    startGateway({ vars: { ...vars, GATEWAY }, revocationObject: false }),
    startGateway({ vars: { ...vars, GATEWAY: opentelemetry }, revocationObject: false }),
  ]);
});

afterAll(() => Promise.all([issuer?.stop(), origin?.stop(), plain?.stop(), tracing?.stop(), named?.stop()]));

const referenceIn = ({ response }: Sent) => (response.json() as { reference?: unknown }).reference;

describe('the reference of a request', () => {
  it('is in the answer to a refused one and in its event, and nothing else is told', async () => {
    const sent = await send(plain, 'GET', '/orders/1');
    expect(sent.event.reference).toMatch(OWN);
    expect(sent.response.json()).toEqual({
      type: 'about:blank',
      title: 'Unauthorized',
      status: 401,
      detail: 'An access token is required.',
      reference: sent.event.reference,
    });
    const next = await send(plain, 'GET', '/orders/1');
    expect(next.event.reference).not.toBe(sent.event.reference);
  });

  it.each([
    ['no route', 'GET', '/nowhere', [], 404],
    ['an ambiguous path', 'GET', '/open/../orders/1', [], 400],
    ['a malformed token', 'GET', '/orders/1', [['Authorization', 'Bearer e30.e30.e30']], 401],
    ['a namespace of its own', 'GET', '/.portcullis/other', [], 404],
  ] as const)(
    'is the client’s trace id where it sends a valid one: %s',
    async (_what, method, target, more, status) => {
      const sent = await send(plain, method, target, [['traceparent', TRACEPARENT], ...more]);
      expect([sent.response.status, referenceIn(sent), sent.event.reference]).toEqual([status, TRACE, TRACE]);
    },
  );

  it.each<[string, HeaderLines]>([
    ['not valid', [['traceparent', `00-${TRACE}-b7ad6b7169203331`]]],
    ['all zero', [['traceparent', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`]]],
    [
      'sent twice',
      [
        ['traceparent', TRACEPARENT],
        ['traceparent', TRACEPARENT],
      ],
    ],
    ['a list', [['traceparent', `${TRACEPARENT}, ${TRACEPARENT}`]]],
    ['in capitals', [['traceparent', TRACEPARENT.toUpperCase()]]],
    ['an injection', [['traceparent', `00-"}{"event":"request"${'a'.repeat(11)}-b7ad6b7169203331-01`]]],
    ['endless', [['traceparent', `cc-${TRACE}-b7ad6b7169203331-01.${'x'.repeat(8_000)}`]]],
    ['bytes outside ASCII', [['traceparent', `${TRACEPARENT}\xff`]]],
  ])('is our own where the traceparent is %s', async (_what, headers) => {
    const sent = await send(plain, 'GET', '/orders/1', headers);
    expect(sent.event.reference).toMatch(OWN);
    expect(sent.event.reference).not.toBe(TRACE);
    expect(referenceIn(sent)).toBe(sent.event.reference);
  });

  it('of an allowed request is in its event alone', async () => {
    const { response, event } = await send(plain, 'GET', '/open/x');
    expect(event).toMatchObject({ decision: 'allowed', reference: expect.stringMatching(OWN) });
    expect(JSON.stringify(response.headers) + response.body).not.toContain(String(event.reference));
  });
});

describe('the traceparent that the origin gets', () => {
  const arrived = async (gateway: Gateway, headers: HeaderLines) => {
    const { event } = await send(gateway, 'GET', '/open/x', headers);
    const received = origin.received.at(-1);
    return {
      event,
      traceparent: received?.values('traceparent') ?? [],
      tracestate: received?.values('tracestate') ?? [],
    };
  };

  it('is the client’s own, as it came', async () => {
    const headers: HeaderLines = [
      ['traceparent', TRACEPARENT],
      ['tracestate', 'a=1'],
    ];
    for (const gateway of [plain, tracing]) {
      const { event, traceparent, tracestate } = await arrived(gateway, headers);
      expect([traceparent, tracestate, event.reference]).toEqual([[TRACEPARENT], ['a=1'], TRACE]);
    }
  });

  it('is none where the client sends none, unless one is asked for', async () => {
    expect((await arrived(plain, [])).traceparent).toEqual([]);
    const { event, traceparent } = await arrived(tracing, []);
    expect(traceparent).toEqual([
      expect.stringMatching(new RegExp(`^00-${event.reference}-[0-9a-f]{16}-01$`)),
    ]);
  });

  it('replaces one that is not valid, and the state beside it', async () => {
    const headers: HeaderLines = [
      ['traceparent', `00-${TRACE}-x-01`],
      ['tracestate', 'a=1'],
    ];
    expect(await arrived(plain, headers)).toMatchObject({
      traceparent: [headers[0]?.[1]],
      tracestate: ['a=1'],
    });
    const { event, traceparent, tracestate } = await arrived(tracing, headers);
    expect(traceparent[0]).toContain(`00-${event.reference}-`);
    expect([traceparent.length, tracestate]).toEqual([1, []]);
  });
});

it('the event bears OpenTelemetry’s names where they are asked for, and the answer timings for whom they are', async () => {
  const reader = bearer(await issuer.sign(issuer.claims({ scope: 'read' })));
  const { response, event } = await send(named, 'GET', '/orders/1?q=secret', [reader]);
  expect(event).toMatchObject({
    event: 'request',
    'http.request.method': 'GET',
    'url.path': '/orders/1',
    'http.response.status_code': 200,
    'portcullis.route': 'orders',
    'portcullis.decision': 'allowed',
  });
  expect(JSON.stringify(event)).not.toContain('secret');
  const timing = response.headers.filter(([name]) => name.toLowerCase() === 'server-timing');
  expect(timing.map(([, value]) => value.replace(/=[\d.]+/g, '=n'))).toEqual([
    'gateway-verification;dur=n, gateway-revocation;dur=n, gateway-origin;dur=n, gateway-total;dur=n',
  ]);
  const refused = await send(named, 'GET', '/orders/1');
  expect(refused.event).toMatchObject({
    'error.type': 'credentials_missing',
    'http.response.status_code': 401,
  });
  expect(JSON.stringify(refused.response.headers).toLowerCase()).not.toContain('server-timing');
});

describe('what the event of a request tells', () => {
  it('when, what, for which host and from where, without the query', async () => {
    const before = Date.now() / 1000;
    const { event } = await send(plain, 'GET', '/open/a%2Fb?access_token=query-secret', [
      ['Host', 'Api.Test:8443'],
      ['CF-Connecting-IP', '203.0.113.7'],
      ['CF-Ray', '8a1b2c3d4e5f6789-FRA'],
    ]);
    expect(event).toMatchObject({
      method: 'GET',
      host: 'Api.Test:8443',
      path: '/open/a%2Fb',
      client: '203.0.113.7',
      ray: '8a1b2c3d4e5f6789-FRA',
      decision: 'allowed',
    });
    expect(Number(event.time)).toBeGreaterThanOrEqual(Math.floor(before));
    expect(Number(event.time)).toBeLessThanOrEqual(Date.now() / 1000 + 1);
    expect(plain.output()).not.toContain('query-secret');
  });

  it('not the client’s address where it is switched off', async () => {
    const headers: HeaderLines = [['CF-Connecting-IP', '203.0.113.7']];
    for (const target of ['/open/x', '/orders/1', '/open/../x']) {
      expect((await send(tracing, 'GET', target, headers)).event).not.toHaveProperty('client');
    }
    expect(tracing.output()).not.toContain('203.0.113.7');
    expect(origin.received.at(-1)?.values('x-forwarded-for')).toEqual(['203.0.113.7']);
  });

  it('of a token that has verified its issuer, audience and expiry', async () => {
    const exp = Math.floor(Date.now() / 1000) + 300.5;
    for (const scope of ['read', 'write']) {
      const { event } = await send(plain, 'GET', '/orders/1', [bearer(await issuer.sign({ exp, scope }))]);
      expect(event).toMatchObject({ issuer: 'main', audience: AUDIENCE, expiresAt: exp });
      expect(event).not.toHaveProperty('unverified');
    }
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>, string]>([
    [
      'of another issuer',
      { iss: 'https://elsewhere.test' },
      { issuer: 'https://elsewhere.test' },
      'issuer_untrusted',
    ],
    ['for another audience', { aud: ['a', 'b'] }, { audience: ['a', 'b'] }, 'audience_mismatch'],
    [
      'that has expired',
      { exp: 1_700_000_000.5, iat: 1_600_000_000 },
      { expiresAt: 1_700_000_000.5 },
      'expired',
    ],
  ])('of one %s what it says itself, apart', async (_what, claims, told, reason) => {
    const { event } = await send(plain, 'GET', '/orders/1', [
      bearer(await issuer.sign({ sub: 'subject-in-confidence', jti: 'jti-in-confidence', ...claims })),
    ]);
    expect(event).toMatchObject({ reason, unverified: told });
    for (const member of ['issuer', 'audience', 'expiresAt']) expect(event).not.toHaveProperty(member);
    expect(Object.keys(event.unverified as object).sort()).toEqual(['audience', 'expiresAt', 'issuer']);
    expect(plain.output()).not.toMatch(/(subject|jti)-in-confidence/);
  });

  it('nothing of a token that cannot be read', async () => {
    const { event } = await send(plain, 'GET', '/orders/1', [bearer('e30.W10.e30')]);
    expect(event.reason).toBe('token_malformed');
    expect(event).not.toHaveProperty('unverified');
  });
});

describe('hostile text in the event', () => {
  const lines = (gateway: Gateway) => gateway.output().split('\n').length;

  it.each<[string, unknown]>([
    ['a line of its own', 'x\r\n{"event":"request","decision":"allowed"}'],
    ['a terminal’s commands', '\u001b[2J\u009b31m\u0007'],
    ['text that runs backwards', '\u202egnp.exe\u2028\u2029'],
    ['half a character', '\ud800'],
    ['a JWT', `${base64url('{"alg":"ES256"}')}.${base64url('{"sub":"user-in-confidence"}')}.c2ln`],
    ['2,000 characters', 'i'.repeat(2_000)],
    ['a list', ['a']],
  ])('%s as an issuer stays one bounded line of ASCII', async (_what, iss) => {
    const before = lines(plain);
    const { event } = await send(plain, 'GET', '/orders/1', [bearer(await issuer.sign({ iss, aud: iss }))]);
    expect(event).toMatchObject({ decision: 'denied', status: 401 });
    const text = JSON.stringify(event);
    expect(text).toMatch(/^[ -~]*$/);
    expect(text.length).toBeLessThan(2_000);
    expect(lines(plain) - before).toBe(1);
    expect(plain.output()).not.toContain(base64url('{"sub":"user-in-confidence"}'));
  });

  it.each<[string, string, HeaderLines]>([
    ['a path of 100,000 characters', `/${'p'.repeat(100_000)}`, []],
    ['a path of raw bytes', '/\xe2\x80\xaex\x7f\xff', []],
    ['a path with escaped line ends', '/open/%0d%0a%7B%22event%22%3A%22request%22%7D', []],
    [
      'a path that is a JWT',
      `/open/${base64url('{"alg":"ES256"}')}.${base64url('{"sub":"path-secret"}')}.c2ln`,
      [],
    ],
    ['quotes in the host', '/x', [['Host', 'a"},{"event":"request']]],
    ['a long host', '/x', [['Host', 'h'.repeat(5_000)]]],
    [
      'two hosts',
      '/x',
      [
        ['Host', 'one.test'],
        ['Host', 'two.test'],
      ],
    ],
    ['credentials in the host', '/x', [['Host', 'user:pw@one.test']]],
    ['a ray that is none', '/open/x', [['CF-Ray', '"},{"event":"request"}']]],
    [
      'two rays',
      '/open/x',
      [
        ['CF-Ray', '8a1b2c3d4e5f6789'],
        ['CF-Ray', '8a1b2c3d4e5f6780'],
      ],
    ],
    ['an address that is none', '/open/x', [['CF-Connecting-IP', '"},{"event":"request"}']]],
    [
      'two addresses',
      '/open/x',
      [
        ['CF-Connecting-IP', '203.0.113.7'],
        ['CF-Connecting-IP', '203.0.113.8'],
      ],
    ],
  ])('%s: one bounded line of ASCII, or no request at all', async (_what, target, headers) => {
    const before = plain.logs().length;
    const host: HeaderLines = headers.some(([name]) => name === 'Host') ? [] : [['Host', 'api.test']];
    const response = await rawRequest(plain.port, requestBytes('GET', target, [...host, ...headers]));
    // The next event is in the log after this one.
    await send(plain, 'GET', '/open/marker');
    const events = plain.logs().slice(before);
    expect(response.status).not.toBe(500);
    expect(events.length).toBeGreaterThanOrEqual(1);
    expect(events.length).toBeLessThanOrEqual(2);
    for (const event of events) {
      const text = JSON.stringify(event);
      expect(text).toMatch(/^[ -~]*$/);
      expect(text.length).toBeLessThan(2_000);
    }
    expect(plain.output()).not.toContain(base64url('{"sub":"path-secret"}'));
    for (const event of events) if ('ray' in event) expect(event.ray).toMatch(/^[\w-]{1,64}$/);
    for (const event of events) if ('client' in event) expect(event.client).toMatch(/^[\da-f.:]{2,45}$/i);
  });
});

describe('RFC 6750 §3: the challenge', () => {
  it('names the realm that is configured, for a claim as well', async () => {
    const challenge = async (target: string, headers: HeaderLines = []) =>
      (await send(tracing, 'GET', target, headers)).response.header('www-authenticate');
    const token = bearer(await issuer.sign());
    expect(await challenge('/orders/1')).toBe('Bearer realm="The shop"');
    expect(await challenge('/admin', [token])).toBe(
      'Bearer realm="The shop", error="insufficient_scope", error_description="The access token does not allow this."',
    );
    expect(await challenge('/orders/1', [token])).toMatch(
      /^Bearer realm="The shop", error="insufficient_scope".*scope="read"$/,
    );
  });
});
