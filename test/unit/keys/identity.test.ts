import { describe, expect, it } from 'vitest';
import { json, jwk, jwks, publicJwk, remote, Stage } from './scripted-issuer.ts';

/** The object that a later request gets, or why it gets none; `several` when it would try more than one. */
const keyOf = async (stage: Stage, kid: string | undefined, alg = 'ES256') => {
  const answer = await stage.keysFor(kid, alg);
  await stage.settle();
  if (!answer.ok) return answer.error.reason;
  const [key, ...others] = answer.value.keys;
  return key === undefined || others.length > 0 ? 'several' : key;
};

describe('identity of keys across refreshes', () => {
  it('an unchanged key stays the same object, whatever else changes', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a', 'b']);
    const first = await keyOf(stage, 'a');
    stage.now += 540;
    stage.reply = await jwks(['c', 'a']);
    await keyOf(stage, 'a');
    expect(stage.fetches).toBe(2);
    expect(await keyOf(stage, 'a')).toBe(first);
  });

  it('an unchanged key stays the same object through an outage and a 304', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a'], { etag: '"1"' });
    const first = await keyOf(stage, 'a');
    stage.now += 900;
    stage.reply = json({}, {}, 500);
    expect(await keyOf(stage, 'a')).toBe(first);
    stage.now += 40;
    stage.reply = json({}, {}, 304);
    await keyOf(stage, 'a');
    expect(stage.names()).toEqual([
      'jwks_refreshed',
      'jwks_served_stale',
      'jwks_refresh_failed',
      'jwks_refreshed',
    ]);
    expect(await keyOf(stage, 'a')).toBe(first);
  });

  it('a kid with other key material is another object', async () => {
    const stage = new Stage();
    stage.reply = await jwks([await jwk('a', 'first')]);
    const first = await keyOf(stage, 'a');
    stage.now += 540;
    stage.reply = await jwks([await jwk('a', 'second')]);
    await keyOf(stage, 'a');
    const second = await keyOf(stage, 'a');
    expect(second).toMatchObject({ kid: 'a' });
    expect(second).not.toBe(first);
  });

  it('a key that leaves is not returned, and is another object when it comes back', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a', 'b']);
    const first = await keyOf(stage, 'a');
    stage.now += 540;
    stage.reply = await jwks(['b']);
    await keyOf(stage, 'b');
    expect(await keyOf(stage, 'a')).toBe('key_not_found');
    stage.now += 540;
    stage.reply = await jwks(['a', 'b']);
    await keyOf(stage, 'b');
    const back = await keyOf(stage, 'a');
    expect(back).toMatchObject({ kid: 'a' });
    expect(back).not.toBe(first);
  });

  it('answers without a promise once a set is in memory', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    expect(stage.keysFor('a')).toBeInstanceOf(Promise);
    await stage.settle();
    expect(stage.keysFor('a')).toMatchObject({ ok: true });
    expect(stage.keysFor('a')).toBe(stage.keysFor('a'));
  });
});

describe('key and algorithm are one decision', () => {
  const rsa = async (extra: object = {}) => ({ ...(await publicJwk('r', 'RS256')), kid: 'r', ...extra });
  const algorithms = new Set(['RS256', 'PS256', 'ES256', 'EdDSA'] as const);

  it.each([
    ['no alg: what the configuration and the type allow', {}, { RS256: 'RS256', PS256: 'PS256' }],
    ['alg: that one alone', { alg: 'PS256' }, { RS256: 'key_not_found', PS256: 'PS256' }],
    [
      'alg outside the configuration: none',
      { alg: 'RS512' },
      { RS256: 'key_not_found', PS256: 'key_not_found' },
    ],
    ['another family is never offered', {}, { ES256: 'key_not_found', EdDSA: 'key_not_found' }],
    [
      'an algorithm that is not configured',
      {},
      { RS384: 'algorithm_not_allowed', HS256: 'algorithm_not_allowed' },
    ],
    [
      'none',
      {},
      { none: 'algorithm_not_allowed', '': 'algorithm_not_allowed', rs256: 'algorithm_not_allowed' },
    ],
  ])('%s', async (_title, extra, expected) => {
    const stage = new Stage({ issuer: { source: remote(), algorithms } });
    stage.reply = json({ keys: [await rsa(extra)] });
    for (const [alg, want] of Object.entries(expected)) {
      const got = await keyOf(stage, 'r', alg);
      expect([alg, typeof got === 'string' ? got : got.algorithm]).toEqual([alg, want]);
    }
  });

  it('each algorithm of one key has a CryptoKey of its own, bound to it', async () => {
    const stage = new Stage({ issuer: { source: remote(), algorithms } });
    stage.reply = json({ keys: [await rsa()] });
    const pkcs = await keyOf(stage, 'r', 'RS256');
    const pss = await keyOf(stage, 'r', 'PS256');
    expect(pkcs).toMatchObject({
      cryptoKey: { algorithm: { name: 'RSASSA-PKCS1-v1_5' }, usages: ['verify'] },
    });
    expect(pss).toMatchObject({ cryptoKey: { algorithm: { name: 'RSA-PSS' }, usages: ['verify'] } });
  });

  it('keys of two algorithms may share a kid', async () => {
    const stage = new Stage({ issuer: { source: remote(), algorithms } });
    stage.reply = json({ keys: [await rsa({ kid: 'x' }), await jwk('x')] });
    expect(await keyOf(stage, 'x', 'ES256')).toMatchObject({ algorithm: 'ES256' });
    expect(await keyOf(stage, 'x', 'PS256')).toMatchObject({ algorithm: 'PS256' });
  });

  it('a token without kid gets the keys that fit its algorithm, and no other', async () => {
    const stage = new Stage({ issuer: { source: remote(), algorithms } });
    const { kid: _kid, ...nameless } = await jwk('b');
    stage.reply = json({ keys: [await rsa(), await jwk('a'), nameless] });
    expect(await keyOf(stage, undefined, 'RS256')).toMatchObject({ kid: 'r' });
    expect(await keyOf(stage, undefined, 'ES256')).toBe('several');
    expect(await keyOf(stage, '', 'ES256')).toMatchObject({ kid: undefined });
  });

  it('one key under two kids is one key for a token without kid', async () => {
    const stage = new Stage();
    stage.reply = await jwks([await jwk('a', 'm'), await jwk('b', 'm')]);
    expect(await keyOf(stage, undefined)).toMatchObject({ algorithm: 'ES256' });
  });
});
