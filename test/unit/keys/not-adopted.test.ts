import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  CACHE,
  deferred,
  hang,
  json,
  jwk,
  jwks,
  NO_PINS,
  publicJwk,
  remote,
  Stage,
} from './scripted-issuer.ts';

/** One request, and everything behind it. */
const ask = async (stage: Stage, kid: string | undefined) => {
  const answer = await stage.ask(kid);
  await stage.settle();
  return answer;
};

describe('a set in which no key is usable is a failed refresh', () => {
  const useless = async () =>
    jwks([
      { ...(await jwk('a')), use: 'enc' },
      { kty: 'oct', kid: 'h', k: 'AA' },
    ]);

  it('the set before stays in use, is not renewed, and what nobody lists is not known', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    stage.reply = await useless();
    stage.now += 540;
    expect(await ask(stage, 'a')).toBe('ok');
    stage.now += 1;
    expect(await ask(stage, 'a')).toBe('ok');
    expect(await ask(stage, 'b')).toBe('503 after 29');
    expect(stage.source.status(stage.now)[0]).toMatchObject({
      ageSeconds: 541,
      keys: [{ kid: 'a' }],
      lastError: { why: 'jwks_unusable', detail: 'https://issuer.example/jwks' },
    });
  });

  it('cold: its keys are known to be refused, with the reason; anything else is not known', async () => {
    const stage = new Stage();
    stage.reply = await useless();
    expect(await stage.keysFor('a')).toMatchObject({
      error: { reason: 'key_not_found', evidence: 'the key is refused: use_not_sig' },
    });
    expect([await ask(stage, 'h'), await ask(stage, 'b'), await ask(stage, undefined)]).toEqual([
      'key_not_found',
      '503 after 30',
      '503 after 30',
    ]);
    expect(stage.fetches).toBe(1);
  });

  it('a key without kid that it refuses says nothing of a token without kid', async () => {
    const stage = new Stage();
    stage.reply = await jwks([{ ...(await publicJwk('a')), use: 'enc' }]);
    expect(await ask(stage, undefined)).toBe('503 after 30');
  });

  it('a key that was refused in the set before is not told of again', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a', { kty: 'oct', kid: 'h' }]);
    await ask(stage, 'a');
    stage.reply = await jwks([{ kty: 'oct', kid: 'h' }]);
    stage.now += 540;
    await ask(stage, 'a');
    expect(stage.names()).toEqual(['jwks_refreshed', 'key_rejected', 'jwks_refresh_failed']);
  });

  it('what was known of it is forgotten with the next attempt', async () => {
    const stage = new Stage();
    stage.reply = await useless();
    await ask(stage, 'a');
    stage.reply = () => Promise.reject(new TypeError('refused'));
    stage.now += 30;
    expect(await ask(stage, 'a')).toBe('503 after 30');
    stage.reply = await useless();
    stage.now += 30;
    expect(await ask(stage, 'a')).toBe('key_not_found');
    stage.reply = await jwks(['b']);
    stage.now += 30;
    expect(await ask(stage, 'b')).toBe('ok');
    expect(await stage.keysFor('a')).toMatchObject({ error: { evidence: "not in the issuer's set" } });
  });

  it('its keys are told of once, and the failure each time', async () => {
    const stage = new Stage();
    stage.reply = await useless();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await ask(stage, 'a');
      stage.now += 30;
    }
    expect(stage.events.map(({ event, kid, why }) => [event, kid ?? why])).toEqual([
      ['key_rejected', 'a'],
      ['key_rejected', 'h'],
      ['jwks_refresh_failed', 'jwks_unusable'],
      ['jwks_refresh_failed', 'jwks_unusable'],
    ]);
  });

  it.each([
    ['two keys that share a kid', () => Promise.all([jwk('a', 'one'), jwk('a', 'two')])],
    ['a point off its curve', async () => [{ ...(await jwk('a')), x: (await jwk('b')).x ?? '' }]],
  ])('%s: also where only the import shows it', async (_what, keys) => {
    const stage = new Stage();
    stage.reply = await jwks(await keys());
    expect([await ask(stage, 'a'), await ask(stage, 'b')]).toEqual(['key_not_found', '503 after 30']);
  });

  it.each([
    ['blocks the kid', { blockedKids: new Set(['b']) }],
    ['allows other kids', { allowedKids: new Set(['a']) }],
    ['pins another thumbprint', { allowedThumbprints: new Set(['x']) }],
  ])('a sound set of which this gateway’s configuration %s is a truth', async (_what, pins) => {
    const stage = new Stage({ issuer: { source: remote({ pins: { ...NO_PINS, ...pins } }) } });
    stage.reply = await jwks(['b', { kty: 'oct', kid: 'h' }]);
    expect(await ask(stage, undefined)).toBe('key_not_found');
    expect(stage.source.status(stage.now)[0]).toMatchObject({ state: 'fresh', lastError: undefined });
  });

  it('a set for other algorithms than ours is a truth: the keys before are gone', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    stage.reply = await jwks([{ ...(await publicJwk('r', 'RS256')), kid: 'r', alg: 'PS512' }]);
    stage.now += 540;
    await ask(stage, 'a');
    expect(await ask(stage, 'a')).toBe('key_not_found');
  });

  describe('but what it gives away is lost', () => {
    const leaky = async (): Promise<JWK> =>
      exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);

    it('a key of the set before whose private part it lists is used no more', async () => {
      const stage = new Stage();
      const secret = await leaky();
      const { d: _d, ...shown } = secret;
      stage.reply = await jwks([{ ...shown, kid: 'leak' }, 'a']);
      await ask(stage, 'leak');
      const sound = await stage.keysFor('a');
      stage.reply = await jwks([{ ...secret, kid: 'other name' }]);
      stage.now += 540;
      await ask(stage, 'a');
      expect(stage.fetches).toBe(2);
      expect(await ask(stage, 'leak')).toBe('key_not_found');
      expect(stage.keysFor('a')).toMatchObject({ ok: true });
      const still = await stage.keysFor('a');
      if (!sound.ok || !still.ok) throw new Error('refused');
      expect(still.value.keys[0]).toBe(sound.value.keys[0]);
      expect(stage.source.status(stage.now)[0]).toMatchObject({
        ageSeconds: 540,
        keys: [{ kid: 'a' }],
        rejected: [{ kid: 'leak', why: 'private_material' }],
        lastError: { why: 'jwks_unusable' },
      });
      const alarms = stage.events
        .filter(({ level }) => level === 'error')
        .map(({ event, kid }) => [event, kid]);
      expect(alarms).toEqual([
        ['key_rejected', 'leak'],
        ['key_rejected', 'other name'],
      ]);
    });

    it('be it the last: then it is refused and nothing else is known', async () => {
      const stage = new Stage();
      const secret = await leaky();
      const { d: _d, ...shown } = secret;
      stage.reply = await jwks([{ ...shown, kid: 'leak' }]);
      await ask(stage, 'leak');
      stage.reply = await jwks([{ ...secret, kid: 'leak' }]);
      stage.now += 540;
      await ask(stage, 'leak');
      expect([await ask(stage, 'leak'), await ask(stage, 'b'), await ask(stage, undefined)]).toEqual([
        'key_not_found',
        '503 after 30',
        '503 after 30',
      ]);
    });
  });
});

describe('an older set never replaces a newer one', () => {
  it('out of a cache on the way: it is asked for again, past caches', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a', 'b']);
    await ask(stage, 'a');
    const [old, current] = [await jwks(['a'], { age: '600' }), await jwks(['a', 'b', 'c'])];
    stage.reply = () => (stage.fetched.at(-1)?.headers.has('cache-control') ? current : old)();
    stage.now += 540;
    await ask(stage, 'a');
    expect(stage.fetches).toBe(3);
    expect([await ask(stage, 'b'), await ask(stage, 'c'), stage.fetches]).toEqual(['ok', 'ok', 3]);
  });

  it('where caches do not let themselves be passed, it is a failed refresh', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a', 'b']);
    await ask(stage, 'a');
    stage.reply = await jwks(['a'], { age: '541' });
    stage.now += 540;
    await ask(stage, 'a');
    expect([await ask(stage, 'b'), await ask(stage, 'c')]).toEqual(['ok', '503 after 30']);
    expect(stage.source.status(stage.now)[0]).toMatchObject({
      ageSeconds: 540,
      lastError: { why: 'jwks_outdated', detail: 'https://issuer.example/jwks' },
    });
    expect(stage.fetches).toBe(3);
  });

  it('where the one held has expired, an older one is better than none', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    stage.reply = await jwks(['b'], { age: '20000' });
    stage.now += 14_999;
    expect(await ask(stage, 'b')).toBe('503 after 30');
    stage.now += 30;
    expect(await ask(stage, 'b')).toBe('ok');
  });

  it('asked for past caches at once, it is not asked for again', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a', 'b']);
    await ask(stage, 'a');
    stage.now += 10;
    stage.reply = await jwks(['a'], { age: '11' });
    expect([await ask(stage, 'c'), stage.fetches]).toEqual(['503 after 30', 2]);
  });

  it('one just as old, or of the same keys, is taken', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    stage.reply = await jwks(['b'], { age: '540' });
    stage.now += 540;
    await ask(stage, 'a');
    expect(await ask(stage, 'b')).toBe('ok');
    stage.reply = await jwks(['b'], { age: '5000' });
    stage.now += 540;
    await ask(stage, 'b');
    expect(stage.fetches).toBe(3);
    expect(stage.source.status(stage.now)[0]).toMatchObject({ ageSeconds: 0, lastError: undefined });
    // The younger of both dates stays: what is older than that is still too old.
    stage.reply = await jwks(['c'], { age: '1200' });
    stage.now += 28;
    await ask(stage, 'b');
    expect([await ask(stage, 'b'), stage.fetches]).toEqual(['ok', 5]);
  });

  it('an issuer’s own answer is never too old, though the clock was set back', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    stage.now -= 100;
    stage.reply = await jwks(['a', 'b'], { age: '0' });
    expect([await ask(stage, 'b'), stage.fetches]).toEqual(['ok', 2]);
  });

  /** A request whose refresh is stuck until the test lets it go on, long after it was given up. */
  const late = async (stage: Stage, kid: string, last: ReturnType<typeof json>) => {
    const { reply, release } = deferred(last);
    stage.reply = reply;
    const fetches = stage.fetches;
    const waiting = stage.ask(kid);
    await expect.poll(() => stage.fetches).toBe(fetches + 1);
    stage.now += 70;
    return async () => {
      release();
      await waiting;
    };
  };
  const patient = () => new Stage({ issuer: { source: remote({ cache: { ...CACHE, timeoutMs: 60_000 } }) } });

  it('that comes late, after a request that was begun later', async () => {
    const stage = patient();
    const end = await late(stage, 'a', await jwks(['a']));
    stage.reply = await jwks(['b']);
    expect(await stage.ask('b')).toBe('ok');
    await end();
    expect(await stage.ask('b')).toBe('ok');
    expect(stage.names()).toEqual(['jwks_refreshed']);
    // Nor does it spend the budget: what it was for is asked for as if it had not been.
    expect([await stage.ask('c'), stage.fetches]).toEqual(['key_not_found', 3]);
  });

  it('a failure that comes late, while a later fetch is under way, keeps nobody from joining that one', async () => {
    const stage = patient();
    const end = await late(stage, 'a', json({}, {}, 500));
    const { reply, release } = deferred(await jwks(['b']));
    stage.reply = reply;
    const waiting = [stage.ask('b')];
    await expect.poll(() => stage.fetches).toBe(2);
    await end();
    waiting.push(stage.ask('b'));
    release();
    expect([await Promise.all(waiting), stage.fetches]).toEqual([['ok', 'ok'], 2]);
  });

  it('nor does a failure that comes late undo what was fetched since', async () => {
    const stage = patient();
    const end = await late(stage, 'a', json({}, {}, 500));
    stage.reply = await jwks(['b']);
    expect(await stage.ask('b')).toBe('ok');
    await end();
    expect([await stage.ask('c'), stage.fetches]).toEqual(['key_not_found', 3]);
    expect(stage.source.status(stage.now)[0]).toMatchObject({ lastError: undefined });
  });
});

describe('an issuer that is known to fail', () => {
  /** How a request in `stale_if_error` is answered so many seconds after a failure. */
  const waitsAfter = async (seconds: number) => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    stage.now += 5_000;
    stage.reply = json({}, {}, 500);
    await ask(stage, 'a');
    stage.now += seconds;
    stage.reply = hang;
    return stage.keysFor('a') instanceof Promise;
  };

  it('is not waited for until two cooldowns and a timeout after, then once', async () => {
    expect([await waitsAfter(31), await waitsAfter(62.9), await waitsAfter(63)]).toEqual([
      false,
      false,
      true,
    ]);
  });
});
