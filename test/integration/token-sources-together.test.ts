import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Asking, askingOf, type Lines, line } from '../fixtures/asking.ts';
import { issuerTable } from '../fixtures/deployment.ts';
import { type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

const COOKIE = '__Host-access';
const LOGIN = 'https://login.test/start?return_to=';

let issuer: Issuer;
let origin: Origin;
let gateway: Gateway;
let client: Asking;
let alice: string;
let bob: string;
let expired: string;

beforeAll(async () => {
  [issuer, origin] = await Promise.all([startIssuer(), startOrigin()]);
  const guarded = { origin: origin.url, headers: { 'X-User-Id': 'sub' }, revocation: { mode: 'off' } };
  const both = ['bearer', { cookie: COOKIE }, { query: 't' }];
  const first = { multiple_tokens: 'first' };
  const ROUTES = {
    several: { ...guarded, path: '/several/*', token_sources: both },
    first: { ...guarded, path: '/first/*', token_sources: both.toReversed(), ...first },
    forwarded: {
      ...guarded,
      path: '/forwarded/*',
      token_sources: [{ cookie: COOKIE }, 'bearer', { header: 'Authorization', scheme: 'Token' }],
      forward_token: true,
      ...first,
    },
    optional: {
      ...guarded,
      path: '/optional/*',
      authentication: 'optional',
      token_sources: ['bearer', { cookie: COOKIE }],
      forward_token: true,
      claims: [{ claim: 'sub', equals: 'alice' }],
    },
    checked: {
      origin: origin.url,
      path: '/checked/*',
      authentication: 'optional',
      preflight: 'origin',
    },
    open: { origin: origin.url, path: '/open/*', authentication: 'none', forward_token: true },
    login: {
      ...guarded,
      path: '/login/*',
      token_sources: ['bearer', { query: 'access_token' }, { cookie: COOKIE }],
      on_unauthenticated: { redirect: `${LOGIN}{url}&client=web` },
      scope: ['never'],
    },
    unknown: {
      ...guarded,
      path: '/unknown/*',
      issuers: ['gone'],
      authentication: 'optional',
      on_unauthenticated: { redirect: `${LOGIN}{url}` },
    },
  };
  const gone = { issuer: 'https://gone.test', audience: 'x', jwks_uri: 'http://127.0.0.1:1/jwks' };
  gateway = await startGateway({
    vars: {
      ISSUERS: { main: issuerTable(issuer), gone: { ...gone, algorithms: ['ES256'] } },
      ROUTES: Object.fromEntries(
        Object.entries(ROUTES).map(([name, route]) => [
          name,
          'issuers' in route || name === 'open' ? route : { issuers: ['main'], ...route },
        ]),
      ),
    },
  });
  client = askingOf(gateway, origin);
  const hourAgo = Math.floor(Date.now() / 1000) - 3_600;
  [alice, bob, expired] = await Promise.all([
    issuer.sign({ sub: 'alice' }),
    issuer.sign({ sub: 'bob' }),
    issuer.sign({ sub: 'alice', iat: hourAgo - 600, exp: hourAgo }),
  ]);
});

afterAll(() => Promise.all([gateway?.stop(), origin?.stop(), issuer?.stop()]));

const ask: Asking['ask'] = (...request) => client.ask(...request);
const bearer = (token: string) => line('Authorization', `Bearer ${token}`);
const cookie = (token: string) => line('Cookie', `${COOKIE}=${token}`);

async function expectRefused(answer: Answer, status: number, reason: string): Promise<void> {
  expect([answer.response.status, await client.refused(answer)]).toEqual([status, reason]);
}

describe('tokens in several sources', () => {
  it('are taken from any of them', async () => {
    await client.passes(ask('GET', '/several/1', [bearer(alice)]), 'alice');
    await client.passes(ask('GET', '/several/1', [cookie(alice)]), 'alice');
    await client.passes(ask('GET', `/several/1?t=${alice}`), 'alice');
  });

  it.each<[string, () => readonly [string, Lines]]>([
    ['bearer and cookie', () => ['/several/1', [bearer(alice), cookie(bob)]]],
    ['the same one twice', () => ['/several/1', [bearer(alice), cookie(alice)]]],
    ['bearer and query', () => [`/several/1?t=${bob}`, [bearer(alice)]]],
    ['cookie and query', () => [`/several/1?t=${bob}`, [cookie(alice)]]],
  ])('%s are refused where there is no order', async (_name, request) => {
    await expectRefused(await ask('GET', ...request()), 400, 'credentials_multiple');
  });

  it('go in the order of the route where it names one, and none that was passed over reaches the origin', async () => {
    const request = await client.passes(
      ask('GET', `/first/1?t=${alice}`, [cookie(bob), bearer(bob)]),
      'alice',
    );
    expect(JSON.stringify(request.headers)).not.toContain(bob.slice(-20));
    expect(request.target).toBe('/first/1');
    await client.passes(ask('GET', '/first/1', [cookie(alice), bearer(bob)]), 'alice');
    await client.passes(ask('GET', '/first/1', [bearer(bob)]), 'bob');
  });

  it('are refused where the first one is bad, whatever the next ones are', async () => {
    await expectRefused(await ask('GET', '/first/1', [cookie(expired), bearer(alice)]), 401, 'expired');
    await expectRefused(
      await ask('GET', '/first/1', [cookie('"x"'), bearer(alice)]),
      400,
      'credentials_malformed',
    );
  });

  it('beside a query access_token stay refused in any order', async () => {
    await expectRefused(
      await ask('GET', '/first/1?access_token=x', [bearer(alice)]),
      400,
      'credentials_multiple',
    );
  });
});

describe('forward_token', () => {
  it.each<[string, () => Lines]>([
    ['a cookie', () => [cookie(alice)]],
    ['a cookie before another token', () => [cookie(alice), bearer(bob)]],
    ['Authorization', () => [bearer(alice)]],
    ['Authorization in lower case', () => [line('authorization', `bearer  ${alice}`)]],
    ['another scheme', () => [line('Authorization', `Token ${alice}`)]],
  ])('sends the verified token as a bearer token and no other: %s', async (_name, headers) => {
    const request = await client.passes(ask('GET', '/forwarded/1', headers()), 'alice');
    expect(request.values('authorization')).toEqual([`Bearer ${alice}`]);
    expect(request.values('cookie')).toEqual([]);
  });

  it('sends what came where nobody is asked for', async () => {
    const request = await client.passes(ask('GET', '/open/1', [line('Authorization', 'Basic eDp5')]));
    expect(request.values('authorization')).toEqual(['Basic eDp5']);
  });
});

describe('optional authentication', () => {
  const told = 'x-portcullis-authenticated';

  it('lets a token in, and tells the origin so', async () => {
    for (const headers of [[bearer(alice)], [cookie(alice)]]) {
      const request = await client.passes(ask('GET', '/optional/1', headers), 'alice');
      expect(request.values(told)).toEqual(['true']);
      expect(request.values('authorization')).toEqual([`Bearer ${alice}`]);
    }
  });

  it.each<[string, Lines]>([
    ['nothing', []],
    ['another scheme', [line('Authorization', 'Basic eDp5')]],
    ['an empty cookie', [line('Cookie', `${COOKIE}=`)]],
    [
      'words of ours',
      [line('X-Portcullis-Authenticated', 'true'), line('x_portcullis_authenticated', 'true')],
    ],
    ['an identity', [line('X-User-Id', 'alice')]],
  ])('lets in who has no token as nobody: %s', async (_name, headers) => {
    const request = await client.passes(ask('GET', '/optional/1', headers));
    expect(request.headers.filter(([name]) => /authenticated/i.test(name))).toEqual([
      ['X-Portcullis-Authenticated', 'false'],
    ]);
    expect(request.values('authorization')).toEqual([]);
  });

  it.each<[string, () => Lines, number, string]>([
    ['expired', () => [bearer(expired)], 401, 'expired'],
    ['forged', () => [bearer(`${alice.slice(0, -8)}AAAAAAAA`)], 401, 'signature_invalid'],
    ['no JWT', () => [bearer('opaque')], 401, 'token_malformed'],
    ['nothing behind its scheme', () => [line('Authorization', 'Bearer')], 400, 'credentials_malformed'],
    ['two', () => [bearer(alice), cookie(alice)], 400, 'credentials_multiple'],
    ['not enough', () => [bearer(bob)], 403, 'claim_forbidden'],
    ['in a bad cookie', () => [cookie(expired)], 401, 'expired'],
  ])('refuses a token as everywhere: %s', async (_name, headers, status, reason) => {
    await expectRefused(await ask('GET', '/optional/1', headers()), status, reason);
  });

  it('answers 503 where nobody can tell, also to a browser', async () => {
    const [key] = issuer.keys;
    if (key === undefined) throw new Error('no key');
    const token = await issuer.sign({ iss: 'https://gone.test', aud: 'x' });
    const answer = await ask('GET', '/unknown/1', [bearer(token), line('Sec-Fetch-Mode', 'navigate')]);
    await expectRefused(answer, 503, 'keys_unavailable');
    await client.passes(ask('GET', '/unknown/1'));
  });

  it('checks revocation of those who have a token, and of nobody else', async () => {
    const { response, request } = await ask('GET', '/checked/1');
    expect([response.status, request?.values(told)]).toEqual([200, ['false']]);
    const withToken = await ask('GET', '/checked/1', [bearer(await issuer.sign({ jti: undefined }))]);
    await expectRefused(withToken, 401, 'claim_missing');
  });

  it('says nothing of it on routes of other kinds, whatever the client says', async () => {
    for (const path of ['/open/1', '/several/1']) {
      const { request } = await ask('GET', path, [bearer(alice), line('X-Portcullis-Authenticated', 'true')]);
      expect(request?.values(told)).toEqual([]);
    }
  });
});

describe('on_unauthenticated', () => {
  const navigation = line('Sec-Fetch-Mode', 'navigate');
  const html = line('Accept', 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8');
  const here = encodeURIComponent('http://api.test/login/x');

  it.each<[string, string, () => Lines, string]>([
    ['nothing', '/login/x', () => [navigation], here],
    ['nothing, from an older browser', '/login/x', () => [html], here],
    ['an expired token', '/login/x', () => [navigation, cookie(expired)], here],
    ['a query', '/login/x?a=1&b=%26', () => [navigation], `${here}${encodeURIComponent('?a=1&b=%26')}`],
    [
      'an expired token in the query, which goes no further',
      '/login/x?a=1&access_token=EXPIRED',
      () => [navigation],
      `${here}${encodeURIComponent('?a=1')}`,
    ],
    [
      'characters that end a value',
      "/login/&x=1'(%20Set-Cookie:x",
      () => [navigation],
      encodeURIComponent("http://api.test/login/&x=1'(%20Set-Cookie:x"),
    ],
  ])('sends a person to log in who comes with %s', async (_name, target, headers, url) => {
    const { response, request } = await ask('GET', target.replace('EXPIRED', expired), headers());
    expect(request).toBeUndefined();
    expect([response.status, response.body]).toEqual([302, '']);
    expect(response.header('location')).toBe(`${LOGIN}${url}&client=web`);
    expect(response.header('cache-control')).toBe('no-store');
    expect(response.header('www-authenticate')).toBeUndefined();
  });

  it.each<[string, string, string, () => Lines, number, string]>([
    ['a script', 'GET', '/login/x', () => [line('Sec-Fetch-Mode', 'cors'), html], 401, 'credentials_missing'],
    ['a client of no kind', 'GET', '/login/x', () => [], 401, 'credentials_missing'],
    ['a client of JSON', 'GET', '/login/x', () => [line('Accept', '*/*')], 401, 'credentials_missing'],
    [
      'one that wants no HTML',
      'GET',
      '/login/x',
      () => [line('Accept', 'text/html;q=0')],
      401,
      'credentials_missing',
    ],
    ['a form', 'POST', '/login/x', () => [navigation], 401, 'credentials_missing'],
    [
      'a person without the right',
      'GET',
      '/login/x',
      () => [navigation, cookie(alice)],
      403,
      'scope_insufficient',
    ],
    [
      'a person with two tokens',
      'GET',
      '/login/x',
      () => [navigation, cookie(alice), bearer(alice)],
      400,
      'credentials_multiple',
    ],
    [
      'a form of another site',
      'POST',
      '/login/x',
      () => [navigation, cookie(alice)],
      403,
      'cross_site_request',
    ],
  ])('answers as usual to %s', async (_name, method, target, headers, status, reason) => {
    await expectRefused(await ask(method, target, headers()), status, reason);
  });

  it('tells in the event why, and that the answer was a redirect', async () => {
    await ask('GET', '/login/told', [navigation]);
    const event = await gateway.logged(({ path }) => path === '/login/told');
    expect(event).toMatchObject({ decision: 'denied', reason: 'credentials_missing', status: 302 });
  });

  it.each([
    '//evil.test/login/x',
    'http://evil.test/login/x',
    '/login/x/..//evil.test',
    '/login/\\evil.test',
    '/login/x?return_to=https://evil.test',
    '/login/x#@evil.test',
    '/login/@evil.test/',
  ])('sends nobody elsewhere: %s', async (target) => {
    for (const host of ['api.test', 'api.test@evil.test', 'evil.test/', 'evil.test\\', 'api.test&x=']) {
      const { response } = await ask('GET', target, [navigation, line('X-Forwarded-Host', host)]);
      const location = response.header('location');
      if (location !== undefined) {
        const url = new URL(location);
        expect([url.origin, url.pathname, [...url.searchParams.keys()]]).toEqual([
          'https://login.test',
          '/start',
          ['return_to', 'client'],
        ]);
        expect(new URL(url.searchParams.get('return_to') ?? '').host).toBe('api.test');
      } else expect([400, 404]).toContain(response.status);
    }
  });
});
