import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/jose.ts';
import { aProvider } from '../../fixtures/policies.ts';
import { jwk, NO_PINS, Stage } from './scripted-issuer.ts';

describe('inline keys', () => {
  const inline = async (keys: readonly unknown[], pins = NO_PINS) =>
    new Stage({
      issuer: { source: { from: 'inline', jwks: JSON.parse(JSON.stringify({ keys })) as JsonObject, pins } },
    });

  it('are chosen like fetched ones, without any fetch', async () => {
    const stage = await inline([await jwk('a'), await jwk('b')]);
    expect([await stage.ask('a'), await stage.ask('c'), await stage.ask(undefined)]).toEqual([
      'ok',
      'key_not_found',
      'ok',
    ]);
    expect(stage.keysFor('b')).toMatchObject({ ok: true });
    expect(stage.fetches).toBe(0);
  });

  it('are all there are: nobody is asked for another, whatever the token names', async () => {
    const { kid: _kid, ...nameless } = await jwk('b');
    const stage = await inline([await jwk('a'), nameless]);
    for (const kid of ['a', 'unknown', undefined])
      expect(await stage.keysFor(kid)).toMatchObject({ value: { conclusive: true } });
    const five = await inline(await Promise.all(['a', 'b', 'c', 'd', 'e'].map((kid) => jwk(kid))));
    expect(await five.keysFor(undefined)).toMatchObject({
      error: { evidence: expect.stringMatching(/too many/) },
    });
  });

  it('are one object, also for requests that arrive together', async () => {
    const stage = await inline([await jwk('a')]);
    const [one, two] = await Promise.all([stage.keysFor('a'), stage.keysFor('a')]);
    expect(one).toMatchObject({ ok: true });
    expect(two).toBe(one);
    expect(stage.keysFor('a')).toBe(one);
  });

  it('are refused one by one, and told once', async () => {
    const stage = await inline([
      { kty: 'oct', kid: 'h', k: 'AA' },
      { ...(await jwk('e')), use: 'enc' },
      await jwk('a'),
    ]);
    expect([await stage.ask('h'), await stage.ask('e'), await stage.ask('a')]).toEqual([
      'key_not_found',
      'key_not_found',
      'ok',
    ]);
    expect(stage.events.map(({ event, kid }) => [event, kid])).toEqual([
      ['key_rejected', 'h'],
      ['key_rejected', 'e'],
    ]);
    expect(stage.source.status(stage.now)).toMatchObject([
      { from: 'inline', state: 'fresh', keys: [{ kid: 'a' }], rejected: [{ kid: 'h' }, { kid: 'e' }] },
    ]);
  });

  it('obey pins', async () => {
    const stage = await inline([await jwk('a')], { ...NO_PINS, blockedKids: new Set(['a']) });
    expect([await stage.ask('a'), await stage.ask(undefined)]).toEqual(['key_not_found', 'key_not_found']);
  });
});

describe('HMAC secrets', () => {
  const secret = 'a secret of at least thirty-two bytes, in UTF-8: ß';
  const hmac = (value: string | undefined = secret) =>
    new Stage({
      issuer: {
        algorithms: new Set(['HS256', 'HS512']),
        source: { from: 'secret', bindings: ['ACME_SECRET'], encoding: 'utf8' },
      },
      secrets: new Map(value === undefined ? [] : [['ACME_SECRET', value]]),
    });

  it('give one key for each configured algorithm, whatever the kid', async () => {
    const stage = hmac();
    const first = await stage.keysFor('any', 'HS256');
    expect(first).toMatchObject({ ok: true, value: { keys: [{ algorithm: 'HS256', kid: undefined }] } });
    expect(stage.keysFor(undefined, 'HS256')).toBe(first);
    expect(await stage.keysFor('any', 'HS512')).toMatchObject({ value: { keys: [{ algorithm: 'HS512' }] } });
    expect(await stage.ask('any', 'HS384')).toBe('algorithm_not_allowed');
    expect(await stage.ask('any', 'RS256')).toBe('algorithm_not_allowed');
  });

  it('may be two while one replaces the other, in any form', async () => {
    const bytes = new TextEncoder().encode('0123456789abcdef0123456789abcdef');
    const stage = new Stage({
      issuer: {
        algorithms: new Set(['HS256']),
        source: { from: 'secret', bindings: ['NEW', 'OLD'], encoding: 'base64' },
      },
      secrets: new Map([
        ['NEW', 'AAAA'.repeat(11)],
        ['OLD', bytes.toBase64()],
      ]),
    });
    const found = await stage.keysFor('any', 'HS256');
    if (!found.ok) throw new Error(found.error.reason);
    const hmac = { name: 'HMAC', hash: 'SHA-256' };
    const signing = await crypto.subtle.importKey('raw', bytes, hmac, false, ['sign']);
    const mac = await crypto.subtle.sign('HMAC', signing, bytes);
    const verified = found.value.keys.map(({ cryptoKey }) =>
      crypto.subtle.verify('HMAC', cryptoKey, mac, bytes),
    );
    expect([await Promise.all(verified), found.value.conclusive]).toEqual([[false, true], true]);
  });

  it('are one object, also for requests that arrive together', async () => {
    const stage = hmac();
    const [one, two] = await Promise.all([stage.keysFor('a', 'HS256'), stage.keysFor('b', 'HS256')]);
    expect(two).toBe(one);
  });

  it('verify what was signed with the same bytes, and cannot sign or be read back', async () => {
    const stage = hmac();
    const answer = await stage.keysFor(undefined, 'HS256');
    if (!answer.ok) throw new Error(answer.error.reason);
    const [key] = answer.value.keys;
    if (key === undefined) throw new Error('no key');
    const { cryptoKey } = key;
    const bytes = new TextEncoder().encode(secret);
    const signing = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, [
      'sign',
    ]);
    const message = new TextEncoder().encode('message');
    const mac = await crypto.subtle.sign('HMAC', signing, message);
    expect(await crypto.subtle.verify('HMAC', cryptoKey, mac, message)).toBe(true);
    expect([cryptoKey.usages, cryptoKey.extractable]).toEqual([['verify'], false]);
  });

  it.each([
    ['missing', undefined],
    ['empty', ''],
  ])('that are %s: 503, never 401', async (_title, value) => {
    const stage =
      value === undefined
        ? new Stage({
            issuer: {
              algorithms: new Set(['HS256']),
              source: { from: 'secret', bindings: ['ACME_SECRET'], encoding: 'utf8' },
            },
          })
        : hmac(value);
    expect(await stage.ask(undefined, 'HS256')).toBe('503 after 60');
    expect(stage.source.status(stage.now)).toMatchObject([{ from: 'secret', state: 'cold', keys: [] }]);
  });

  it('never serve a public key algorithm, should the configuration let one through', async () => {
    const stage = new Stage({
      issuer: {
        algorithms: new Set(['HS256', 'RS256']),
        source: { from: 'secret', bindings: ['ACME_SECRET'], encoding: 'utf8' },
      },
      secrets: new Map([['ACME_SECRET', secret]]),
    });
    expect(await stage.ask(undefined, 'RS256')).toBe('key_not_found');
  });
});

describe('an issuer that is not configured', () => {
  it('is a bug of the caller', () => {
    const stage = new Stage();
    expect(() => stage.source.keysFor(aProvider(), { alg: 'ES256' }, stage.context())).toThrow(
      new TypeError('keys were asked for a provider that is not configured'),
    );
  });
});
