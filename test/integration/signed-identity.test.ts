import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUDIENCE, type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { type Origin, type ReceivedRequest, startOrigin } from '../fixtures/origin.ts';
import { installedVerifiers, type Presented } from '../fixtures/origin-verifiers.ts';
import { exchange, requestBytes } from '../fixtures/raw-http.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

const NAME = 'https://gateway.example';
const SECRET = 'sealing-secret-of-the-identity-keys-0123';

const languages = installedVerifiers();
let issuer: Issuer;
let origin: Origin;
let gateway: Gateway;

beforeAll(async () => {
  issuer = await startIssuer();
  origin = await startOrigin();
  const route = {
    origin: `${origin.url}/base`,
    revocation: { mode: 'off' },
    headers: { 'X-User-Id': 'sub', 'X-Roles': 'roles', 'X-Name': 'name' },
  };
  gateway = await startGateway({
    vars: {
      ISSUERS: { main: { issuer: issuer.url, audience: [AUDIENCE], algorithms: ['ES256', 'RS256'] } },
      GATEWAY: { signed_identity: { issuer: NAME, sealing_keys: ['IDENTITY_SECRET'] } },
      ROUTES: {
        beside: { ...route, path: '/beside/*', signed_identity: true },
        instead: {
          ...route,
          path: '/instead/*',
          signed_identity: {
            header: 'X-Identity-Token',
            audience: 'https://orders.example',
            instead_of_headers: true,
          },
        },
        open: { path: '/open', origin: origin.url, authentication: 'none', revocation: { mode: 'off' } },
      },
    },
    secrets: { IDENTITY_SECRET: SECRET },
  });
});

afterAll(async () => {
  languages.stop();
  await gateway?.stop();
  await Promise.all([origin?.stop(), issuer?.stop()]);
});

type Headers = readonly (readonly [string, string])[];

async function pass(target: string, more: Headers = [], method = 'GET'): Promise<ReceivedRequest> {
  const token = await issuer.sign({ sub: 'ada', roles: ['a', 'b'] });
  const headers: Headers = [['Host', 'api.test'], ['Authorization', `Bearer ${token}`], ...more];
  const before = origin.received.length;
  const [response] = await exchange(gateway.port, requestBytes(method, target, headers));
  const arrived = origin.received[before];
  if (arrived === undefined) throw new Error(`nothing arrived: ${response?.status} ${response?.body}`);
  return arrived;
}

const jwks = async () =>
  (await (await fetch(`${gateway.url}/.portcullis/jwks.json`)).json()) as Presented['jwks'];

async function presented(
  arrived: ReceivedRequest,
  header = 'x-portcullis-identity',
  audience = origin.url,
): Promise<Presented> {
  const headers = Object.fromEntries(arrived.headers.map(([name, value]) => [name.toLowerCase(), value]));
  return {
    token: headers[header] ?? '',
    method: arrived.method,
    target: arrived.target,
    headers,
    jwks: await jwks(),
    issuer: NAME,
    audience,
    now: Date.now() / 1000,
  };
}

const part = (token: string, index: number): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString());

describe('the token', () => {
  it('is short, bound and of this gateway', async () => {
    const { token } = await presented(await pass('/beside/x?y=1'));
    expect(part(token, 0)).toEqual({ alg: 'ES256', typ: 'identity+jwt', kid: expect.any(String) });
    const claims = part(token, 1);
    expect(claims).toEqual({
      iss: NAME,
      aud: origin.url,
      sub: 'ada',
      iat: expect.any(Number),
      exp: expect.any(Number),
      jti: expect.any(String),
      htm: 'GET',
      tgt: expect.stringMatching(/^[\w-]{43}$/),
      hdr: ['x-user-id', 'x-roles', 'x-name', 'x-portcullis-omitted', 'x-portcullis-authenticated'],
      hdg: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(Number(claims.exp) - Number(claims.iat)).toBeLessThanOrEqual(60);
    expect(token.length).toBeLessThan(1_000);
  });

  it('is another one for each request', async () => {
    const tokens = [await presented(await pass('/beside/x')), await presented(await pass('/beside/x'))];
    expect(new Set(tokens.map(({ token }) => part(token, 1).jti)).size).toBe(2);
  });

  it('cannot come from a client, on any route and in any spelling', async () => {
    const sent: Headers = [
      ['X-Portcullis-Identity', 'forged'],
      ['x_portcullis_identity', 'forged'],
      ['X-Identity-Token', 'forged'],
      ['X.Identity.Token', 'forged'],
    ];
    for (const target of ['/open', '/beside/x', '/instead/x']) {
      const { headers } = await pass(target, sent);
      expect(JSON.stringify(headers)).not.toContain('forged');
    }
    expect((await pass('/open')).values('x-portcullis-identity')).toEqual([]);
  });

  it('carries the claims alone where the route says so', async () => {
    const arrived = await pass('/instead/x', [['X-User-Id', 'root']]);
    const shown = await presented(arrived, 'x-identity-token', 'https://orders.example');
    expect(part(shown.token, 1)).toMatchObject({
      aud: 'https://orders.example',
      hdr: [],
      identity: { 'x-user-id': 'ada', 'x-roles': '["a","b"]' },
    });
    expect([arrived.values('x-user-id'), arrived.values('x-roles')]).toEqual([[], []]);
    for (const [, verify] of languages.verifiers) expect(await verify(shown)).toBe('ada');
  });
});

describe('the key set', () => {
  it('holds the key that signs and the next one, and nothing private', async () => {
    const { keys } = await jwks();
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    }
    const { token } = await presented(await pass('/beside/x'));
    expect(keys).toContainEqual(expect.objectContaining({ kid: part(token, 0).kid }));
  });

  it('may be kept for five minutes, and no secret is in the log', async () => {
    const response = await fetch(`${gateway.url}/.portcullis/jwks.json`);
    expect(response.headers.get('content-type')).toBe('application/jwk-set+json');
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    expect(gateway.output()).not.toContain(SECRET);
  });
});

describe('the verifiers', () => {
  it('are run where their language is there, Node everywhere', () => {
    expect(languages.verifiers.map(([name]) => name)).toContain('Node');
  });

  describe.each(languages.verifiers)('%s', (_name, verify) => {
    it.each([
      ['GET', '/beside/x'],
      ['POST', '/beside/a%20b/c?q=a+b&r=%2F&s'],
      ['DELETE', '/beside/?'],
      ['GET', "/beside/x?q='1'"],
    ])('accepts %s %s as it arrived', async (method, target) => {
      expect(await verify(await presented(await pass(target, [], method)))).toBe('ada');
    });

    it.each<[string, (given: Presented) => Partial<Presented>]>([
      ['another path', ({ target }) => ({ target: `${target}/y` })],
      ['another query', ({ target }) => ({ target: `${target}&z` })],
      ['another method', () => ({ method: 'DELETE' })],
      ['another header value', ({ headers }) => ({ headers: { ...headers, 'x-user-id': 'root' } })],
      ['a header that was absent', ({ headers }) => ({ headers: { ...headers, 'x-name': 'root' } })],
      ['a header gone', ({ headers: { 'x-roles': _, ...headers } }) => ({ headers })],
      ['a line break in a header', ({ headers }) => ({ headers: { ...headers, 'x-user-id': 'ada\nx' } })],
      ['another audience', () => ({ audience: 'https://other.example' })],
      ['another issuer', () => ({ issuer: 'https://other.example' })],
      ['a minute later', ({ now }) => ({ now: now + 61 })],
      ['a minute earlier', ({ now }) => ({ now: now - 61 })],
      ['another key set', () => ({ jwks: { keys: [] } })],
      ['claims changed', ({ token }) => ({ token: changed(token, { sub: 'root' }) })],
      ['no signature', ({ token }) => ({ token: `${token.split('.').slice(0, 2).join('.')}.` })],
      ['alg none', ({ token }) => ({ token: unsigned(token) })],
      ['garbage', () => ({ token: 'garbage' })],
      ['nothing', () => ({ token: '' })],
    ])('refuses a replay with %s', async (_what, change) => {
      const given = await presented(await pass('/beside/x?y=1'));
      expect(await verify(given)).toBe('ada');
      expect(await verify({ ...given, ...change(given) })).toBeUndefined();
    });
  });
});

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const changed = (token: string, more: object): string => {
  const [head, , signature] = token.split('.');
  return `${head}.${encoded({ ...part(token, 1), ...more })}.${signature}`;
};
const unsigned = (token: string): string =>
  `${encoded({ ...part(token, 0), alg: 'none' })}.${token.split('.')[1]}.`;
