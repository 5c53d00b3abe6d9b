import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, type Responder, reset } from '../fixtures/http-faults.ts';
import { AUDIENCE } from '../fixtures/issuer.ts';
import { type LoginStack, REDIRECT_URI, startLoginStack } from '../fixtures/login-stack.ts';
import { aPerson, type Person } from '../fixtures/person.ts';
import { rawRequest } from '../fixtures/raw-http.ts';

/** The built Worker, `oidc-provider` as who logs people in, and `openid-client` as who wants tokens. */
describe('the authorization code flow', () => {
  let stack: LoginStack;
  let config: client.Configuration;
  beforeAll(async () => {
    stack = await startLoginStack({ service: { revocation: 'off' } });
    config = await client.discovery(new URL(stack.service.url), 'page', undefined, client.None(), {
      algorithm: 'oauth2',
      execute: [client.allowInsecureRequests],
    });
  });
  afterAll(() => stack.stop());

  const VERIFIER = 'v'.repeat(43);
  const request = async (more: Record<string, string> = {}) =>
    client.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT_URI,
      code_challenge: await client.calculatePKCECodeChallenge(VERIFIER),
      code_challenge_method: 'S256',
      state: 'a state & more',
      ...more,
    }).href;
  const logIn = async (person: Person, name: string, more: Record<string, string> = {}) => {
    const page = await person.visit(await request(more));
    expect(page.url.href, page.body).toContain(stack.provider.url);
    return await person.logIn(page, name, REDIRECT_URI);
  };
  const redeem = (url: URL, verifier = VERIFIER) =>
    client.authorizationCodeGrant(config, url, {
      pkceCodeVerifier: verifier,
      expectedState: 'a state & more',
    });

  it('openid-client gets tokens for somebody who has logged in at the provider, and refreshes them', async () => {
    stack.provider.accounts.set('alice', {
      acr: 'urn:mfa',
      amr: ['pwd', 'otp'],
      claims: { role: 'admin', email: 'a@b.test' },
    });
    const back = await logIn(aPerson(), 'alice', { scope: 'orders:read', resource: AUDIENCE });
    const tokens = await redeem(back.url);
    const claims = decodeJwt(tokens.access_token);
    expect(claims).toMatchObject({
      iss: stack.service.url,
      sub: 'corp|alice',
      aud: AUDIENCE,
      scope: 'orders:read',
      role: 'admin',
      acr: 'urn:mfa',
      amr: ['pwd', 'otp'],
      auth_time: expect.any(Number),
    });
    // The provider says it, and its table does not take it.
    expect(claims).not.toHaveProperty('email');
    const next = await client.refreshTokenGrant(config, String(tokens.refresh_token));
    expect(decodeJwt(next.access_token).sid).toBe(claims.sid);
    await client.tokenRevocation(config, String(next.refresh_token));
    await expect(client.refreshTokenGrant(config, String(next.refresh_token))).rejects.toThrow();
  });

  it('says in the metadata that all this is there', async () => {
    expect(config.serverMetadata()).toMatchObject({
      authorization_endpoint: `${stack.service.url}/authorize`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      grant_types_supported: expect.arrayContaining(['authorization_code']),
    });
  });

  it('ends what a code began when it comes twice, and takes no other verifier', async () => {
    const { url } = await logIn(aPerson(), 'bob');
    await expect(redeem(url, 'w'.repeat(43))).rejects.toMatchObject({ error: 'invalid_grant' });
    const tokens = await redeem(url);
    await expect(redeem(url)).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(client.refreshTokenGrant(config, String(tokens.refresh_token))).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('keeps the query of a registered address', async () => {
    const to = `${REDIRECT_URI}?tenant=1`;
    const person = aPerson();
    const page = await person.visit(await request({ redirect_uri: to }));
    const back = await person.logIn(page, 'carol', REDIRECT_URI);
    expect(back.url.href.startsWith(`${to}&code=`)).toBe(true);
    expect(back.url.searchParams.get('iss')).toBe(stack.service.url);
  });

  it('passes on what the login should be like: prompt, login_hint, max_age, acr_values', async () => {
    const { url } = await aPerson().visit(
      await request({ prompt: 'login', login_hint: 'dave', max_age: '60', acr_values: 'urn:mfa' }),
      `${stack.provider.url}/auth`,
    );
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      prompt: 'login',
      login_hint: 'dave',
      max_age: '60',
      acr_values: 'urn:mfa',
      code_challenge_method: 'S256',
      nonce: expect.any(String),
      redirect_uri: `${stack.service.url}/authorize/callback/corp`,
    });
  });

  it.each([
    ['nobody is logged in and prompt is none', { prompt: 'none' }, 'login_required'],
    ['the provider is down', { upstream: 'down' }, 'temporarily_unavailable'],
  ])('tells the client when %s', async (_what, more, error) => {
    const { url } = await aPerson().visit(await request(more), REDIRECT_URI);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      error,
      state: 'a state & more',
      iss: stack.service.url,
    });
  });

  it('tells the client when the person says no', async () => {
    const { url } = await logIn(aPerson(), '');
    expect(url.searchParams.get('error')).toBe('access_denied');
  });

  it.each<[string, Responder]>([
    ['answers 503', answer(503)],
    ['answers rubbish', answer(200, '{', { 'content-type': 'application/json' })],
    ['drops the connection', reset],
    ['redirects', answer(302, '', { location: 'https://evil.test' })],
    ['sends without end', answer(200, 'x'.repeat(300_000), { 'content-type': 'application/json' })],
  ])('tells the client when the provider %s half-way, and gives no code', async (_what, responder) => {
    const person = aPerson();
    const page = await person.visit(await request());
    const callback = await person.logIn(page, 'erin', `${stack.service.url}/authorize/callback/`);
    stack.provider.interrupt(responder);
    const { url } = await person
      .visit(callback.url.href, REDIRECT_URI)
      .finally(() => stack.provider.interrupt(undefined));
    expect(['temporarily_unavailable', 'server_error']).toContain(url.searchParams.get('error'));
    expect(url.searchParams.has('code')).toBe(false);
  });

  it('binds what comes back to the browser that began: another has no such login under way', async () => {
    const attacker = aPerson();
    const page = await attacker.visit(await request());
    const callback = await attacker.logIn(page, 'mallory', `${stack.service.url}/authorize/callback/`);
    const victim = aPerson();
    await victim.visit(await request());
    const refused = await victim.visit(callback.url.href);
    expect([refused.status, refused.body]).toEqual([400, expect.stringContaining('no such login under way')]);
    // Nor is it good at another provider's address.
    const mixed = callback.url.href.replace('/callback/corp', '/callback/down');
    expect((await attacker.visit(mixed)).status).toBe(400);
    expect((await attacker.visit(callback.url.href, REDIRECT_URI)).url.searchParams.has('code')).toBe(true);
    // And only once.
    expect((await attacker.visit(callback.url.href)).status).toBe(400);
  });

  it('refuses an answer that names another issuer', async () => {
    const person = aPerson();
    const page = await person.visit(await request());
    const callback = await person.logIn(page, 'frank', `${stack.service.url}/authorize/callback/`);
    callback.url.searchParams.set('iss', 'https://other.test');
    const { url } = await person.visit(callback.url.href, REDIRECT_URI);
    expect(url.searchParams.get('error')).toBe('server_error');
  });

  it('never sends the browser to an address that is not registered', async () => {
    for (const redirect_uri of [
      'https://evil.test/',
      `${REDIRECT_URI}/`,
      `${REDIRECT_URI}#x`,
      '',
      'javascript:1',
    ]) {
      const { status, headers, body } = await aPerson().visit(await request({ redirect_uri }));
      expect([status, headers.get('location')], redirect_uri).toEqual([400, null]);
      expect(body).toContain('<h1>');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    }
    const unknown = await aPerson().visit(await request({ client_id: 'nobody' }));
    expect(unknown.status).toBe(400);
  });

  it.each([
    ['twice the same parameter', '/authorize?client_id=page&client_id=page', 400],
    ['no query', '/authorize', 400],
    ['a query of rubbish', '/authorize?%ff%fe=%00&&&=&client_id', 400],
    ['a long query', `/authorize?x=${'y'.repeat(9_000)}`, 400],
    ['another method', '/authorize', 405],
    ['a callback without a state', '/authorize/callback/corp?code=x', 400],
    ['a callback with two states', `/authorize/callback/corp?state=${'s'.repeat(43)}&state=x`, 400],
    ['a callback of a provider there is not', `/authorize/callback/none?state=${'s'.repeat(43)}`, 404],
    ['a callback in another spelling', `/authorize/callback/%63orp?state=${'s'.repeat(43)}`, 404],
  ])('answers %s itself', async (_what, target, status) => {
    const method = status === 405 ? 'POST' : 'GET';
    const cookie = `__Host-login-${'s'.repeat(43)}=${'A'.repeat(64)}.x.y.z.w; __Host-login-; =; ;`;
    const response = await rawRequest(
      stack.service.port,
      `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\n\r\n`,
    );
    expect(response.status, response.body).toBe(status);
    expect(response.header('location')).toBeUndefined();
  });

  it('holds with a browser that has begun many logins: the cookies of older ones are taken back', async () => {
    const person = aPerson();
    for (let n = 0; n < 8; n += 1) await person.visit(await request(), stack.provider.url);
    const kept = [...person.cookies(stack.service.url).keys()].filter((name) =>
      name.startsWith('__Host-login-'),
    );
    expect(kept.length).toBeLessThanOrEqual(6);
  });
});
