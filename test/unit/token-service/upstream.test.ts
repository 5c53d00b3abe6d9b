import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { InlineKeys } from '../../../src/keys/inline-keys.ts';
import type { KeySource } from '../../../src/keys/port.ts';
import { compileService } from '../../../src/token-service/config/compile.ts';
import type { Upstream } from '../../../src/token-service/policy.ts';
import { boundedFetch, UpstreamUnreachable } from '../../../src/token-service/upstream/bounded-fetch.ts';
import type { LoginAnswer } from '../../../src/token-service/upstream/login.ts';
import { createUpstreamMetadata } from '../../../src/token-service/upstream/metadata.ts';
import { createUpstreamLogin } from '../../../src/token-service/upstream/openid-login.ts';
import { newSigningKey, type SigningKey, sign } from '../../fixtures/tokens.ts';
import { aContext } from '../../fixtures/verification.ts';
import { tokenServiceVariables } from './variables.ts';

const ISSUER = 'https://id.test';
const METADATA = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/auth?tenant=1`,
  token_endpoint: `${ISSUER}/token`,
  userinfo_endpoint: `${ISSUER}/me`,
  jwks_uri: `${ISSUER}/jwks`,
  id_token_signing_alg_values_supported: ['ES256', 'RS256'],
  authorization_response_iss_parameter_supported: true,
};
const NO_PINS = { allowedKids: undefined, allowedThumbprints: undefined, blockedKids: new Set<string>() };
const SECRETS = { state: 's'.repeat(43), nonce: 'a-nonce', verifier: 'v'.repeat(43) };
const REDIRECT = 'https://tokens.test/authorize/callback/corp';
const json = (value: unknown, status = 200) => Response.json(value, { status });

let key: SigningKey;
let stranger: SigningKey;
beforeAll(async () => {
  [key, stranger] = await Promise.all([newSigningKey('ES256', 'k'), newSigningKey('ES256', 'k')]);
});

function upstream(change: Record<string, unknown> = {}, secrets: Record<string, string> = {}): Upstream {
  const tables = tokenServiceVariables();
  const compiled = compileService({
    REVOCATIONS: {},
    ...tables,
    RESOURCES: { ...tables.RESOURCES, orders: { ...tables.RESOURCES.orders, claims: { role: 'role' } } },
    UPSTREAMS: { corp: { issuer: ISSUER, client_id: 'portcullis', ...change } },
    UPSTREAM_SECRET: 'a-secret-of-this-service-at-a-provider',
    ...secrets,
  });
  const found = compiled.ok ? compiled.value.policy.upstreams.get('corp') : undefined;
  if (found === undefined) throw new Error(JSON.stringify(compiled));
  return found;
}

const now = () => Date.now() / 1000;
const idClaims = () => ({
  iss: ISSUER,
  sub: 'alice',
  aud: 'portcullis',
  nonce: SECRETS.nonce,
  iat: Math.floor(now()),
  exp: Math.floor(now()) + 300,
  auth_time: Math.floor(now()) - 5,
  acr: 'urn:mfa',
  amr: ['pwd'],
  sid: 'there',
  role: 'admin',
  email: 'a@b.test',
});

type Served = Readonly<Record<string, () => Response | Promise<Response>>>;

/** A login at a provider that answers as `served` has it, and with an ID token of these claims otherwise. */
function loginAt(
  served: Served = {},
  token: { claims?: Record<string, unknown>; by?: () => SigningKey; header?: Record<string, unknown> } = {},
) {
  const asked: { readonly url: string; readonly init: RequestInit }[] = [];
  const defaults: Served = {
    '/.well-known/openid-configuration': () => json(METADATA),
    '/token': async () =>
      json({
        access_token: 'at',
        token_type: 'Bearer',
        id_token: await sign(
          token.by?.() ?? key,
          { ...idClaims(), ...token.claims },
          token.header ?? { typ: 'JWT' },
        ),
      }),
  };
  const fetch = async (url: string, init: RequestInit) => {
    asked.push({ url, init });
    const { pathname } = new URL(url);
    return (await (served[pathname] ?? defaults[pathname])?.()) ?? json({}, 404);
  };
  const { keys: provider } = upstream().idTokens;
  const source = { from: 'inline', jwks: { keys: [key.jwk] }, pins: NO_PINS } as const;
  const published = new InlineKeys({ ...provider, source }, source);
  const keys: KeySource = {
    keysFor: (_provider, header) => published.keysFor(header, aContext(now())),
    status: () => [],
  };
  const login = createUpstreamLogin(fetch, { keys, reader: undefined }, now);
  const complete = async (
    change: Record<string, string> = {},
    more: Partial<LoginAnswer> = {},
    at = upstream(),
  ) => {
    const parameters = new URLSearchParams({ code: 'c', state: SECRETS.state, iss: ISSUER, ...change });
    const answer = { parameters, redirectUri: REDIRECT, secrets: SECRETS, maxAge: undefined, ...more };
    return await login.complete(at, answer, aContext(now()));
  };
  return { login, complete, asked };
}

describe('a login at a provider', () => {
  it('sends the browser there with all that must come back', async () => {
    const url = await loginAt().login.begin(upstream(), REDIRECT, SECRETS, {
      prompt: 'login',
      loginHint: 'a@b.test',
      acrValues: undefined,
      maxAge: 0,
    });
    const { origin, searchParams } = new URL(url ?? '');
    expect(origin).toBe(ISSUER);
    expect(Object.fromEntries(searchParams)).toEqual({
      tenant: '1',
      response_type: 'code',
      client_id: 'portcullis',
      redirect_uri: REDIRECT,
      scope: 'openid',
      state: SECRETS.state,
      nonce: SECRETS.nonce,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      prompt: 'login',
      login_hint: 'a@b.test',
      max_age: '0',
    });
  });

  it('tells who has logged in, and only the claims that its table takes', async () => {
    const { complete, asked } = loginAt();
    const at = upstream({ claims: ['role'], client_secret: 'UPSTREAM_SECRET' });
    expect(await complete({}, {}, at)).toEqual({
      ok: true,
      value: {
        sub: 'alice',
        sid: 'there',
        issuedAt: expect.any(Number),
        authTime: expect.any(Number),
        acr: 'urn:mfa',
        amr: ['pwd'],
        claims: { role: 'admin' },
      },
    });
    const redeemed = asked.find(({ url }) => url.endsWith('/token'))?.init;
    expect(new Headers(redeemed?.headers).get('authorization')).toMatch(/^Basic /);
    expect(String(redeemed?.body)).toContain(`code_verifier=${SECRETS.verifier}`);
    expect(redeemed?.redirect).toBe('manual');
  });

  it('proves itself by its key where its table has one (RFC 7523 §2.2)', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(privateKey)), alg: 'ES256', kid: 'ours' };
    const at = upstream({ client_key: 'UPSTREAM_KEY' }, { UPSTREAM_KEY: JSON.stringify(jwk) });
    const { complete, asked } = loginAt();
    expect(await complete({}, {}, at)).toMatchObject({ ok: true });
    const redeemed = asked.find(({ url }) => url.endsWith('/token'))?.init;
    const form = new URLSearchParams(String(redeemed?.body));
    expect(decodeJwt(form.get('client_assertion') ?? '')).toMatchObject({
      iss: 'portcullis',
      sub: 'portcullis',
    });
    expect(decodeProtectedHeader(form.get('client_assertion') ?? '')).toMatchObject({
      alg: 'ES256',
      kid: 'ours',
    });
    expect(new Headers(redeemed?.headers).has('authorization')).toBe(false);
  });

  it('sends its secret in the body to a provider that takes it nowhere else', async () => {
    const only = { ...METADATA, token_endpoint_auth_methods_supported: ['client_secret_post'] };
    const { complete, asked } = loginAt({ '/.well-known/openid-configuration': () => json(only) });
    await complete({}, {}, upstream({ client_secret: 'UPSTREAM_SECRET' }));
    const redeemed = asked.find(({ url }) => url.endsWith('/token'))?.init;
    expect(String(redeemed?.body)).toContain('client_secret=a-secret');
    expect(new Headers(redeemed?.headers).has('authorization')).toBe(false);
  });

  it('asks the userinfo endpoint where the table says so, and believes it about the same subject alone', async () => {
    const at = upstream({ claims: ['role'], claims_from: 'userinfo' });
    const told = (sub: string) =>
      loginAt({ '/me': () => json({ sub, role: 'reader' }) }).complete({}, {}, at);
    expect(await told('alice')).toMatchObject({ ok: true, value: { claims: { role: 'reader' } } });
    expect(await told('mallory')).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });

  it.each<[string, Record<string, unknown>]>([
    ['another issuer', { iss: 'https://evil.test' }],
    ['another audience', { aud: 'other' }],
    ['several audiences and another authorized party', { aud: ['portcullis', 'x'], azp: 'x' }],
    ['another nonce', { nonce: 'other' }],
    ['no nonce', { nonce: undefined }],
    ['no subject', { sub: undefined }],
    ['an empty subject', { sub: '' }],
    ['a subject that is no text', { sub: 42 }],
    ['a subject with a line break', { sub: 'a\nb' }],
    ['a subject of 256 characters', { sub: 'x'.repeat(256) }],
    ['an end in the past', { exp: 1_000 }],
    ['no end', { exp: undefined }],
    ['no date', { iat: undefined }],
  ])('does not believe an ID token with %s', async (_what, claims) => {
    expect(await loginAt({}, { claims }).complete()).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });

  it('does not believe an ID token that another key has signed, or none', async () => {
    const forged = loginAt({}, { by: () => stranger });
    expect(await forged.complete()).toEqual({
      ok: false,
      error: { kind: 'invalid', why: 'signature_invalid' },
    });
    const part = (value: object) => btoa(JSON.stringify(value)).replaceAll('=', '');
    const id_token = `${part({ alg: 'none' })}.${part(idClaims())}.`;
    const unsigned = loginAt({ '/token': () => json({ access_token: 'a', token_type: 'Bearer', id_token }) });
    expect(await unsigned.complete()).toMatchObject({ ok: false, error: { kind: 'invalid' } });
  });

  it('does not believe a login older than max_age allows', async () => {
    const old = { claims: { auth_time: Math.floor(now()) - 3_600 } };
    expect(await loginAt({}, old).complete({}, { maxAge: 60 })).toMatchObject({
      ok: false,
      error: { kind: 'invalid' },
    });
    expect(await loginAt({}, old).complete({}, { maxAge: 7_200 })).toMatchObject({ ok: true });
    const silent = { claims: { auth_time: undefined } };
    expect(await loginAt({}, silent).complete({}, { maxAge: 60 })).toMatchObject({ ok: false });
  });

  it.each<[string, Record<string, string>, unknown]>([
    ['another state', { state: 'x' }, { kind: 'invalid' }],
    ['another issuer (RFC 9207)', { iss: 'https://evil.test' }, { kind: 'invalid' }],
    ['no code', { code: '' }, { kind: 'invalid' }],
    ['an error', { error: 'access_denied' }, { kind: 'refused', error: 'access_denied' }],
    ['an error of no known form', { error: '<script>' }, { kind: 'refused', error: 'unknown' }],
    ['trouble of its own', { error: 'temporarily_unavailable' }, { kind: 'unavailable' }],
  ])('takes an answer with %s for what it is, and redeems nothing', async (_what, change, fault) => {
    const { complete, asked } = loginAt();
    expect(await complete(change)).toMatchObject({ ok: false, error: fault });
    expect(asked.some(({ url }) => url.endsWith('/token'))).toBe(false);
  });

  it('takes no answer without an issuer from a provider that sends it', async () => {
    const parameters = new URLSearchParams({ code: 'c', state: SECRETS.state });
    expect(await loginAt().complete({}, { parameters })).toMatchObject({
      ok: false,
      error: { kind: 'invalid' },
    });
  });

  it.each<[string, () => Response | Promise<Response>, unknown]>([
    ['invalid_grant', () => json({ error: 'invalid_grant' }, 400), { kind: 'invalid', why: 'invalid_grant' }],
    ['500', () => json({}, 500), { kind: 'unavailable' }],
    ['429', () => json({}, 429), { kind: 'unavailable' }],
    ['no JSON', () => new Response('<p>'), { kind: 'invalid' }],
    ['no ID token', () => json({ access_token: 'a', token_type: 'Bearer' }), { kind: 'invalid' }],
    ['a redirect', () => Response.redirect('https://evil.test/', 302), { kind: 'invalid' }],
    ['a body without end', () => new Response('x'.repeat(300_000)), { kind: 'unavailable' }],
    ['nothing', () => Promise.reject(new TypeError('network')), { kind: 'unavailable' }],
  ])('takes %s for what it is', async (_what, token, fault) => {
    expect(await loginAt({ '/token': token }).complete()).toMatchObject({ ok: false, error: fault });
  });
});

describe('the metadata of a provider', () => {
  const at = { name: 'corp', issuer: ISSUER };

  it('is fetched once in ten minutes, kept for a day where it fails, and then is unknown', async () => {
    let time = 1_000_000;
    const fetch = vi.fn(async () => json(METADATA));
    const metadataOf = createUpstreamMetadata(boundedFetch(fetch), () => time);
    expect((await metadataOf(at))?.issuer).toBe(ISSUER);
    time += 599;
    await metadataOf(at);
    expect(fetch).toHaveBeenCalledTimes(1);
    time += 2;
    fetch.mockImplementation(async () => json({}, 503));
    expect((await metadataOf(at))?.issuer).toBe(ISSUER);
    expect(fetch).toHaveBeenCalledTimes(2);
    time += 1;
    await metadataOf(at);
    expect(fetch).toHaveBeenCalledTimes(2);
    time += 86_400;
    expect(await metadataOf(at)).toBeUndefined();
    fetch.mockImplementation(async () => json(METADATA));
    expect(await metadataOf(at)).toBeUndefined();
    time += 2;
    expect((await metadataOf(at))?.issuer).toBe(ISSUER);
  });

  it.each<[string, object]>([
    ['of another issuer', { issuer: 'https://evil.test' }],
    ['of nearly the same issuer', { issuer: `${ISSUER}/` }],
    ['without an authorization endpoint', { authorization_endpoint: undefined }],
    ['with one over http', { authorization_endpoint: 'http://id.test/auth' }],
    ['with one of this machine', { authorization_endpoint: 'http://127.0.0.1/auth' }],
    ['with one that is a script', { authorization_endpoint: 'javascript:alert(1)' }],
    ['with a token endpoint over http', { token_endpoint: 'http://localhost/token' }],
    ['without a token endpoint', { token_endpoint: undefined }],
  ])('is not taken %s', async (_what, change) => {
    const fetch = async () => json({ ...METADATA, ...change });
    expect(await createUpstreamMetadata(boundedFetch(fetch), now)(at)).toBeUndefined();
  });

  it('is given up when it does not end', async () => {
    const drips = new Response(new ReadableStream({ pull: () => new Promise<void>(() => undefined) }));
    const fetch = boundedFetch(async () => drips, 20);
    await expect(fetch(ISSUER, { method: 'GET', headers: {} })).rejects.toBeInstanceOf(UpstreamUnreachable);
  });
});
