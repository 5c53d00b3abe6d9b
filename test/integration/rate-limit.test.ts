import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, type HeaderLines, send } from '../fixtures/client.ts';
import { issuerTable } from '../fixtures/deployment.ts';
import { type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { type Origin, reply, startOrigin } from '../fixtures/origin.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

let issuer: Issuer;
let origin: Origin;
let gateway: Gateway;

const PAGE = 'https://app.example.com';

beforeAll(async () => {
  [issuer, origin] = await Promise.all([
    startIssuer(),
    startOrigin(
      reply(
        200,
        [
          ['RateLimit', '"origin";r=1'],
          ['ETag', '"1"'],
        ],
        'from the origin',
      ),
    ),
  ]);
  const guarded = { origin: origin.url, issuers: ['main'], revocation: { mode: 'off' } };
  const limit = (binding: string, more: Record<string, unknown> = {}) => ({
    rate_limit: { by: 'subject', limit: 2, period: '60s', binding, ...more },
  });
  gateway = await startGateway({
    vars: {
      ISSUERS: { main: issuerTable(issuer) },
      ROUTES: {
        subject: { ...guarded, ...limit('SUBJECTS'), path: '/subject', cors: { origins: [PAGE] } },
        shared: { ...guarded, ...limit('SUBJECTS'), path: '/shared' },
        address: { ...guarded, ...limit('ADDRESSES', { by: 'address' }), path: '/address' },
        open: {
          origin: origin.url,
          authentication: 'none',
          ...limit('OPEN', { by: 'address' }),
          path: '/open',
        },
        lenient: { ...guarded, ...limit('BROKEN'), path: '/lenient' },
        strict: { ...guarded, ...limit('BROKEN', { on_unavailable: 'reject' }), path: '/strict' },
        guarded: { ...guarded, path: '/guarded' },
      },
      GATEWAY: { failed_authentication_limit: { binding: 'GUESSES', limit: 3, period: '60s' } },
    },
    rateLimits: {
      SUBJECTS: { limit: 2, period: 60 },
      ADDRESSES: { limit: 2, period: 60 },
      OPEN: { limit: 2, period: 60 },
      BROKEN: { limit: 2, period: 60, broken: true },
      GUESSES: { limit: 3, period: 60 },
    },
  });
});

afterAll(async () => {
  await gateway?.stop();
  await Promise.all([issuer?.stop(), origin?.stop()]);
});

const ask = (target: string, token: string | undefined, address = '192.0.2.1', more: HeaderLines = []) =>
  send(gateway, 'GET', target, [
    ['CF-Connecting-IP', address],
    ...(token === undefined ? [] : [bearer(token)]),
    ...more,
  ]);
const tokenOf = (sub: string) => issuer.sign({ sub });

describe('a limit by subject', () => {
  it('refuses the third request of one subject, on whichever route of the binding, and nobody else', async () => {
    const [ada, again, bob] = await Promise.all([tokenOf('ada'), tokenOf('ada'), tokenOf('bob')]);
    const first = await ask('/subject', ada);
    expect(first.response.status).toBe(200);
    expect(first.response.headers.filter(([name]) => name.startsWith('ratelimit'))).toEqual([
      ['ratelimit-policy', '"subject";q=2;w=60'],
    ]);
    expect(first.response.header('etag')).toBe('"1"');
    expect((await ask('/shared', again)).response.status).toBe(200);
    const before = origin.received.length;
    const { response, event } = await ask('/subject', ada, '192.0.2.9', [['Origin', PAGE]]);
    expect(response.status).toBe(429);
    expect(response.header('retry-after')).toBe('60');
    expect(response.header('ratelimit')).toBe('"subject";r=0;t=60');
    expect(response.header('ratelimit-policy')).toBe('"subject";q=2;w=60');
    expect(response.header('access-control-allow-origin')).toBe(PAGE);
    expect(response.header('www-authenticate')).toBeUndefined();
    expect(response.json()).toMatchObject({ status: 429, title: 'Too Many Requests' });
    expect(event).toMatchObject({
      decision: 'denied',
      reason: 'rate_limited',
      evidence: 'subject',
      route: 'subject',
    });
    expect(origin.received.length).toBe(before);
    expect((await ask('/subject', bob)).response.status).toBe(200);
  });

  it('is not spent by requests that are refused for another reason', async () => {
    const carl = await tokenOf('carl');
    for (let i = 0; i < 3; i++) {
      const { response } = await ask('/subject', `${carl.slice(0, -8)}AAAAAAAA`, `192.0.2.${20 + i}`);
      expect([response.status, response.header('ratelimit-policy')]).toEqual([401, '"subject";q=2;w=60']);
    }
    expect((await ask('/subject', carl)).response.status).toBe(200);
  });
});

describe('a limit by address', () => {
  it('is counted before the token is looked at', async () => {
    const dora = await tokenOf('dora');
    expect((await ask('/address', undefined, '198.51.100.1')).response.status).toBe(401);
    expect((await ask('/address', dora, '198.51.100.1')).response.status).toBe(200);
    expect((await ask('/address', dora, '198.51.100.1')).event).toMatchObject({
      reason: 'rate_limited',
      evidence: 'address',
    });
    expect((await ask('/address', dora, '198.51.100.2')).response.status).toBe(200);
  });

  it('holds where nobody logs in, and for all addresses of one IPv6 subscriber', async () => {
    const statuses = [];
    for (const last of ['1', '2', '3']) {
      statuses.push((await ask('/open', undefined, `2001:db8:7:7::${last}`)).response.status);
    }
    expect(statuses).toEqual([200, 200, 429]);
  });
});

describe('a counter that does not answer', () => {
  it('lets requests pass and says so, or is a 503 where that is configured', async () => {
    const eve = await tokenOf('eve');
    expect((await ask('/lenient', eve)).response.status).toBe(200);
    expect(
      await gateway.logged(({ event, route }) => event === 'rate_limit_failed' && route === 'lenient'),
    ).toMatchObject({ level: 'warn' });
    const { response, event } = await ask('/strict', eve);
    expect([response.status, response.header('retry-after')]).toEqual([503, '1']);
    expect(event).toMatchObject({ decision: 'unknown', reason: 'rate_limit_unavailable' });
  });
});

describe('failed authentications of an address', () => {
  const ADDRESS = '203.0.113.7';

  it('hold off tokens that are new here before their signature is looked at, and no others', async () => {
    const [known, fresh] = await Promise.all([tokenOf('fay'), tokenOf('gus')]);
    expect((await ask('/guarded', known, ADDRESS)).response.status).toBe(200);
    for (let i = 0; i < 4; i++) {
      expect((await ask('/guarded', `${fresh.slice(0, -8)}${i}AAAAAAA`, ADDRESS)).response.status).toBe(401);
    }
    expect(await gateway.logged(({ event }) => event === 'address_held_off')).toMatchObject({
      level: 'warn',
      seconds: 60,
    });

    const held = await ask('/guarded', `${fresh.slice(0, -8)}BAAAAAAA`, ADDRESS);
    expect(held.response.status).toBe(429);
    expect(Number(held.response.header('retry-after'))).toBeGreaterThan(0);
    expect(held.event).toMatchObject({ decision: 'denied', reason: 'address_held_off' });
    expect((await ask('/guarded', fresh, ADDRESS)).response.status).toBe(429);

    expect((await ask('/guarded', known, ADDRESS)).response.status).toBe(200);
    expect((await ask('/guarded', undefined, ADDRESS)).event.reason).toBe('credentials_missing');
    expect((await ask('/guarded', fresh, '203.0.113.8')).response.status).toBe(200);
    expect((await ask('/guarded', fresh, ADDRESS)).response.status).toBe(200);
  });

  it('are not those of tokens that have expired or are for others', async () => {
    const now = Math.floor(Date.now() / 1_000);
    const stale = await issuer.sign({ iat: now - 7_200, exp: now - 3_600 });
    const other = await issuer.sign({ aud: 'https://other.test' });
    for (let i = 0; i < 3; i++) {
      for (const token of [stale, other]) await ask('/guarded', token, '203.0.113.50');
    }
    expect((await ask('/guarded', await tokenOf('hal'), '203.0.113.50')).response.status).toBe(200);
  });
});
