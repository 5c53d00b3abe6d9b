import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, send } from '../fixtures/client.ts';
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
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { type RawResponse, rawRequest, requestBytes } from '../fixtures/raw-http.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

/** A closed port of this machine. */
const NOWHERE = 'http://127.0.0.1:9';

const key = await signingKey('ES256', 'good');
const other = await signingKey('RS256', 'other');
const set = { keys: [key.jwk, other.jwk] };
const good = json(set);
const text = JSON.stringify(set);

const gzipped = (body: string | Buffer): Responder => {
  const compressed = gzipSync(body);
  return (_request, response) => {
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
      .end(compressed);
  };
};

/** What an issuer answers for its key set when nothing has been fetched before: nothing usable comes of it. */
const UNUSABLE: Readonly<Record<string, Responder>> = {
  hangs: hang,
  resets: reset,
  'resets in the middle': resetMidBody(text),
  'sends half a set': truncated(text),
  'drips its set': dripping(text, 100),
  'is too slow': delayed(1_500, good),
  'answers HTML': html,
  'answers 200 with text': answer(200, 'OK'),
  'answers 200 with nothing': answer(200),
  'answers 200 with null': json(null),
  'answers 200 with a list': json(set.keys),
  'answers 200 with an object': json({}),
  'answers 200 with keys that are no list': json({ keys: key.jwk }),
  'answers 200 with an empty set': json({ keys: [] }),
  'answers keys of which none is for us': json({
    keys: [
      { kty: 'oct', kid: 'symmetric' },
      { ...other.jwk, kid: 'for-encryption', use: 'enc' },
    ],
  }),
  'answers 10 MB': oversize(10 * 1024 * 1024),
  'answers 10 MB of one key': json({ keys: [{ ...key.jwk, x5c: ['A'.repeat(10 * 1024 * 1024)] }] }),
  'answers 50 MB, compressed': gzipped(Buffer.alloc(50 * 1024 * 1024, ' ')),
  'answers more keys than anybody needs': json({ keys: Array.from({ length: 1_000 }, () => key.jwk) }),
  'redirects to the set': redirectTo('/good', 302),
  'redirects for ever': redirectTo('/redirects for ever', 307),
  'moved permanently': redirectTo('/good', 301),
  'answers 304 to a first request': answer(304),
  'answers 204': answer(204),
  'answers 206': answer(206, text),
  'answers 401': answer(401, text),
  'answers 404': answer(404, text),
  'answers 429': answer(429, text, { 'retry-after': '1' }),
  'answers 500': answer(500, text),
  'answers 503': answer(503, text),
};

/** Only what the deadline has to cut off: nothing else may depend on how fast the machine is. */
const CUT_OFF: ReadonlySet<string> = new Set(['hangs', 'drips its set', 'is too slow']);

/** Answers of which something can be made. */
const USABLE: Readonly<Record<string, Responder>> = {
  'one good key among bad ones': json({
    keys: [
      null,
      'key',
      {},
      { kty: 'EC' },
      { ...key.jwk, kid: 'off-curve', y: key.jwk.x },
      { ...key.jwk, kid: 'for-encryption', use: 'enc' },
      { ...other.jwk, kid: 'weak', n: 'AQAB' },
      { kty: 'oct', kid: 'symmetric', k: 'c2VjcmV0' },
      key.jwk,
      { ...key.jwk, kid: 'of-another-curve', crv: 'P-999' },
    ],
  }),
  'a set of another media type': answer(200, text, { 'content-type': 'text/plain' }),
  'a set with unknown members': json({ ...set, next: 'https://issuer.test/more', version: 2 }),
  'a compressed set': gzipped(text),
  'a slow set': delayed(150, good),
  'a set that may not be stored': json(set, { 'cache-control': 'no-store' }),
};

let issuer: ScriptedServer;
let origin: Origin;
let gateway: Gateway;

const slug = (name: string) => name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
const scripts = { ...UNUSABLE, ...USABLE };

beforeAll(async () => {
  origin = await startOrigin();
  issuer = await startScriptedServer((request, response) => {
    const script = Object.entries(scripts).find(([name]) => `/${slug(name)}` === request.url)?.[1];
    (script ?? good)(request, response);
  });
  const cases = Object.keys(scripts).map((name) => {
    const timeout = CUT_OFF.has(name) ? '500ms' : '30s';
    return { name: slug(name), uri: `${issuer.url}/${slug(name)}`, timeout };
  });
  const uris = [...cases, { name: 'refuses', uri: `${NOWHERE}/jwks`, timeout: '30s' }];
  gateway = await startGateway({
    vars: {
      ISSUERS: Object.fromEntries(
        uris.map(({ name, uri, timeout }) => [
          name,
          {
            issuer: `https://${name}.test`,
            audience: [AUDIENCE],
            algorithms: ['ES256', 'RS256'],
            jwks_uri: uri,
            jwks_cache: { timeout },
          },
        ]),
      ),
      ROUTES: Object.fromEntries(
        uris.map(({ name }) => [
          name,
          { path: `/${name}`, origin: origin.url, issuers: [name], revocation: { mode: 'off' } },
        ]),
      ),
    },
  });
});

afterAll(async () => {
  await gateway?.stop();
  await Promise.all([issuer?.stop(), origin?.stop()]);
});

const tokenOf = (name: string, signer: SigningKey = key) =>
  signClaims(validClaims(`https://${name}.test`), signer);

const request = async (name: string, token?: string): Promise<RawResponse> =>
  rawRequest(
    gateway.port,
    requestBytes('GET', `/${name}`, [['Host', 'api.test'], bearer(token ?? (await tokenOf(name)))]),
  );

describe('an issuer whose key set cannot be had', () => {
  it.each([...Object.keys(UNUSABLE), 'refuses'])('%s: 503 with Retry-After, never 401', async (name) => {
    const before = origin.received.length;
    const { response, event } = await send(gateway, 'GET', `/${slug(name)}`, [
      bearer(await tokenOf(slug(name))),
    ]);
    expect(response.status).toBe(503);
    expect(Number(response.header('retry-after'))).toBeGreaterThan(0);
    expect(response.header('www-authenticate')).toBeUndefined();
    expect(response.header('cache-control')).toBe('no-store');
    expect(response.json()).toEqual({
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      detail: 'The request cannot be verified at the moment.',
      reference: event.reference,
    });
    expect(event).toMatchObject({ decision: 'unknown', reason: 'keys_unavailable' });
    expect(origin.received.length).toBe(before);
  });

  it('is not asked again for every request: the cooldown holds after a failure', async () => {
    const asked = () => issuer.received.filter((line) => line === 'GET /answers-500').length;
    const before = asked();
    const responses = await Promise.all(Array.from({ length: 50 }, () => request('answers-500')));
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([503]));
    expect(asked()).toBe(before);
  });

  it('does not disturb the other issuers', async () => {
    expect((await request('a-slow-set')).status).toBe(200);
  });
});

describe('an issuer of whose answer something can be made', () => {
  it.each(Object.keys(USABLE))('%s: the good key verifies', async (name) => {
    expect((await request(slug(name))).status).toBe(200);
  });

  it.each(['off-curve', 'for-encryption', 'weak', 'symmetric', 'of-another-curve'])(
    'a token that names the bad key "%s" is 401',
    async (kid) => {
      const signer = { ...(kid === 'weak' ? other : key), kid };
      const token = await tokenOf('one-good-key-among-bad-ones', signer);
      expect((await request('one-good-key-among-bad-ones', token)).status).toBe(401);
    },
  );

  it('every bad key is reported, the good one is not', async () => {
    const kids = () =>
      gateway
        .logs()
        .filter(({ event, issuer }) => event === 'key_rejected' && issuer === 'one-good-key-among-bad-ones')
        .map((line) => line.kid);
    await expect
      .poll(kids)
      .toEqual(expect.arrayContaining(['off-curve', 'for-encryption', 'weak', 'symmetric']));
    expect(kids()).not.toContain('good');
  });
});

describe('a set with the issuer’s private key in it', () => {
  it('is shouted about, and that key verifies nothing', async () => {
    const leaked = await signingKey('ES256', 'leaked');
    const jwk = await crypto.subtle.exportKey('jwk', leaked.privateKey);
    const server = await startScriptedServer(
      json({ keys: [{ ...leaked.jwk, d: jwk.d }, leaked.jwk, key.jwk] }),
    );
    const leaking = await startGateway({
      vars: {
        ISSUERS: {
          leaky: {
            issuer: 'https://leaky.test',
            audience: [AUDIENCE],
            algorithms: ['ES256'],
            jwks_uri: server.url,
          },
        },
        ROUTES: { all: { path: '/*', origin: origin.url, issuers: ['leaky'], revocation: { mode: 'off' } } },
      },
    });
    const statuses = [];
    for (const signer of [leaked, key]) {
      const token = await tokenOf('leaky', signer);
      statuses.push((await send(leaking, 'GET', '/', [bearer(token)])).response.status);
    }
    const shout = await leaking.logged((line) => line.event === 'key_rejected');
    const output = leaking.output();
    await Promise.all([leaking.stop(), server.stop()]);
    expect(statuses).toEqual([401, 200]);
    expect(shout).toMatchObject({ level: 'error', kid: 'leaked' });
    expect(output).not.toContain(jwk.d);
  });
});
