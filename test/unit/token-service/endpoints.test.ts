import { beforeAll, describe, expect, it } from 'vitest';
import { InlineKeys } from '../../../src/keys/inline-keys.ts';
import type { KeySource } from '../../../src/keys/port.ts';
import { createServiceApp } from '../../../src/token-service/app.ts';
import { compileService } from '../../../src/token-service/config/compile.ts';
import { pageOrigins } from '../../../src/token-service/cors.ts';
import { sessionIndexName, subjectIndexName } from '../../../src/token-service/grants/grant-index.ts';
import type { RateKind, ServicePorts } from '../../../src/token-service/ports.ts';
import { newSigningKey, type SigningKey, sign } from '../../fixtures/tokens.ts';
import { aContext } from '../../fixtures/verification.ts';
import { tokenServiceVariables } from './variables.ts';

const NOW = 1_795_000_000;
const ISSUER = 'https://id.test';
const NO_PINS = { allowedKids: undefined, allowedThumbprints: undefined, blockedKids: new Set<string>() };

let key: SigningKey;
beforeAll(async () => {
  key = await newSigningKey('ES256', 'k');
});

/** The endpoints over ports that remember what they are asked. */
function service(options: { refuses?: RateKind | 'others' | `logout:${string}`; ends?: boolean } = {}) {
  const tables = tokenServiceVariables();
  const compiled = compileService({
    REVOCATIONS: {},
    ...tables,
    TOKEN_SERVICE: { ...tables.TOKEN_SERVICE, session: { resource: 'orders' } },
  });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  const { policy } = compiled.value;
  const provider = policy.upstreams.get('corp')?.idTokens.keys;
  if (provider === undefined) throw new Error('no provider');
  const source = { from: 'inline', jwks: { keys: [key.jwk] }, pins: NO_PINS } as const;
  const published = new InlineKeys({ ...provider, source }, source);
  const keys: KeySource = {
    keysFor: (_provider, header) => published.keysFor(header, aContext(NOW)),
    status: () => [],
  };
  const rates: (readonly [string, RateKind | undefined])[] = [];
  const ended: unknown[] = [];
  const ports = {
    policy,
    keys,
    denyList: undefined,
    clock: () => NOW,
    emit: () => undefined,
    withinRate: async (name: string, of?: RateKind) => {
      rates.push([name, of]);
      return (of ?? 'others') !== options.refuses && name !== options.refuses;
    },
    grantIndex: {
      getByName: (name: string) => ({
        endLogins: async (upstream: string, before: number) => {
          ended.push([name, upstream, before]);
          return options.ends ?? true;
        },
      }),
    },
  };
  const app = createServiceApp(ports as unknown as ServicePorts);
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
  const ask = async (
    method: string,
    path: string,
    form?: Record<string, string>,
    headers: Record<string, string> = {},
  ) =>
    await app.fetch(
      new Request(`https://tokens.test${path}`, {
        method,
        headers,
        ...(form && { body: new URLSearchParams(form) }),
      }),
      {},
      context as never,
    );
  return { ask, rates, ended };
}

describe('the rates', () => {
  it.each<[RateKind | 'others', string, string, number]>([
    ['login', 'GET', '/authorize', 429],
    ['login', 'GET', '/authorize/callback/corp', 429],
    ['login', 'GET', '/session/login', 429],
    ['login', 'GET', '/session/callback/corp', 429],
    ['login', 'POST', '/session/refresh', 403],
    ['refresh', 'POST', '/session/refresh', 429],
    ['refresh', 'GET', '/authorize', 400],
    ['refresh', 'POST', '/session/logout', 403],
    ['others', 'POST', '/session/logout', 429],
    ['others', 'POST', '/backchannel-logout', 429],
    ['others', 'POST', '/session/refresh', 403],
  ])('of %s are counted apart: %s %s is %i then', async (refuses, method, path, status) => {
    const answer = await service({ refuses }).ask(method, path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('Retry-After')).toBe(status === 429 ? '60' : null);
  });

  it('of a refresh at the token endpoint are of a client and an address together', async () => {
    const { ask, rates } = service({ refuses: 'refresh' });
    const token = `prt_${'A'.repeat(70)}`;
    const form = { grant_type: 'refresh_token', refresh_token: token, client_id: 'page' };
    expect((await ask('POST', '/token', form)).status).toBe(429);
    expect(rates).toContainEqual(['client:page ip:', 'refresh']);
  });
});

describe('a logout at the provider', () => {
  const EVENTS = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const logout = async (
    claims: Record<string, unknown>,
    header: Record<string, unknown> = { typ: 'logout+jwt' },
  ) =>
    await sign(
      key,
      { iss: ISSUER, aud: 'portcullis', iat: NOW - 1, exp: NOW + 120, jti: 'j', events: EVENTS, ...claims },
      header,
    );
  const told = async (token: string, ends = true) => {
    const { ask, ended } = service({ ends });
    const { status } = await ask('POST', '/backchannel-logout', { logout_token: token });
    return { status, ended };
  };

  it('ends what stands on the session it names, whoever its subject is', async () => {
    expect(await told(await logout({ sid: 's', sub: 'alice' }))).toEqual({
      status: 200,
      ended: [[await sessionIndexName(ISSUER, 's'), 'corp', NOW - 1]],
    });
  });

  it('ends the logins of the subject where it names no session', async () => {
    expect(await told(await logout({ sub: 'alice' }))).toEqual({
      status: 200,
      ended: [[await subjectIndexName('corp|alice'), 'corp', NOW - 1]],
    });
  });

  it('is to be sent again where not everything is known to have ended', async () => {
    expect((await told(await logout({ sub: 'alice' }), false)).status).toBe(503);
  });

  it('is counted for the provider, once it is known to come from there, and ends nothing beyond the rate', async () => {
    const { ask, ended } = service({ refuses: 'logout:corp' });
    const send = async (token: string) =>
      (await ask('POST', '/backchannel-logout', { logout_token: token })).status;
    expect(await send(await logout({ sub: 'alice' }))).toBe(429);
    expect(await send(await logout({ sub: 'alice', iss: 'https://evil.test' }))).toBe(400);
    expect(ended).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>?]>([
    ['for another client', { aud: 'other' }],
    ['of another issuer', { iss: 'https://evil.test' }],
    ['that has expired', { exp: NOW - 600 }],
    ['without an end', { exp: undefined }],
    ['without a date', { iat: undefined }],
    ['without an identifier', { jti: undefined }],
    ['with a nonce', { nonce: 'n' }],
    ['of another event', { events: { 'https://other.test': {} } }],
    ['without an event', { events: undefined }],
    ['of nobody', { sub: undefined, sid: undefined }],
    ['of a type of its own', { sub: 'alice' }, { typ: 'at+jwt' }],
  ])('is refused %s, and ends nothing', async (_what, claims, header) => {
    const refused = await told(await logout({ sub: 'alice', ...claims }, header));
    expect(refused).toEqual({ status: 400, ended: [] });
  });

  it('is refused when somebody else has signed it', async () => {
    const stranger = await newSigningKey('ES256', 'k');
    const claims = {
      iss: ISSUER,
      aud: 'portcullis',
      iat: NOW,
      exp: NOW + 60,
      jti: 'j',
      events: EVENTS,
      sub: 'alice',
    };
    expect(await told(await sign(stranger, claims, { typ: 'logout+jwt' }))).toEqual({
      status: 400,
      ended: [],
    });
  });
});

describe('the token and revocation endpoints for pages (RFC 9700 §2.6, RFC 7009 §2.3)', () => {
  const PAGE = 'https://page.test';
  const allowed = ({ headers }: Response) => headers.get('Access-Control-Allow-Origin');
  const form = { grant_type: 'authorization_code', client_id: 'page' };

  it.each(['/token', '/revoke'])('answer the origin of a public client at %s, and no other', async (path) => {
    const { ask } = service();
    const own = await ask('POST', path, form, { Origin: PAGE });
    expect([own.status, allowed(own), own.headers.get('Vary')]).toEqual([400, PAGE, 'Origin']);
    expect(own.headers.get('Access-Control-Allow-Credentials')).toBeNull();
    for (const origin of ['https://evil.test', 'http://page.test', 'https://page.test:8443', 'null', '*']) {
      const other = await ask('POST', path, form, { Origin: origin });
      expect([other.status, allowed(other), other.headers.get('Vary')]).toEqual([400, null, 'Origin']);
    }
  });

  it('count no page of a client that has a secret: it keeps none from its visitors', () => {
    const tables = tokenServiceVariables();
    const machine = {
      ...tables.CLIENTS.machine,
      grants: ['client_credentials', 'authorization_code'],
      redirect_uris: ['https://machine.test/callback'],
    };
    const compiled = compileService({
      REVOCATIONS: {},
      ...tables,
      CLIENTS: { ...tables.CLIENTS, machine },
    });
    expect(compiled.ok && [...pageOrigins(compiled.value.policy)]).toEqual([PAGE]);
  });

  it('let a page read that it asks too much, and when again', async () => {
    const answer = await service({ refuses: 'others' }).ask('POST', '/token', form, { Origin: PAGE });
    expect([answer.status, allowed(answer)]).toEqual([429, PAGE]);
    expect(answer.headers.get('Access-Control-Expose-Headers')).toBe('Retry-After');
  });

  it('allow a preflight a form, and no header with a secret', async () => {
    const { ask } = service();
    const preflight = (origin: string, method = 'POST') =>
      ask('OPTIONS', '/token', undefined, { Origin: origin, 'Access-Control-Request-Method': method });
    const { status, headers } = await preflight(PAGE);
    expect([status, Object.fromEntries(headers)]).toEqual([
      204,
      {
        'access-control-allow-headers': 'Content-Type',
        'access-control-allow-methods': 'POST',
        'access-control-allow-origin': PAGE,
        'access-control-expose-headers': 'Retry-After',
        'access-control-max-age': '600',
        vary: 'Origin',
      },
    ]);
    expect((await preflight('https://evil.test')).status).toBe(405);
    expect((await preflight(PAGE, 'PUT')).status).toBe(405);
    expect((await ask('OPTIONS', '/token', undefined, { Origin: PAGE })).status).toBe(405);
    const asGet = { Origin: PAGE, 'Access-Control-Request-Method': 'POST' };
    expect((await ask('GET', '/token', undefined, asGet)).status).toBe(405);
  });

  it.each(['/introspect', '/authorize', '/session/refresh', '/v1/keys'])(
    'are the only ones: not %s',
    async (path) => {
      const { ask } = service();
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const headers = { Origin: PAGE, 'Access-Control-Request-Method': 'POST' };
        expect(allowed(await ask(method, path, undefined, headers))).toBeNull();
      }
    },
  );
});
