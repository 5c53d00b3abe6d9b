import { describe, expect, it } from 'vitest';
import { deferred, jwks, publicJwk, refused, Stage } from './scripted-issuer.ts';

/** A refresh of `first` that was asked for before `later` was published, and is still under way. */
const rotationInTheMiddle = async (stage: Stage, begin: () => unknown, later: readonly string[]) => {
  const fetches = stage.fetches;
  const { reply, release } = deferred(await jwks(['a']));
  stage.reply = reply;
  const begun = begin();
  await expect.poll(() => stage.fetches).toBe(fetches + 1);
  stage.reply = await jwks(later);
  stage.now += 1;
  return { begun, release };
};

describe('a request that joins a fetch begun before it arrived has not asked', () => {
  it('cold: the key published meanwhile is fetched for', async () => {
    const stage = new Stage();
    const { begun, release } = await rotationInTheMiddle(stage, () => stage.ask('a'), ['a', 'b']);
    const joined = stage.ask('b');
    release();
    expect([await begun, await joined, stage.fetches]).toEqual(['ok', 'ok', 2]);
  });

  it('warm: the same during a refresh that runs behind requests', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await stage.ask('a');
    stage.now += 540;
    const { begun, release } = await rotationInTheMiddle(stage, () => stage.ask('a'), ['a', 'b']);
    expect(await begun).toBe('ok');
    const joined = stage.ask('b');
    release();
    expect([await joined, stage.fetches]).toEqual(['ok', 3]);
  });

  it('warm: the same during a fetch for another unknown key that is found', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['z']);
    await stage.ask('z');
    const { begun, release } = await rotationInTheMiddle(stage, () => stage.ask('a'), ['a', 'b']);
    const joined = [stage.ask('b'), stage.ask('b'), stage.ask('a')];
    release();
    expect([await begun, await Promise.all(joined), stage.fetches]).toEqual(['ok', ['ok', 'ok', 'ok'], 3]);
  });

  it('once, and only where the budget allows: a flood that joins one fetch in vain costs no other', async () => {
    const stage = new Stage();
    const { begun, release } = await rotationInTheMiddle(stage, () => stage.ask('x'), ['a', 'b']);
    const joined = [stage.ask('b'), stage.ask('c'), stage.ask('a')];
    release();
    expect([await begun, await Promise.all(joined), stage.fetches]).toEqual([
      'key_not_found',
      ['key_not_found', 'key_not_found', 'ok'],
      1,
    ]);
    stage.now += 29;
    expect([await stage.ask('b'), stage.fetches]).toEqual(['ok', 2]);
  });

  it('and when that second fetch fails, it is not known', async () => {
    const stage = new Stage();
    const { begun, release } = await rotationInTheMiddle(stage, () => stage.ask('a'), []);
    stage.reply = refused;
    const joined = stage.ask('b');
    release();
    expect([await begun, await joined, stage.fetches]).toEqual(['ok', '503 after 30', 2]);
  });

  it('one that arrives with the fetch, in the same instant, has asked', async () => {
    const stage = new Stage();
    const { reply, release } = deferred(await jwks(['a']));
    stage.reply = reply;
    const asked = [stage.ask('a'), stage.ask('b')];
    await expect.poll(() => stage.fetches).toBe(1);
    release();
    expect([await Promise.all(asked), stage.fetches]).toEqual([['ok', 'key_not_found'], 1]);
  });
});

describe('Retry-After counts from now', () => {
  it('not from the beginning of a request that waited, be it the one that fetched or one that joined', async () => {
    const stage = new Stage();
    const { reply, release } = deferred(refused);
    stage.reply = reply;
    const first = stage.ask('a');
    await expect.poll(() => stage.fetches).toBe(1);
    stage.now += 1;
    const joined = stage.ask('a');
    stage.now += 1;
    release();
    expect([await first, await joined]).toEqual(['503 after 30', '503 after 30']);
    stage.now += 28.5;
    expect(await stage.ask('a')).toBe('503 after 2');
  });

  it('a set that expires while a request waits is not used', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await stage.ask('a');
    stage.now += 14_999;
    const { reply, release } = deferred(refused);
    stage.reply = reply;
    const waiting = stage.ask('a');
    await expect.poll(() => stage.fetches).toBe(2);
    stage.now += 1;
    release();
    expect(await waiting).toBe('503 after 30');
  });
});

describe('who answers for good (missingAsOf: request)', () => {
  const strict = () => new Stage({ missingAsOf: 'request' });

  it('a key is missing only where the issuer was asked for this very request', async () => {
    const stage = strict();
    stage.reply = await jwks(['a']);
    expect(await stage.ask('x')).toBe('key_not_found');
    stage.now += 10;
    expect(await stage.ask('x')).toBe('503 after 20');
    expect(await stage.ask('b')).toBe('503 after 20');
    expect(await stage.ask('a')).toBe('ok');
    expect(stage.fetches).toBe(1);
    stage.now += 20;
    stage.reply = await jwks(['a', 'b']);
    expect([await stage.ask('b'), stage.fetches]).toEqual(['ok', 2]);
    expect([await stage.ask('x'), stage.fetches]).toEqual(['key_not_found', 3]);
  });

  it('one that arrived in the same instant knows as much, one that joined later does not', async () => {
    const stage = strict();
    const { reply, release } = deferred(await jwks(['a']));
    stage.reply = reply;
    const first = [stage.ask('x'), stage.ask('y')];
    await expect.poll(() => stage.fetches).toBe(1);
    stage.now += 1;
    const joined = stage.ask('b');
    release();
    expect([await Promise.all(first), await joined, stage.fetches]).toEqual([
      ['key_not_found', 'key_not_found'],
      '503 after 29',
      1,
    ]);
  });

  it('an answer out of a cache on the way proves nothing', async () => {
    const stage = strict();
    stage.reply = await jwks(['a'], { age: '1' });
    expect(await stage.ask('x')).toBe('503 after 30');
    stage.now += 30;
    stage.reply = await jwks(['a'], { age: '0' });
    expect(await stage.ask('x')).toBe('key_not_found');
  });

  it('a key that is listed and refused, or for another algorithm, is known to be so', async () => {
    const stage = new Stage({ missingAsOf: 'request', issuer: { algorithms: new Set(['ES256', 'RS256']) } });
    stage.reply = await jwks(['a', { kty: 'EC', kid: 'bad' }]);
    await stage.ask('a');
    stage.now += 100;
    expect([await stage.ask('bad'), await stage.ask('a', 'RS256'), stage.fetches]).toEqual([
      'key_not_found',
      'key_not_found',
      1,
    ]);
  });

  it('a signature that no key without a name made is not known to be bad until the issuer was asked', async () => {
    const stage = strict();
    stage.reply = await jwks([await publicJwk('a')]);
    const again = async () => {
      const first = await stage.keysFor(undefined);
      if (!first.ok) throw new Error('refused');
      const answer = await stage.keysFor(undefined, 'ES256', first.value.keys);
      return answer.ok ? 'ok' : answer.error.reason;
    };
    await stage.ask(undefined);
    stage.now += 10;
    expect([await again(), stage.fetches]).toEqual(['signature_invalid', 2]);
    stage.now += 10;
    expect([await again(), stage.fetches]).toEqual(['keys_unavailable', 2]);
  });
});
