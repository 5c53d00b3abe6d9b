import { describe, expect, it } from 'vitest';
import type { JwsHeader } from '../../../src/core/jose.ts';
import { json, jwk, publicJwk, remote, Stage, status } from './scripted-issuer.ts';

/** A key as an issuer lists it: some of `kid`, `x5t` and `x5t#S256`, or a certificate. */
const listed = async (material: string, names: object) => ({ ...(await publicJwk(material)), ...names });

const stageOf = async (keys: readonly (object | Promise<object>)[]) => {
  const stage = new Stage({ issuer: { source: remote(), algorithms: new Set(['ES256', 'RS256']) } });
  stage.reply = json({ keys: await Promise.all(keys) });
  return stage;
};

/** The keys that would be tried, by the material they were made of; or why none is. */
const tried = async (
  keys: readonly (object | Promise<object>)[],
  header: Omit<JwsHeader, 'alg'>,
  alg = 'ES256',
) => {
  const stage = await stageOf(keys);
  const answer = await stage.source.keysFor(stage.issuer, { alg, ...header }, stage.context());
  if (!answer.ok) return 'evidence' in answer.error ? answer.error.evidence : answer.error.reason;
  const points = await Promise.all(
    answer.value.keys.map(async ({ cryptoKey }) =>
      JSON.stringify(await crypto.subtle.exportKey('jwk', cryptoKey)),
    ),
  );
  const named = await Promise.all(
    ['one', 'two', 'three', 'four', 'five'].map(async (material) => [
      (await publicJwk(material)).x,
      material,
    ]),
  );
  const found = points.map((point) => named.find(([x]) => point.includes(String(x)))?.[1]);
  return [...found, answer.value.conclusive ? 'alone' : 'perhaps'].join(' ');
};

const one = (names: object) => listed('one', names);
const two = (names: object) => listed('two', names);
const three = (names: object) => listed('three', names);
const others = () => [three({}), listed('four', {})];

/** Base64url of 20 and 32 octets. */
const SHA1 = 'AAECAwQFBgcICQoLDA0ODxAREhM';
const OTHER_SHA1 = 'AgECAwQFBgcICQoLDA0ODxAREhM';
const SHA256 = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

describe('which keys a token is tried against', () => {
  const NOT_THERE = "not in the issuer's set";
  const CASES: readonly (readonly [string, (object | Promise<object>)[], Omit<JwsHeader, 'alg'>, string])[] =
    [
      ['the one its kid names', [one({ kid: 'a' }), two({})], { kid: 'a' }, 'one alone'],
      ['a kid that no key bears: those without', [two({ kid: 'b' }), one({})], { kid: 'a' }, 'one perhaps'],
      ['the same, with several', [one({}), two({}), three({ kid: 'c' })], { kid: 'a' }, 'one two perhaps'],
      ['a kid that no key bears, every key has one', [one({ kid: 'b' })], { kid: 'a' }, NOT_THERE],
      ['no kid: all', [one({ kid: 'a' }), two({})], {}, 'one two perhaps'],
      ['no kid: four', [one({}), two({}), ...others()], {}, 'one two three four perhaps'],
      ['no kid: one key under two names is one', [one({ kid: 'a' }), one({ kid: 'b' })], {}, 'one perhaps'],
      ['an empty kid is a kid that no key bears', [one({ kid: 'a' }), two({})], { kid: '' }, 'two perhaps'],
      [
        'the one x5t names',
        [one({ kid: 'a', x5t: OTHER_SHA1 }), two({ kid: 'b', x5t: SHA1 })],
        { x5t: SHA1 },
        'two alone',
      ],
      ['the one x5t#S256 names', [one({}), two({ 'x5t#S256': SHA256 })], { x5tS256: SHA256 }, 'two alone'],
      [
        'x5t#S256 before x5t',
        [one({ x5t: SHA1 }), two({ 'x5t#S256': SHA256 })],
        { x5t: SHA1, x5tS256: SHA256 },
        'two alone',
      ],
      [
        'kid before both',
        [one({ kid: 'a' }), two({ x5t: SHA1, 'x5t#S256': SHA256 })],
        { kid: 'a', x5t: SHA1, x5tS256: SHA256 },
        'one alone',
      ],
      [
        'x5t where no key bears the kid',
        [one({ kid: 'b', x5t: SHA1 }), two({})],
        { kid: 'a', x5t: SHA1 },
        'one alone',
      ],
      [
        'x5t that no key bears: those without',
        [one({ x5t: OTHER_SHA1 }), two({ kid: 'b' })],
        { x5t: SHA1 },
        'two perhaps',
      ],
      [
        'x5t#S256 that no key bears: those without',
        [one({ 'x5t#S256': SHA256 }), two({ x5t: SHA1 })],
        { x5tS256: 'AAAA' },
        'two perhaps',
      ],
      [
        'kid and x5t that no key bears: those with neither',
        [one({ x5t: OTHER_SHA1 }), two({ kid: 'b' }), three({})],
        { kid: 'a', x5t: SHA1 },
        'three perhaps',
      ],
      [
        'a key for the name is there, for another algorithm',
        [one({ kid: 'a' }), two({})],
        { kid: 'r' },
        'two perhaps',
      ],
      [
        'several keys of one x5t',
        [one({ x5t: SHA1 }), two({ x5t: SHA1 }), three({})],
        { x5t: SHA1 },
        'one two alone',
      ],
      [
        'x5t in another spelling, in the token',
        [one({}), two({ x5t: '-_8BAg' })],
        { x5t: '+/8BAg==' },
        'two alone',
      ],
      [
        'x5t in another spelling, in the set',
        [one({}), two({ x5t: '+/8BAg==' })],
        { x5t: '-_8BAg' },
        'two alone',
      ],
      [
        'x5t that is no digest at all is a name that no key bears',
        [one({ x5t: SHA1 }), two({})],
        { x5t: '?' },
        'two perhaps',
      ],
    ];

  it.each(CASES)('%s', async (_title, keys, header, expected) => {
    expect(await tried(keys, header)).toBe(expected);
  });

  it('four keys fit, not five: each forged token costs a bounded amount of work', async () => {
    const five = [one({}), two({}), ...others(), listed('five', {})];
    expect(await tried(five, {})).toMatch(/too many keys/);
    expect(await tried(five, { kid: 'a' })).toBe("not in the issuer's set");
    const named = five.map(async (key) => ({ ...(await key), x5t: SHA1 }));
    expect(await tried(named, { x5t: SHA1 })).toMatch(/too many keys/);
  });

  it('five keys without a name do not keep a key with one from being found', async () => {
    const five = [one({}), two({}), ...others(), listed('five', {})];
    const stage = await stageOf(five);
    expect(await stage.ask(undefined)).toBe('key_not_found');
    stage.reply = json({ keys: [...(await Promise.all(five)), await jwk('new')] });
    expect([await stage.ask('new'), stage.fetches]).toEqual(['ok', 2]);
  });

  it('the kinds of names are not mistaken for each other, whichever is asked for first', async () => {
    const keys = [one({ kid: 'a' }), two({ x5t: SHA1 }), three({ 'x5t#S256': SHA256 })];
    const stage = await stageOf(keys);
    const asked = [
      {},
      { kid: 'z' },
      { x5t: 'AAAA' },
      { x5tS256: 'AAAA' },
      { kid: 'z', x5t: 'AAAA', x5tS256: 'AAAA' },
    ];
    const counts = async () => {
      const counted = [];
      for (const header of asked) {
        const answer = await stage.source.keysFor(stage.issuer, { alg: 'ES256', ...header }, stage.context());
        counted.push(answer.ok ? answer.value.keys.length : 0);
      }
      return counted;
    };
    expect(await counts()).toEqual([3, 2, 2, 2, 0]);
    asked.reverse();
    expect(await counts()).toEqual([0, 2, 2, 2, 3]);
  });

  it('keys of another algorithm do not count', async () => {
    const rsa = Array.from({ length: 4 }, (_, index) => publicJwk(`r${index}`, 'RS256'));
    expect(await tried([...rsa, one({})], {})).toBe('one perhaps');
  });

  it('a kid of another algorithm is named as the matter, also beside keys without kid', async () => {
    expect(await tried([one({ kid: 'a' }), publicJwk('r', 'RS256')], { kid: 'a' }, 'RS256')).toBe(
      'the key of this kid is for another algorithm',
    );
  });

  it('a key that is refused is named as the matter, also beside keys without kid', async () => {
    const refused = one({ kid: 'a', use: 'enc' });
    expect(await tried([refused, two({})], { kid: 'a' })).toBe('the key is refused: use_not_sig');
    const another = { ...(await publicJwk('r', 'RS256')), kid: 'a' };
    expect(await tried([refused, another], { kid: 'a' })).toBe('the key is refused: use_not_sig');
  });

  it('keys that share a kid are not tried under any other name', async () => {
    const shared = [one({ kid: 'a', x5t: SHA1 }), two({ kid: 'a', x5t: OTHER_SHA1 }), three({ kid: 'c' })];
    expect(await tried(shared, { kid: 'a' })).toBe('the key is refused: kid_duplicate');
    expect(await tried(shared, {})).toBe('three perhaps');
    expect(await tried(shared, { x5t: SHA1 })).toBe('three perhaps');
    const stage = await stageOf(shared);
    await stage.ask('c');
    expect(stage.source.status(stage.now)[0]).toMatchObject({
      keys: [{ kid: 'c' }],
      rejected: [{ kid: 'a', why: 'kid_duplicate' }],
    });
  });

  it('a name longer than any costs nothing', async () => {
    const stage = await stageOf([one({})]);
    const long = 'A'.repeat(257);
    for (const header of [{ x5t: long }, { x5tS256: long }])
      expect(
        await stage.source.keysFor(stage.issuer, { alg: 'ES256', ...header }, stage.context()),
      ).toMatchObject({
        error: { reason: 'key_not_found', evidence: expect.stringMatching(/longer/) },
      });
    expect(stage.fetches).toBe(0);
    const longest = { alg: 'ES256', x5t: 'A'.repeat(256) };
    expect(await stage.source.keysFor(stage.issuer, longest, stage.context())).toMatchObject({ ok: true });
  });
});

describe('names from a certificate (RFC 7517 §4.7 to §4.9)', () => {
  const der = new Uint8Array([0x30, 0x03, 0x02, 0x01, 0x05]);
  const digest = async (hash: string) =>
    new Uint8Array(await crypto.subtle.digest(hash, der)).toBase64({
      alphabet: 'base64url',
      omitPadding: true,
    });

  it('the first of x5c names the key where the JWK does not', async () => {
    const keys = [one({ kid: 'a' }), two({ kid: 'b', x5c: [der.toBase64(), 'MAA='] })];
    expect(await tried(keys, { x5t: await digest('SHA-1') })).toBe('two alone');
    expect(await tried(keys, { x5tS256: await digest('SHA-256') })).toBe('two alone');
  });

  it('what the JWK says itself goes before', async () => {
    const keys = [one({}), two({ x5t: SHA1, 'x5t#S256': SHA256, x5c: [der.toBase64()] })];
    expect(await tried(keys, { x5t: await digest('SHA-1') })).toBe('one perhaps');
    expect(await tried(keys, { x5tS256: await digest('SHA-256') })).toBe('one perhaps');
    expect(await tried(keys, { x5t: SHA1 })).toBe('two alone');
  });

  it.each([[['?']], [[7]], [[]], ['MAA='], [{}], [null]])('x5c %j is ignored', async (x5c) => {
    expect(await tried([one({ kid: 'a', x5c })], { kid: 'a' })).toBe('one alone');
  });
});

describe('when none of the keys that fit made the signature', () => {
  /** Asks again as the verifier does: with what it has tried. */
  const again = async (stage: Stage, kid: string | undefined) => {
    const first = await stage.keysFor(kid);
    if (!first.ok || first.value.conclusive) throw new Error('nothing to try again');
    const answer = await stage.keysFor(kid, 'ES256', first.value.keys);
    await stage.settle();
    if (!answer.ok) return answer.error.reason;
    return answer.value.keys.map((key) => key.kid ?? 'without');
  };

  it.each([
    ['a kid', 'new'],
    ['no kid', undefined],
  ])('a token with %s: the issuer is asked, and what it has beside them is tried', async (_what, kid) => {
    const stage = await stageOf([one({})]);
    await stage.ask(undefined);
    stage.reply = json({ keys: [await one({}), await two({ kid: 'new' })] });
    expect(await again(stage, kid)).toEqual(['new']);
    expect(stage.fetches).toBe(2);
  });

  it('nothing new: the signature is invalid, and a fetch was spent in vain', async () => {
    const stage = await stageOf([one({})]);
    await stage.ask(undefined);
    expect(await again(stage, undefined)).toBe('signature_invalid');
    expect(await again(stage, 'unknown')).toBe('signature_invalid');
    expect(stage.fetches).toBe(2);
    stage.now += 30;
    expect(await again(stage, 'unknown')).toBe('signature_invalid');
    expect(stage.fetches).toBe(3);
  });

  it('the issuer cannot be asked: not known, so not refused', async () => {
    const stage = await stageOf([one({})]);
    await stage.ask(undefined);
    stage.reply = status(500);
    expect(await again(stage, undefined)).toBe('keys_unavailable');
    expect(await again(stage, undefined)).toBe('keys_unavailable');
    expect(stage.fetches).toBe(2);
    expect(stage.keysFor(undefined)).toMatchObject({ ok: true });
  });

  it('tells how many were tried', async () => {
    const stage = await stageOf([one({}), two({})]);
    const first = await stage.keysFor(undefined);
    if (!first.ok) throw new Error('refused');
    expect(await stage.keysFor(undefined, 'ES256', first.value.keys)).toMatchObject({
      error: { evidence: 'ES256, by none of 2 keys that fit' },
    });
  });
});
