import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, send } from '../fixtures/client.ts';
import { type Deployment, routeTables, startDeployment } from '../fixtures/deployment.ts';
import { answer } from '../fixtures/http-faults.ts';
import { AUDIENCE } from '../fixtures/issuer.ts';
import { type LoginStack, startLoginStack } from '../fixtures/login-stack.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { aPerson, type Person } from '../fixtures/person.ts';
import { rawRequest, requestBytes } from '../fixtures/raw-http.ts';
import { freePort } from '../fixtures/token-service.ts';

/** The built Worker with its cookies, `oidc-provider` as who logs people in, and the gateway over the same deny-list. */
describe('sessions for browsers', () => {
  let deployment: Deployment;
  let stack: LoginStack;
  let url: string;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const origin = await startOrigin();
    const main = { issuer: url, audience: [AUDIENCE], algorithms: ['ES256'], profile: 'rfc9068' };
    const ISSUERS = { main: { ...main, jwks_uri: `${url}/.well-known/jwks.json` } };
    deployment = await startDeployment({ ISSUERS, ROUTES: routeTables(origin) }, { origin });
    stack = await startLoginStack({ port, secrets: deployment.writer });
  });
  afterAll(async () => {
    await stack.stop();
    await deployment.stop();
  });

  const logIn = async (name: string, query = ''): Promise<Person> => {
    const person = aPerson();
    const done = await person.logIn(await person.visit(`${url}/session/login${query}`), name);
    expect(done.status, done.body).toBe(200);
    return person;
  };
  const accessToken = (person: Person) => person.cookies(url).get('__Host-session') ?? '';
  const refreshToken = (person: Person) =>
    person.cookies(`${url}/session/refresh`).get('__Secure-session-refresh') ?? '';
  const SAME_ORIGIN = { 'sec-fetch-site': 'same-origin' };
  /** The cookies as this person's browser sends them to the refresh endpoint, whatever they are. */
  const bothCookies = (access: string, refresh: string) =>
    `__Host-session=${access}; __Secure-session-refresh=${refresh}`;
  const refreshWith = (cookie: string) =>
    fetch(`${url}/session/refresh`, { method: 'POST', headers: { ...SAME_ORIGIN, cookie } });
  const post = (person: Person, path: string, body?: URLSearchParams) =>
    person.fetch(`${url}${path}`, { method: 'POST', headers: SAME_ORIGIN, ...(body && { body }) });
  const who = async (person: Person) => (await person.fetch(`${url}/session`)).status;
  const atGateway = async (token: string) =>
    (await send(deployment.gateway, 'GET', '/orders/1', [bearer(token)])).response.status;

  it('logs in, and sets two cookies that no script reads and no other site gets', async () => {
    const person = aPerson();
    const page = await person.visit(`${url}/session/login?return_to=${encodeURIComponent('/app?tab=1#top')}`);
    const done = await person.logIn(page, 'alice');
    expect(done.url.pathname).toBe('/session/callback/corp');
    const [ended = '', access = '', refresh = ''] = done.headers.getSetCookie();
    expect(ended).toMatch(/^__Host-login-[\w-]{43}=; Path=\/; Max-Age=0; Secure; HttpOnly; SameSite=Lax$/);
    expect(access).toMatch(
      /^__Host-session=ey[^;]+; Path=\/; Max-Age=604800; Secure; HttpOnly; SameSite=Strict$/,
    );
    expect(refresh).toMatch(
      /^__Secure-session-refresh=prt_[^;]+; Path=\/session\/refresh; Max-Age=604800; Secure; HttpOnly; SameSite=Strict$/,
    );
    // A page of its own that goes on, not a redirect: that would still be the provider's navigation.
    expect(done.body).toContain(`<meta http-equiv="refresh" content="0;url=${url}/app?tab=1#top">`);
    expect(done.headers.get('referrer-policy')).toBe('no-referrer');
    expect(done.body).not.toContain('prt_');
    expect(decodeJwt(accessToken(person))).toMatchObject({ sub: 'corp|alice', client_id: 'session' });
    expect(await atGateway(accessToken(person))).toBe(200);
    const answered = await person.fetch(`${url}/session`);
    expect(await answered.json()).toEqual({
      sub: 'corp|alice',
      scope: 'orders:read orders:write',
      expires_at: expect.any(Number),
    });
  });

  it('refreshes: every racer gets the same successor, and each answer is good', async () => {
    const person = await logIn('bob');
    const before = refreshToken(person);
    const cookie = bothCookies(accessToken(person), before);
    const race = async (): Promise<Response> => {
      const response = await refreshWith(cookie);
      return response.status === 503 ? await race() : response;
    };
    const answers = await Promise.all(Array.from({ length: 10 }, race));
    const cookies = answers.map((each) => each.headers.getSetCookie());
    expect(new Set(cookies.map(([, refresh]) => refresh)).size).toBe(1);
    expect(await answers[0]?.json()).toEqual({ expires_in: 900 });
    for (const [access = ''] of cookies) {
      expect(await atGateway(access.slice(access.indexOf('=') + 1, access.indexOf(';')))).toBe(200);
    }
  });

  it('sets and clears nothing where it refuses a refresh: another tab has good cookies perhaps', async () => {
    const person = await logIn('carol');
    const old = refreshToken(person);
    expect((await post(person, '/session/refresh')).status).toBe(200);
    expect((await post(person, '/session/refresh')).status).toBe(200);
    const newest = refreshToken(person);
    for (const cookie of ['prt_x', '', `${old}; __Secure-session-refresh=${newest}`, old]) {
      const refused = await refreshWith(bothCookies(accessToken(person), cookie));
      expect([refused.status, refused.headers.getSetCookie()]).toEqual([401, []]);
    }
    // The oldest one came back: somebody else has it.
    expect((await post(person, '/session/refresh')).status).toBe(401);
  });

  it('refreshes no other session by a cookie that a sibling subdomain has set, and its own in spite of one', async () => {
    const [victim, attacker] = [await logIn('victor'), await logIn('mallory')];
    const [access, own, foreign] = [accessToken(victim), refreshToken(victim), refreshToken(attacker)];
    for (const cookie of [bothCookies(access, foreign), `__Secure-session-refresh=${foreign}`]) {
      const refused = await refreshWith(cookie);
      expect([refused.status, refused.headers.getSetCookie()]).toEqual([401, []]);
    }
    const refreshed = await refreshWith(`${bothCookies(access, foreign)}; __Secure-session-refresh=${own}`);
    const [cookie = ''] = refreshed.headers.getSetCookie();
    expect([
      refreshed.status,
      decodeJwt(cookie.slice('__Host-session='.length, cookie.indexOf(';'))),
    ]).toEqual([200, expect.objectContaining({ sub: 'corp|victor' })]);
    // What was tried in vain has ended nothing.
    expect((await post(attacker, '/session/refresh')).status).toBe(200);
  });

  it('logs out: the grant ends though its cookie is not sent, and the gateway hears of it', async () => {
    const person = await logIn('dave');
    const [token, refresh] = [accessToken(person), refreshToken(person)];
    const done = await post(person, '/session/logout');
    expect([done.status, person.cookies(`${url}/session/refresh`).size]).toEqual([204, 0]);
    expect(await atGateway(token)).toBe(401);
    expect((await refreshWith(bothCookies(token, refresh))).status).toBe(401);
    expect(await who(person)).toBe(401);
    expect((await post(person, '/session/logout')).status).toBe(401);
  });

  it('logs out of all devices', async () => {
    const [here, there, other] = [await logIn('erin'), await logIn('erin'), await logIn('frank')];
    const tokens = [accessToken(here), accessToken(there), accessToken(other)];
    expect((await post(here, '/session/logout', new URLSearchParams({ all: 'true' }))).status).toBe(204);
    expect(await Promise.all(tokens.map(atGateway))).toEqual([401, 401, 200]);
    expect((await post(there, '/session/refresh')).status).toBe(401);
    expect((await post(other, '/session/refresh')).status).toBe(200);
    expect((await post(other, '/session/logout', new URLSearchParams({ all: 'yes' }))).status).toBe(400);
    expect(await who(other)).toBe(200);
  });

  it('ends a session that the provider ends (back-channel), and leaves others alone', async () => {
    const person = await logIn('grace');
    const elsewhere = await logIn('grace');
    const token = accessToken(person);
    const page = await person.visit(`${stack.provider.url}/session/end`);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
    await person.fetch(`${stack.provider.url}/session/end/confirm`, {
      method: 'POST',
      body: new URLSearchParams({ xsrf, logout: 'yes' }),
    });
    await stack.service.logged((line) => line.event === 'upstream_logout');
    expect((await post(person, '/session/refresh')).status).toBe(401);
    expect(await atGateway(token)).toBe(401);
    expect(await who(person)).toBe(401);
    expect((await post(elsewhere, '/session/refresh')).status).toBe(200);
  });

  it.each([
    ['nothing', ''],
    ['no logout token', 'logout_token=x'],
    ['an access token', 'logout_token=ACCESS'],
    ['the parameter twice', 'logout_token=x&logout_token=x'],
  ])('refuses %s for a logout token', async (_what, form) => {
    const person = await logIn('heidi');
    const body = form.replace('ACCESS', accessToken(person));
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const refused = await fetch(`${url}/backchannel-logout`, { method: 'POST', headers, body });
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: 'invalid_request' }]);
    expect(await who(person)).toBe(200);
  });

  it.each<[string, Record<string, string>]>([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling of this site', { 'sec-fetch-site': 'same-site' }],
    ['nowhere', { 'sec-fetch-site': 'none' }],
    ['a browser that says nothing', {}],
    ['another origin', { origin: 'https://evil.test' }],
    ['an opaque origin', { origin: 'null' }],
    [
      'another origin, whatever the other header says',
      { origin: 'https://evil.test', 'sec-fetch-site': 'same-origin' },
    ],
  ])('refuses refresh and logout to %s', async (_what, headers) => {
    const person = await logIn('ivan');
    for (const path of ['/session/refresh', '/session/logout']) {
      const refused = await person.fetch(`${url}${path}`, { method: 'POST', headers });
      expect([refused.status, refused.headers.getSetCookie()], path).toEqual([403, []]);
    }
    expect(
      (await person.fetch(`${url}/session/refresh`, { method: 'POST', headers: { origin: url } })).status,
    ).toBe(200);
  });

  it.each([
    'https://evil.test/',
    '//evil.test',
    '/\\evil.test',
    '\\/evil.test',
    '/\t/evil.test',
    '/%0a/evil.test\n',
    'javascript:alert(1)',
    'app',
    `/${'x'.repeat(2_000)}`,
  ])('leads back to no other place than this site: %j', async (returnTo) => {
    const refused = await aPerson().visit(`${url}/session/login?return_to=${encodeURIComponent(returnTo)}`);
    expect([refused.status, refused.headers.getSetCookie()]).toEqual([400, []]);
  });

  it('writes what it leads back to into the page as text', async () => {
    const person = aPerson();
    const path = encodeURIComponent(`/a?"><script>x</script>'`);
    const done = await person.logIn(await person.visit(`${url}/session/login?return_to=${path}`), 'judy');
    expect(done.status).toBe(200);
    expect(done.body).not.toMatch(/<script|[^=]"><s|'/);
  });

  it.each([
    ['a parameter twice', '?return_to=/&return_to=/', 400],
    ['a provider there is not', '?upstream=none', 400],
    ['a prompt there is not', '?prompt=dance', 400],
    ['a provider that is down', '?upstream=down', 503],
  ])('answers a login with %s by a page', async (_what, query, status) => {
    const page = await aPerson().visit(`${url}/session/login${query}`);
    expect([page.status, page.headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8']);
    expect(page.headers.get('retry-after')).toBe(status === 503 ? '5' : null);
    expect(page.headers.getSetCookie()).toEqual([]);
  });

  it('says 503 while the provider cannot finish a login, sets no session, and a reload goes on', async () => {
    const person = aPerson();
    const page = await person.visit(`${url}/session/login`);
    const callback = await person.logIn(page, 'kim', `${url}/session/callback/`);
    stack.provider.interrupt(answer(503));
    const down = await person.visit(callback.url.href).finally(() => stack.provider.interrupt(undefined));
    expect([down.status, down.headers.getSetCookie()]).toEqual([503, []]);
    expect((await person.visit(callback.url.href)).status).toBe(200);
    expect(await who(person)).toBe(200);
  });

  it('lets nobody be logged in as somebody else by an address (login CSRF)', async () => {
    const attacker = aPerson();
    const page = await attacker.visit(`${url}/session/login`);
    const callback = await attacker.logIn(page, 'mallory', `${url}/session/callback/`);
    const victim = await logIn('niaj');
    const lured = await victim.visit(callback.url.href);
    expect([lured.status, lured.headers.getSetCookie()]).toEqual([400, []]);
    expect(decodeJwt(accessToken(victim)).sub).toBe('corp|niaj');
  });

  it('takes no token of another client for a session, and none that it has not made', async () => {
    const { body } = await stack.service.post('/token', { grant_type: 'client_credentials' }, [
      'machine',
      'a-machine-secret-of-32-characters',
    ]);
    for (const token of [String(body.access_token), 'x', 'a.b.c', '']) {
      const headers = { ...SAME_ORIGIN, cookie: `__Host-session=${token}` };
      expect((await fetch(`${url}/session`, { headers })).status).toBe(401);
      expect((await fetch(`${url}/session/logout`, { method: 'POST', headers })).status).toBe(401);
    }
  });

  it.each([
    ['Cookie lines of rubbish', 'GET', '/session', [['Cookie', ';;;=;a;=b;__Host-session;\xff=\xfe']], 401],
    ['the cookie twice', 'GET', '/session', [['Cookie', '__Host-session=a; __Host-session=b']], 401],
    ['a cookie of 20 KB', 'GET', '/session', [['Cookie', `__Host-session=${'a'.repeat(20_000)}`]], 401],
    ['another method', 'GET', '/session/refresh', [], 405],
    ['HEAD', 'HEAD', '/session', [], 405],
    ['the path in another case', 'GET', '/Session', [], 404],
    ['the path with a slash', 'GET', '/session/', [], 404],
    ['the path escaped', 'GET', '/%73ession', [], 404],
    [
      'two origins',
      'POST',
      '/session/refresh',
      [
        ['Origin', 'http://x'],
        ['Origin', 'http://y'],
      ],
      403,
    ],
    [
      'a logout of another form',
      'POST',
      '/session/logout',
      [
        ['Sec-Fetch-Site', 'same-origin'],
        ['Content-Type', 'text/plain'],
        ['Content-Length', '1'],
      ],
      415,
    ],
  ] as const)('answers over a raw socket: %s', async (_what, method, target, headers, status) => {
    const sent = requestBytes(method, target, [['Host', 'localhost'], ...headers], status === 415 ? 'x' : '');
    const response = await rawRequest(stack.service.port, sent);
    expect(response.status, response.body).toBe(status);
    expect(response.header('set-cookie')).toBeUndefined();
  });

  describe('a new login in the same browser', () => {
    const again = async (person: Person, between: () => void = () => undefined) => {
      const page = await person.visit(`${url}/session/login?prompt=login`);
      between();
      const done = await person.logIn(page, 'ruth');
      expect([done.url.pathname, done.status], done.body).toEqual(['/session/callback/corp', 200]);
    };
    /** Its access token is refused at once where each request asks, and its refresh token for good. */
    const hasEnded = async (access: string, refresh: string) => {
      expect(await atGateway(access)).toBe(401);
      expect((await refreshWith(bothCookies(access, refresh))).status).toBe(401);
    };

    it.each<[string, (person: Person) => () => void]>([
      ['where the cookie comes all the way', () => () => undefined],
      // As under `Strict`: what follows the provider's redirect brings no session.
      ['where it comes with the start alone', (person) => () => person.keep(url, '__Host-session', '')],
    ])('takes the place of the one before, under an identifier of its own: %s', async (_what, between) => {
      const person = await logIn('ruth');
      const [access, refresh] = [accessToken(person), refreshToken(person)];
      expect(await atGateway(access)).toBe(200);
      await again(person, between(person));
      expect(decodeJwt(accessToken(person))).toMatchObject({ sub: 'corp|ruth' });
      expect(decodeJwt(accessToken(person)).sid).not.toBe(decodeJwt(access).sid);
      await hasEnded(access, refresh);
      expect(await atGateway(accessToken(person))).toBe(200);
      expect((await post(person, '/session/refresh')).status).toBe(200);
    });

    it('takes the place of one that has come up meanwhile', async () => {
      const before = await logIn('naomi');
      const [access, refresh] = [accessToken(before), refreshToken(before)];
      const person = aPerson();
      await again(person, () => person.keep(url, '__Host-session', access));
      await hasEnded(access, refresh);
    });

    it('ends nobody else\u2019s, whatever the cookie says', async () => {
      const other = await logIn('orpah');
      const person = aPerson();
      const { sid } = decodeJwt(accessToken(other));
      const [header, , signature] = accessToken(other).split('.');
      const claims = Buffer.from(JSON.stringify({ ...decodeJwt(accessToken(other)), sid })).toString(
        'base64url',
      );
      person.keep(url, '__Host-session', `${header}.${claims}x.${signature}`);
      await again(person);
      expect(await atGateway(accessToken(other))).toBe(200);
      expect((await post(other, '/session/refresh')).status).toBe(200);
    });
  });

  it('never logs a token, a code, a state or a subject', async () => {
    const person = await logIn('olivia-the-subject');
    await post(person, '/session/refresh');
    const output = stack.service.output();
    for (const secret of [accessToken(person), refreshToken(person), 'olivia-the-subject', 'a-secret-of']) {
      expect(output.includes(secret)).toBe(false);
    }
  });
});
