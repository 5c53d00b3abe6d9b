import { describe, expect, it } from 'vitest';
import { cookieOf, setCookie } from '../../../src/token-service/login/cookies.ts';
import {
  createTransactionSealer,
  newLoginSecrets,
  type Transaction,
} from '../../../src/token-service/login/transaction.ts';
import { startCookies } from '../../../src/token-service/login/transaction-cookie.ts';
import { readLoginAsk } from '../../../src/token-service/login/wishes.ts';
import { clearedCookies, sessionCookies } from '../../../src/token-service/session/cookies.ts';
import { readReturnTo } from '../../../src/token-service/session/return-to.ts';
import { isSameOrigin } from '../../../src/token-service/session/same-origin.ts';
import { subjectOf } from '../../../src/token-service/upstream/subject.ts';

const ORIGIN = 'https://app.test';
const asking = (headers: Record<string, string>) => new Request(ORIGIN, { headers });

describe('where a login leads back to', () => {
  it.each([
    ['/', '/'],
    ['/app?x=//y#/z', '/app?x=//y#/z'],
    ['/a/../b', '/b'],
    ['/%2f%2fevil.test', '/%2f%2fevil.test'],
    ['/@evil.test', '/@evil.test'],
    ['/ü', '/%C3%BC'],
    ['https://app.test/a?b#c', '/a?b#c'],
  ])('%j is %j of this site', (text, path) => {
    expect(readReturnTo(text, ORIGIN)).toBe(path);
  });

  it.each([
    '',
    'app',
    '//e.test',
    '/\\e.test',
    '\\\\e.test',
    '/\n/e.test',
    '/\t/e',
    'https:/e',
    '/a b',
    '/.//e.test',
    '/x/..//e.test',
    '/\u0085',
    'https://app.test',
    'https://app.test//e.test',
    'https://app.test.e.test/',
    'https://app.test@e.test/',
    'http://app.test/',
  ])('%j is none', (text) => {
    expect(readReturnTo(text, ORIGIN)).toBeUndefined();
  });
});

describe('a request of the same origin', () => {
  it.each<[Record<string, string>, boolean]>([
    [{ 'Sec-Fetch-Site': 'same-origin' }, true],
    [{ Origin: ORIGIN }, true],
    [{ 'Sec-Fetch-Site': 'same-origin', Origin: ORIGIN }, true],
    [{}, false],
    [{ 'Sec-Fetch-Site': 'same-site' }, false],
    [{ 'Sec-Fetch-Site': 'none' }, false],
    [{ 'Sec-Fetch-Site': 'same-origin, same-origin' }, false],
    [{ 'Sec-Fetch-Site': 'cross-site', Origin: ORIGIN }, false],
    [{ 'Sec-Fetch-Site': 'same-origin', Origin: 'https://evil.test' }, false],
    [{ Origin: `${ORIGIN}.evil.test` }, false],
    [{ Origin: 'http://app.test' }, false],
    [{ Origin: 'null' }, false],
  ])('%j: %s', (headers, same) => {
    expect(isSameOrigin(asking(headers), ORIGIN)).toBe(same);
  });
});

describe('cookies', () => {
  it.each([
    ['a=1; b=2', '2'],
    ['b=2', '2'],
    [' b = 2 ;a', '2'],
    ['b=', ''],
    ['b=x=y', 'x=y'],
    ['b=1; b=2', undefined],
    ['B=1', undefined],
    ['', undefined],
    ['b', undefined],
    // To a browser these have other names, and so no prefix that it would hold against another site.
    ['\u00a0b=evil', undefined],
    ['b\u2000=evil', undefined],
    ['\ufeffb=evil; b=1', '1'],
    ['\tb =1\t', '1'],
  ])('of %j: b is %j', (header, value) => {
    expect(cookieOf(asking({ Cookie: header }), 'b')).toBe(value);
  });

  it('are set for this host and no script', () => {
    expect(setCookie({ name: '__Host-x', value: 'v', path: '/', maxAgeSeconds: 1.5, sameSite: 'lax' })).toBe(
      '__Host-x=v; Path=/; Max-Age=1; Secure; HttpOnly; SameSite=Lax',
    );
  });
});

describe('the cookies of a session', () => {
  const tokens = { accessToken: 'a', refreshToken: 'r' };
  it.each([
    ['strict', 'Strict'],
    ['lax', 'Lax'],
  ] as const)(
    'with %s send the access token as %s, and the refresh token to its own path under Strict',
    (sameSite, as) => {
      expect(sessionCookies({ sameSite }, tokens, 60)).toEqual([
        `__Host-session=a; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=${as}`,
        '__Secure-session-refresh=r; Path=/session/refresh; Max-Age=60; Secure; HttpOnly; SameSite=Strict',
      ]);
      expect(clearedCookies({ sameSite })).toEqual([
        `__Host-session=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=${as}`,
        '__Secure-session-refresh=; Path=/session/refresh; Max-Age=0; Secure; HttpOnly; SameSite=Strict',
      ]);
    },
  );
});

describe('a login under way', () => {
  const secrets = newLoginSecrets();
  const transaction: Transaction = {
    upstream: 'corp',
    secrets,
    maxAge: null,
    purpose: { kind: 'session', returnTo: '/', replaces: null },
    expiresAt: 1_000,
  };
  const NEW = { name: 'NEW', secret: 'new-sealing-secret-of-32-characters' };
  const OLD = { name: 'OLD', secret: 'old-sealing-secret-of-32-characters' };

  it('comes back as it was, also under a secret that seals no more', async () => {
    const sealed = await createTransactionSealer([OLD]).seal(transaction);
    expect(await createTransactionSealer([NEW, OLD]).open(sealed, secrets.state, 999)).toEqual(transaction);
    expect(sealed).not.toContain(secrets.verifier);
  });

  it('is none after its time, for another state, under another secret, or changed', async () => {
    const sealer = createTransactionSealer([NEW]);
    const sealed = await sealer.seal(transaction);
    expect(await sealer.open(sealed, secrets.state, 1_000)).toBeUndefined();
    expect(await sealer.open(sealed, newLoginSecrets().state, 1)).toBeUndefined();
    expect(await createTransactionSealer([OLD]).open(sealed, secrets.state, 1)).toBeUndefined();
    expect(await sealer.open(`${sealed.slice(0, -2)}AA`, secrets.state, 1)).toBeUndefined();
    expect(await sealer.open('x'.repeat(5_000), secrets.state, 1)).toBeUndefined();
    const unsealed = `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify(transaction))}.`;
    expect(await sealer.open(unsealed, secrets.state, 1)).toBeUndefined();
  });

  it('has a cookie of its own, and none that is too large for one', () => {
    const { state } = secrets;
    const others = Array.from({ length: 6 }, () => `__Host-login-${newLoginSecrets().state}=x`);
    const cookies = startCookies(asking({ Cookie: others.join('; ') }), state, 'sealed', 600);
    expect(cookies?.[0]).toBe(
      `__Host-login-${state}=sealed; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax`,
    );
    expect(cookies?.slice(1)).toHaveLength(2);
    expect(startCookies(asking({}), state, 'x'.repeat(4_041), 600)).toBeUndefined();
  });

  it.each<[string, string, string | undefined]>([
    ['upstream', 'none', undefined],
    ['upstream', 'b', 'b'],
    ['prompt', 'none', 'a'],
    ['prompt', 'login consent', 'a'],
    ['prompt', 'none login', undefined],
    ['login_hint', 'x'.repeat(257), undefined],
    ['login_hint', 'a\nb', undefined],
    ['acr_values', 'urn:mfa', 'a'],
    ['max_age', '0', 'a'],
    ['max_age', '-1', undefined],
  ])('is asked for with %s %j at %j', (name, value, upstream) => {
    const ask = readLoginAsk(new Map([[name, value]]), ['a', 'b']);
    expect(ask.ok ? ask.value.upstream : ask.error === name ? undefined : ask.error).toBe(upstream);
  });
});

describe('the subject of a provider', () => {
  const upstreams = new Map([
    ['a', {}],
    ['b', {}],
  ]);
  it.each([
    ['prefixed', '42', 'a|42'],
    ['prefixed', 'b|42', 'a|b|42'],
    ['as_is', '42', '42'],
    ['as_is', 'c|42', 'c|42'],
    ['as_is', 'b|42', undefined],
    ['as_is', 'a|42', undefined],
  ] as const)('%s %j is %j', (subject, sub, name) => {
    expect(subjectOf({ name: 'a', subject }, sub, upstreams)).toBe(name);
  });
});
