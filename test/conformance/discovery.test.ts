import { describe, expect, it } from 'vitest';
import type { JwksCachePolicy } from '../../src/core/policy.ts';
import { jwksUriOf, metadataUrl } from '../../src/keys/discovery.ts';
import { JwksOrigin } from '../../src/keys/jwks-origin.ts';
import { aProvider, NOW } from '../fixtures/policies.ts';
import {
  CACHE,
  deferred,
  hang,
  json,
  jwk,
  refused,
  remote,
  Stage,
  status,
} from '../unit/keys/scripted-issuer.ts';

const uriOf = (metadata: object, issuer = 'https://id.example') => {
  const result = jwksUriOf({ ...metadata }, issuer, new Set());
  return result.ok ? result.value : result.error;
};

describe('OpenID Connect Discovery 1.0', () => {
  it.each([
    [
      '§4: appended to a bare host',
      'https://id.example',
      'https://id.example/.well-known/openid-configuration',
    ],
    [
      '§4: a terminating slash is removed',
      'https://id.example/',
      'https://id.example/.well-known/openid-configuration',
    ],
    [
      '§4.1: appended to a path',
      'https://id.example/t/1',
      'https://id.example/t/1/.well-known/openid-configuration',
    ],
    [
      '§4.1: one slash of the path is removed',
      'https://id.example/t/',
      'https://id.example/t/.well-known/openid-configuration',
    ],
    [
      '§4: a port stays',
      'https://id.example:8443',
      'https://id.example:8443/.well-known/openid-configuration',
    ],
    ['§3: an issuer with a query has no metadata', 'https://id.example?x=1', undefined],
    ['§3: an issuer with a fragment has no metadata', 'https://id.example#x', undefined],
    ['§3: an issuer that is no URL has no metadata', 'accounts.example', undefined],
  ])('%s', (_title, issuer, expected) => {
    expect(metadataUrl(issuer, 'openid')).toBe(expected);
  });

  it.each([
    [
      '§4.3: the issuer itself',
      { issuer: 'https://id.example', jwks_uri: 'https://keys.example/j' },
      'https://keys.example/j',
    ],
    [
      '§4.3: a slash more',
      { issuer: 'https://id.example/', jwks_uri: 'https://keys.example/j' },
      'metadata_issuer_mismatch',
    ],
    [
      '§4.3: another case',
      { issuer: 'https://ID.example', jwks_uri: 'https://keys.example/j' },
      'metadata_issuer_mismatch',
    ],
    [
      '§4.3: another issuer',
      { issuer: 'https://evil.example', jwks_uri: 'https://keys.example/j' },
      'metadata_issuer_mismatch',
    ],
    [
      '§4.3: an array with the issuer',
      { issuer: ['https://id.example'], jwks_uri: 'https://keys.example/j' },
      'metadata_issuer_mismatch',
    ],
    ['§4.3: no issuer', { jwks_uri: 'https://keys.example/j' }, 'metadata_issuer_mismatch'],
    ['§3: no jwks_uri', { issuer: 'https://id.example' }, 'metadata_jwks_uri'],
    [
      '§3: plain http',
      { issuer: 'https://id.example', jwks_uri: 'http://keys.example/j' },
      'metadata_jwks_uri',
    ],
    [
      '§3: plain http to this machine',
      { issuer: 'https://id.example', jwks_uri: 'http://127.0.0.1/j' },
      'metadata_jwks_uri',
    ],
    [
      '§3: credentials',
      { issuer: 'https://id.example', jwks_uri: 'https://a:b@keys.example/j' },
      'metadata_jwks_uri',
    ],
    [
      '§3: a fragment',
      { issuer: 'https://id.example', jwks_uri: 'https://keys.example/j#k' },
      'metadata_jwks_uri',
    ],
    [
      '§3: white space',
      { issuer: 'https://id.example', jwks_uri: ' https://keys.example/j' },
      'metadata_jwks_uri',
    ],
    [
      '§3: a backslash',
      { issuer: 'https://id.example', jwks_uri: 'https:\\\\keys.example/j' },
      'metadata_jwks_uri',
    ],
    [
      '§3: another scheme',
      { issuer: 'https://id.example', jwks_uri: 'data:application/json,{}' },
      'metadata_jwks_uri',
    ],
    ['§3: a relative URI', { issuer: 'https://id.example', jwks_uri: '/jwks' }, 'metadata_jwks_uri'],
    [
      '§3: not a string',
      { issuer: 'https://id.example', jwks_uri: ['https://keys.example/j'] },
      'metadata_jwks_uri',
    ],
  ])('%s', (_title, metadata, expected) => {
    expect(uriOf(metadata)).toBe(expected);
  });

  it('§3: plain http to this machine for an issuer of this machine, in development', () => {
    const issuer = 'http://localhost:8788';
    expect(uriOf({ issuer, jwks_uri: 'http://localhost:8788/jwks' }, issuer)).toBe(
      'http://localhost:8788/jwks',
    );
    expect(uriOf({ issuer, jwks_uri: 'http://keys.example/jwks' }, issuer)).toBe('metadata_jwks_uri');
  });
});

describe('RFC 8414', () => {
  it.each([
    ['§3: a bare host', 'https://id.example', 'https://id.example/.well-known/oauth-authorization-server'],
    [
      '§3.1: a terminating slash is removed',
      'https://id.example/',
      'https://id.example/.well-known/oauth-authorization-server',
    ],
    [
      '§3.1: inserted before the path',
      'https://id.example/t/1',
      'https://id.example/.well-known/oauth-authorization-server/t/1',
    ],
    [
      '§3.1: a path with a terminating slash',
      'https://id.example/t/',
      'https://id.example/.well-known/oauth-authorization-server/t',
    ],
    ['§2: an issuer with a query has no metadata', 'https://id.example/?x', undefined],
  ])('%s', (_title, issuer, expected) => {
    expect(metadataUrl(issuer, 'oauth')).toBe(expected);
  });
});

describe('discovery is cached by the same machine', () => {
  const ISSUER = 'https://id.example';
  const METADATA = `${ISSUER}/.well-known/openid-configuration`;

  /** A stage whose issuer is discovered; `site` is what it serves, by URL. */
  const discovered = async (cache: Partial<JwksCachePolicy> = {}) => {
    const source = remote({ jwksUri: undefined, cache: { ...CACHE, ...cache } });
    const stage = new Stage({ issuer: { issuer: ISSUER, source } });
    const site = new Map([
      [METADATA, json({ issuer: ISSUER, jwks_uri: 'https://keys.example/1' })],
      ['https://keys.example/1', json({ keys: [await jwk('a')] }, { etag: '"1"' })],
    ]);
    stage.reply = () => (site.get(stage.fetched.at(-1)?.url ?? '') ?? status(404))();
    return { stage, site, urls: () => stage.fetched.map(({ url }) => url) };
  };

  it('two fetches when cold, then one for an unknown kid', async () => {
    const { stage, urls } = await discovered();
    expect(await stage.ask('a')).toBe('ok');
    expect(await stage.ask('b')).toBe('key_not_found');
    expect(urls()).toEqual([METADATA, 'https://keys.example/1', 'https://keys.example/1']);
  });

  it('a jwks_uri that moved is found again, with no answer in between but the right one', async () => {
    const { stage, site, urls } = await discovered();
    await stage.ask('a');
    site.delete('https://keys.example/1');
    site.set(METADATA, json({ issuer: ISSUER, jwks_uri: 'https://keys.example/2' }));
    site.set('https://keys.example/2', json({ keys: [await jwk('b')] }));
    expect(await stage.ask('b')).toBe('503 after 30');
    stage.now += 30;
    expect(await stage.ask('b')).toBe('ok');
    expect(urls().slice(2)).toEqual(['https://keys.example/1', METADATA, 'https://keys.example/2']);
    // An entity tag is of one resource (RFC 9110 §8.8.3).
    expect(stage.fetched.map(({ headers }) => headers.get('if-none-match'))).toEqual([
      null,
      null,
      '"1"',
      null,
      null,
    ]);
  });

  it('metadata that cannot be had any more does not take the keys with it', async () => {
    const { stage, site, urls } = await discovered();
    await stage.ask('a');
    site.set(METADATA, status(500));
    stage.now += 700;
    expect(await stage.ask('a')).toBe('ok');
    await stage.settle();
    expect(urls().slice(2)).toEqual([METADATA, 'https://keys.example/1']);
    expect(stage.source.status(stage.now)[0]).toMatchObject({ state: 'fresh', lastError: undefined });
  });

  it('metadata that hangs leaves the keys their share of the time, and the URI it named stays in use', async () => {
    const { stage, site, urls } = await discovered({ timeoutMs: 200 });
    await stage.ask('a');
    site.set(METADATA, hang);
    site.set('https://keys.example/1', json({ keys: [await jwk('a'), await jwk('b')] }));
    stage.now += 15;
    expect(await stage.ask('b')).toBe('ok');
    stage.now += 700;
    expect(await stage.ask('c')).toBe('key_not_found');
    expect(urls().slice(3)).toEqual([METADATA, 'https://keys.example/1']);
    expect(stage.source.status(stage.now)[0]).toMatchObject({ state: 'fresh', lastError: undefined });
  });

  it('metadata that takes its time has all of it where there is no URI to fall back on', async () => {
    const { stage, site } = await discovered({ timeoutMs: 60_000 });
    const { reply, release } = deferred(site.get(METADATA) ?? hang);
    site.set(METADATA, reply);
    const waiting = stage.ask('a');
    await expect.poll(() => stage.fetches).toBe(1);
    release();
    expect(await waiting).toBe('ok');
  });

  it.each([
    ['does not answer', hang],
    ['refuses connections', refused],
    ['answers with a page', () => new Response('<!doctype html>')],
    ['has a set without keys', json({ keys: [] })],
  ])('a keys host that %s makes the metadata be read again', async (_what, reply) => {
    const { stage, site, urls } = await discovered({ timeoutMs: 200 });
    await stage.ask('a');
    site.set('https://keys.example/1', reply);
    site.set(METADATA, json({ issuer: ISSUER, jwks_uri: 'https://keys.example/2' }));
    site.set('https://keys.example/2', json({ keys: [await jwk('b')] }));
    expect(await stage.ask('b')).toBe('503 after 30');
    stage.now += 30;
    expect(await stage.ask('b')).toBe('ok');
    expect(urls().slice(2)).toEqual(['https://keys.example/1', METADATA, 'https://keys.example/2']);
    expect(await stage.ask('c')).toBe('key_not_found');
    expect(urls().slice(5)).toEqual(['https://keys.example/2']);
  });

  it('metadata is read past caches on the way once the URI gave no set', async () => {
    const { stage, site } = await discovered();
    await stage.ask('a');
    site.set('https://keys.example/1', status(410));
    stage.now += 540;
    await stage.ask('a');
    await stage.settle();
    stage.now += 30;
    await stage.ask('a');
    await stage.settle();
    const asked = stage.fetched.slice(2).map(({ url, headers }) => [url, headers.get('cache-control')]);
    expect(asked).toEqual([
      ['https://keys.example/1', null],
      [METADATA, 'no-cache'],
      ['https://keys.example/1', null],
    ]);
  });

  it('metadata out of a cache that is older than what is held does not take the URI back', async () => {
    const { stage, site, urls } = await discovered();
    await stage.ask('a');
    site.set('https://keys.example/0', json({ keys: [await jwk('old')] }));
    site.set(METADATA, json({ issuer: ISSUER, jwks_uri: 'https://keys.example/0' }, { age: '900' }));
    stage.now += 700;
    await stage.ask('a');
    await stage.settle();
    expect(urls().slice(2)).toEqual([METADATA, 'https://keys.example/1']);
  });

  it('a set at another URI is not compared with the one before by its age', async () => {
    const { stage, site } = await discovered();
    await stage.ask('a');
    site.set(METADATA, json({ issuer: ISSUER, jwks_uri: 'https://keys.example/2' }));
    site.set('https://keys.example/2', json({ keys: [await jwk('b')] }, { age: '5000' }));
    stage.now += 700;
    await stage.ask('a');
    await stage.settle();
    expect(await stage.ask('b')).toBe('ok');
    expect(stage.fetches).toBe(4);
  });

  it('RFC 9111 §4.3.4: what a 304 for metadata does not say stays as it was', async () => {
    const { stage, site, urls } = await discovered();
    const document = { issuer: ISSUER, jwks_uri: 'https://keys.example/1' };
    site.set(METADATA, json(document, { etag: '"1"', 'cache-control': 'max-age=3000' }));
    await stage.ask('a');
    site.set(METADATA, json({}, {}, 304));
    stage.now += 3_100;
    await stage.ask('a');
    stage.now += 2_900;
    await stage.ask('a');
    expect(urls().slice(2)).toEqual([METADATA, 'https://keys.example/1', 'https://keys.example/1']);
  });

  it('the time for all holds for metadata as well, where less of it is left than its share', async () => {
    const provider = aProvider({ issuer: ISSUER, source: remote({ jwksUri: undefined }) });
    const policy = remote({ jwksUri: undefined, cache: { ...CACHE, timeoutMs: 60_000 } });
    const origin = new JwksOrigin(
      provider,
      policy,
      async () => hang(),
      () => 0,
    );
    const dated = { confirmedAt: NOW - 700, asOf: NOW - 700, freshSeconds: undefined, etag: undefined };
    origin.learn({ ...dated, jwksUri: 'https://keys.example/1' });
    const controller = new AbortController();
    const loading = origin.load(undefined, { now: NOW, signal: controller.signal, pastCaches: false });
    controller.abort();
    expect(await loading).toMatchObject({ error: { why: 'timeout' } });
  });

  it('RFC 9111 §4.3.4: a 304 for metadata with another entity tag is not adopted', async () => {
    const { stage, site, urls } = await discovered();
    const document = { issuer: ISSUER, jwks_uri: 'https://keys.example/1' };
    site.set(METADATA, json(document, { etag: '"1"' }));
    await stage.ask('a');
    const moved = json({ ...document, jwks_uri: 'https://keys.example/2' }, { etag: '"2"' });
    site.set('https://keys.example/2', json({ keys: [await jwk('b')] }));
    site.set(METADATA, () =>
      stage.fetched.at(-1)?.headers.has('if-none-match')
        ? new Response(null, { status: 304, headers: { etag: '"2"' } })
        : moved(),
    );
    stage.now += 1_300;
    expect(await stage.ask('b')).toBe('ok');
    expect(urls().slice(2)).toEqual([METADATA, METADATA, 'https://keys.example/2']);
  });

  it('the URI of metadata that has expired is not used any more', async () => {
    const { stage, site, urls } = await discovered();
    await stage.ask('a');
    site.set(METADATA, status(500));
    stage.now += 15_000;
    expect(await stage.ask('a')).toBe('503 after 30');
    expect(urls().slice(2)).toEqual([METADATA]);
  });

  it('metadata of another issuer is refused: 503, never its keys', async () => {
    const { stage, site } = await discovered();
    site.set(METADATA, json({ issuer: `${ISSUER}/`, jwks_uri: 'https://keys.example/1' }));
    expect(await stage.ask('a')).toBe('503 after 30');
    const why = 'metadata_issuer_mismatch';
    const detail = expect.stringContaining(`says "${ISSUER}/"`);
    expect(stage.events).toContainEqual(expect.objectContaining({ why, detail }));
    expect(stage.fetches).toBe(1);
  });

  it.each([
    ['a query', 'http://keys.example/j?key=SECRET', 'says "http://keys.example/j?…"'],
    ['credentials', 'https://u:SECRET@keys.example/j', 'says "https://keys.example/j"'],
    ['long credentials', `https://u:SECRET${'x'.repeat(500)}@keys.example`, 'says "https://keys.example"'],
    ['no address', 5, 'says nothing'],
    ['other than ASCII', 'http://k\u00e9ys.example', 'says "http://k_ys.example"'],
    ['without end', `http://${'a'.repeat(500)}`, 'aaaa"'],
  ])('metadata with a jwks_uri with %s is refused, and told of', async (_what, uri, said) => {
    const { stage, site } = await discovered();
    site.set(METADATA, json({ issuer: ISSUER, jwks_uri: uri }));
    expect(await stage.ask('a')).toBe('503 after 30');
    const [event] = stage.events.filter(({ why }) => why === 'metadata_jwks_uri');
    expect(event?.detail).toContain(said);
    expect(String(event?.detail)).toMatch(/^[ -~\u2026]{1,240}$/);
    expect(JSON.stringify(stage.events)).not.toContain('SECRET');
  });
});
