import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answer,
  delayed,
  dripping,
  hang,
  html,
  json,
  oversize,
  type Responder,
  redirectTo,
  reset,
  resetMidBody,
  type ScriptedServer,
  startScriptedServer,
  truncated,
} from '../fixtures/http-faults.ts';
import { AUDIENCE, type SigningKey, signClaims, signingKey, validClaims } from '../fixtures/issuer.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

const ISS = 'https://issuer.test';

let good: Responder;
let key: SigningKey;
let origin: ScriptedServer;
let issuer: ScriptedServer;
let gateway: Gateway;
const scripts = new Map<string, Responder>();
const fetches = (name: string) => issuer.received.filter((line) => line === `GET /${name}`).length;

/** Each case has an issuer and a route of its own in one gateway, so that each starts cold. */
const CASES = [
  'crowd',
  'abandoned',
  'down',
  'stalled',
  'stale',
  'flood',
  'redirect',
  'html',
  'truncated',
  'oversize',
  'gzip',
  'reset',
  'reset-mid-body',
  'dripping',
  'no-content',
  'array',
] as const;
type Case = (typeof CASES)[number];

/** Only what never ends is cut off by the deadline: nothing else may depend on how fast the machine is. */
const NEVER_ENDING: ReadonlySet<Case> = new Set(['stalled', 'dripping']);

beforeAll(async () => {
  key = await signingKey('ES256', 'k1');
  good = json({ keys: [key.jwk] });
  origin = await startScriptedServer(answer(200, 'reached'));
  issuer = await startScriptedServer((request, response) => {
    (scripts.get((request.url ?? '').slice(1)) ?? good)(request, response);
  });
  gateway = await startGateway({
    vars: {
      ISSUERS: Object.fromEntries(
        CASES.map((name) => [
          name,
          {
            issuer: ISS,
            audience: [AUDIENCE],
            algorithms: ['ES256'],
            jwks_uri: `${issuer.url}/${name}`,
            jwks_cache:
              name === 'stale'
                ? { min_fresh: '1s', max_age: '1s', max_fresh: '1s', timeout: '5s' }
                : { timeout: NEVER_ENDING.has(name) ? '1s' : '30s' },
          },
        ]),
      ),
      ROUTES: Object.fromEntries(
        CASES.map((name) => [
          name,
          { path: `/${name}`, origin: origin.url, issuers: [name], revocation: { mode: 'off' } },
        ]),
      ),
    },
  });
});

afterAll(async () => {
  await gateway?.stop();
  await issuer?.stop();
  await origin?.stop();
});

const token = (kid?: string) => signClaims(validClaims(ISS), key, kid === undefined ? {} : { kid });

const ask = async (name: Case, bearer: string) => {
  const response = await fetch(`${gateway.url}/${name}`, { headers: { authorization: `Bearer ${bearer}` } });
  await response.arrayBuffer();
  return response;
};

const crowd = (name: Case, size: number, bearer: string) =>
  Promise.all(Array.from({ length: size }, async () => (await ask(name, bearer)).status));

const all = (size: number, status: number) => Array.from({ length: size }, () => status);

describe('requests of one isolate share one fetch', () => {
  it('200 at once on a cold isolate are one fetch, and all are answered', async () => {
    scripts.set('crowd', delayed(300, good));
    expect(await crowd('crowd', 200, await token())).toEqual(all(200, 200));
    expect(fetches('crowd')).toBe(1);
  });

  it('the others are answered when the client whose request fetches has hung up', async () => {
    scripts.set('abandoned', delayed(400, good));
    const bearer = await token();
    const first = httpRequest(`${gateway.url}/abandoned`, { headers: { authorization: `Bearer ${bearer}` } });
    first.on('error', () => {});
    first.end();
    await expect.poll(() => fetches('abandoned')).toBe(1);
    const others = crowd('abandoned', 20, bearer);
    first.destroy();
    expect(await others).toEqual(all(20, 200));
    expect(fetches('abandoned')).toBe(1);
  });

  it('50 at once while the issuer is down are one fetch and 503, and so are those that come later', async () => {
    scripts.set('down', answer(503));
    expect(await crowd('down', 50, await token())).toEqual(all(50, 503));
    const later = await ask('down', await token());
    expect(later.status).toBe(503);
    expect(Number(later.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(fetches('down')).toBe(1);
  });

  it('50 at once while the issuer does not answer are one fetch and 503', async () => {
    scripts.set('stalled', hang);
    expect(await crowd('stalled', 50, await token())).toEqual(all(50, 503));
    expect(fetches('stalled')).toBe(1);
  });

  it('nobody waits for the refresh of a stale set', async () => {
    const bearer = await token();
    expect((await ask('stale', bearer)).status).toBe(200);
    scripts.set('stale', hang);
    await expect.poll(async () => (await ask('stale', bearer)) && fetches('stale')).toBe(2);
    // The refresh hangs for five seconds: these answers come from memory.
    expect(await crowd('stale', 50, bearer)).toEqual(all(50, 200));
    expect(fetches('stale')).toBe(2);
  });

  it('300 random kids at once are one fetch, and a valid token is accepted among them', async () => {
    const bearer = await token();
    expect((await ask('flood', bearer)).status).toBe(200);
    const random = await Promise.all(Array.from({ length: 300 }, (_, index) => token(`random-${index}`)));
    const [forged, valid] = await Promise.all([
      Promise.all(random.map(async (each) => (await ask('flood', each)).status)),
      crowd('flood', 20, bearer),
    ]);
    expect(forged).toEqual(all(300, 401));
    expect(valid).toEqual(all(20, 200));
    expect(fetches('flood')).toBe(2);
  });
});

describe('what a JWKS endpoint must not get away with', () => {
  const body = () => JSON.stringify({ keys: [key.jwk] });
  const FAULTS: readonly (readonly [Case, () => Responder, string])[] = [
    ['redirect', () => redirectTo(`${issuer.url}/crowd`), 'redirect'],
    ['html', () => html, 'not_json'],
    ['truncated', () => truncated(body()), 'not_json'],
    ['oversize', () => oversize(64 * 1024 * 1024), 'too_large'],
    [
      'gzip',
      () => (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        response.end(gzipSync(`${' '.repeat(32 * 1024 * 1024)}${body()}`));
      },
      'too_large',
    ],
    ['reset', () => reset, 'unreachable'],
    ['reset-mid-body', () => resetMidBody(body()), 'unreachable'],
    ['dripping', () => dripping(body(), 100), 'timeout'],
    ['no-content', () => answer(204), 'status'],
    ['array', () => json([]), 'not_json'],
  ];

  it.each(FAULTS)('%s: 503, one fetch, and the cause in the log', async (name, responder, why) => {
    scripts.set(name, responder());
    expect((await ask(name, await token())).status).toBe(503);
    expect(fetches(name)).toBe(1);
    await gateway.logged(
      (line) => line.event === 'jwks_refresh_failed' && line.issuer === name && line.why === why,
    );
    expect(fetches('crowd')).toBe(1);
  });
});
