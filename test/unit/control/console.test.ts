import { describe, expect, it } from 'vitest';
import { compileControl } from '../../../src/control/config.ts';
import { ACME, controlApp, OTHER, VARIABLES } from './control-app.ts';

const withConsole = (console: unknown, more: object = {}) => ({
  ...VARIABLES,
  CONTROL: { ...VARIABLES.CONTROL, console, ...more },
});
const problems = (variables: Record<string, unknown>) => {
  const compiled = compileControl(variables);
  return compiled.ok ? [] : compiled.error.map(({ path, found }) => `${path}: ${found}`);
};
const policyOf = (console: unknown) => {
  const compiled = compileControl(withConsole(console));
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  return compiled.value.policy.console;
};
const FILES = {
  page: '<!doctype html>',
  files: { 'app-AB12.js': { type: 'text/javascript', body: 'run()' } },
};
const app = (console: unknown, files = FILES) => {
  const variables = console === undefined ? VARIABLES : withConsole(console);
  return controlApp(variables, undefined, undefined, { console: files });
};
const LOGIN = { issuer: 'acme', client_id: 'console' };

describe('CONTROL.console', () => {
  it('is off where there is no such table', () => {
    expect(policyOf(undefined)).toBeUndefined();
  });

  it('takes a pasted token where no login is configured, and none beside a login unless told so', () => {
    expect(policyOf({})).toEqual({ login: undefined, pastedToken: true });
    expect(policyOf(LOGIN)?.pastedToken).toBe(false);
    expect(policyOf({ ...LOGIN, pasted_token: true })?.pastedToken).toBe(true);
  });

  it('asks for the scopes of the issuer’s admins, and connects to its origin and those that are named', () => {
    expect(policyOf({ ...LOGIN, login_origins: ['https://token.acme.example'] })?.login).toEqual({
      issuer: ACME,
      discovery: 'openid',
      clientId: 'console',
      scope: ['openid', 'revocations:read', 'revocations:write', 'events:read'],
      resource: undefined,
      audience: undefined,
      origins: [ACME, 'https://token.acme.example'],
    });
    expect(policyOf({ ...LOGIN, scope: ['openid'], resource: 'r', audience: 'a' })?.login).toMatchObject({
      scope: ['openid'],
      resource: 'r',
      audience: 'a',
    });
  });

  it('looks for the metadata where the issuer’s table says that it is, and asks no OAuth server for an ID token', () => {
    const { jwks: _, ...acme } = VARIABLES.ISSUERS.acme;
    const ISSUERS = { ...VARIABLES.ISSUERS, acme: { ...acme, discovery: 'oauth' } };
    const compiled = compileControl({ ...withConsole(LOGIN), ISSUERS });
    expect(compiled.ok && compiled.value.policy.console?.login).toMatchObject({
      discovery: 'oauth',
      scope: ['revocations:read', 'revocations:write', 'events:read'],
    });
  });

  it.each<[object, string]>([
    [{ client_id: 'x' }, 'CONTROL.console.client_id: a login without its issuer'],
    [{ pasted_token: false }, 'CONTROL.console: no way in'],
    [{ issuer: 'acme' }, 'CONTROL.console.client_id: nothing'],
    [{ ...LOGIN, issuer: 'acmee' }, 'CONTROL.console.issuer: "acmee"'],
    [{ ...LOGIN, issuer: 'other' }, 'CONTROL.console.issuer: "other"'],
    [
      { ...LOGIN, login_origins: ['https://a.example/path'] },
      'CONTROL.console.login_origins[0]: "https://a.example/path"',
    ],
    [
      { ...LOGIN, login_origins: ["https://a.example; script-src 'unsafe-inline'"] },
      'CONTROL.console.login_origins[0]: "https://a.example; script-src \'unsafe-inline\'"',
    ],
    [{ enabled: true }, 'CONTROL.console.enabled: an unknown key'],
    [{ gateway: 'service:NOT_BOUND' }, 'CONTROL.console.gateway: "service:NOT_BOUND"'],
    [{ token_service: 'service:REVOCATIONS' }, 'CONTROL.console.token_service: "service:REVOCATIONS"'],
  ])('refuses %j', (console, told) => {
    expect(problems(withConsole(console))).toEqual([told]);
  });

  it('refuses a console that nobody could use, and one as the only intake', () => {
    expect(problems(withConsole({}, { admins: {} }))).toEqual(['CONTROL.console: a console for nobody']);
    expect(problems({ ...VARIABLES, CONTROL: { console: {} } })).toContain('CONTROL: no intake');
  });
});

describe('GET /console/', () => {
  it.each(['/console', '/console/', '/console/settings.json', '/console/app-AB12.js'])(
    'is as if there were nothing at %s where it is not configured',
    async (path) => {
      expect((await app(undefined).request(path)).status).toBe(404);
    },
  );

  it('serves the page anew each time, and its files for ever', async () => {
    const { request } = app({});
    const page = await request('/console/');
    expect([page.status, page.headers.get('Cache-Control'), await page.text()]).toEqual([
      200,
      'no-store',
      FILES.page,
    ]);
    expect(page.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    const file = await request('/console/app-AB12.js');
    expect(file.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
    expect(await file.text()).toBe('run()');
    expect((await request('/console')).headers.get('Location')).toBe('/console/');
  });

  it.each([
    '/console/app-AB13.js',
    '/console/__proto__',
    '/console/toString',
    '/console/x/',
    '/console/%61pp-AB12.js',
  ])('has nothing at %s', async (path) => {
    expect((await app({}).request(path)).status).toBe(404);
  });

  it('has scripts and styles of its own files alone, and connects to the login’s origins alone', async () => {
    const policy =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
      "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
    for (const path of ['/console/', '/console/settings.json', '/console/app-AB12.js']) {
      const { headers } = await app({}).request(path);
      expect(headers.get('Content-Security-Policy'), path).toBe(policy);
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect(headers.get('Referrer-Policy')).toBe('no-referrer');
      expect(headers.get('X-Frame-Options')).toBe('DENY');
      expect(headers.get('Cross-Origin-Opener-Policy')).toBe('same-origin');
      expect(headers.get('Cross-Origin-Embedder-Policy')).toBe('require-corp');
      expect(headers.get('Cross-Origin-Resource-Policy')).toBe('same-origin');
    }
    const { headers } = await app({ ...LOGIN, login_origins: ['https://t.example'] }).request('/console/');
    expect(headers.get('Content-Security-Policy')).toContain(`connect-src 'self' ${ACME} https://t.example;`);
  });

  it('tells how to log in, and nothing else', async () => {
    expect(await (await app({}).request('/console/settings.json')).json()).toEqual({
      login: null,
      pasted_token: true,
    });
    expect(await (await app(LOGIN).request('/console/settings.json')).json()).toEqual({
      login: {
        issuer: ACME,
        discovery: 'openid',
        client_id: 'console',
        scope: 'openid revocations:read revocations:write events:read',
        resource: null,
        audience: null,
      },
      pasted_token: false,
    });
  });

  it('answers HEAD without a body, nothing else, and no more than the rate allows', async () => {
    const head = await app({}).request('/console/', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await app({}).request('/console/', { method: 'POST' })).status).toBe(405);
    const { request, limited } = app({});
    limited.add('ip:');
    expect((await request('/console/')).status).toBe(429);
  });
});

describe('GET /v1/whoami', () => {
  it('says who calls and what they may do', async () => {
    const { admin } = app({});
    const ask = async (scope: string) => {
      const answer = await admin('GET', '/v1/whoami', undefined, { scope });
      return [answer.status, await answer.json()] as const;
    };
    expect(await ask('revocations:read revocations:write')).toMatchObject([
      200,
      { admin: 'ops', may: ['read', 'write'], may_revoke: [ACME, OTHER] },
    ]);
    expect(await ask('revocations:read')).toMatchObject([200, { may: ['read'] }]);
    expect(await ask('revocations:read events:read')).toMatchObject([200, { may: ['read', 'events'] }]);
    expect((await ask('events:read'))[0]).toBe(403);
    expect((await ask('revocations:write'))[0]).toBe(403);
  });
});
