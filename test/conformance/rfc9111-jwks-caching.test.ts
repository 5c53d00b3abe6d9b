import { describe, expect, it } from 'vitest';
import { explicitFreshSeconds } from '../../src/keys/cache-control.ts';
import { lifetimeOf, stateAt } from '../../src/keys/freshness.ts';
import { CACHE, json, jwk, jwks, refused, Stage } from '../unit/keys/scripted-issuer.ts';

const seconds = (headers: Record<string, string>) => explicitFreshSeconds(new Headers(headers));
/** What a response said that was asked for at 0, `ageSeconds` after it was made. */
const dated = (freshSeconds: number | undefined, { confirmedAt = 0, ageSeconds = 0 } = {}) => ({
  confirmedAt,
  asOf: confirmedAt - ageSeconds,
  freshSeconds,
});
const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';

describe('RFC 9111', () => {
  it.each([
    ['§4.2.1: max-age', { 'cache-control': 'max-age=300' }, 300],
    ['§4.2.1: s-maxage before max-age', { 'cache-control': 'max-age=300, s-maxage=60' }, 60],
    ['§4.2.1: max-age before Expires', { 'cache-control': 'max-age=300', expires: '0' }, 300],
    ['§4.2.1: Expires less Date', { date: DATE, expires: 'Sun, 06 Nov 1994 09:49:37 GMT' }, 3_600],
    ['§4.2.1: the first of two max-age', { 'cache-control': 'max-age=60, max-age=300' }, 60],
    ['§4.2.1: a max-age that cannot be read is stale', { 'cache-control': 'max-age=abc' }, 0],
    ['§4.2.1: a negative max-age is stale', { 'cache-control': 'max-age=-1' }, 0],
    ['§4.2.2: nothing said is left to us', { 'cache-control': 'public' }, undefined],
    ['§4.2.2: no header at all is left to us', {}, undefined],
    ['§4.2.3: Age is taken off', { 'cache-control': 'max-age=300', age: '100' }, 200],
    ['§4.2.3: an Age beyond the lifetime leaves nothing', { 'cache-control': 'max-age=300', age: '900' }, 0],
    ['§5.1: of several Age the first counts', { 'cache-control': 'max-age=300', age: '100, 7' }, 200],
    ['§5.1: an Age that cannot be read is ignored', { 'cache-control': 'max-age=300', age: '-5' }, 300],
    [
      '§5.2: directive names in any case, arguments quoted or not',
      { 'cache-control': 'PUBLIC, Max-Age="300"' },
      300,
    ],
    ['§5.2.2.4: no-cache', { 'cache-control': 'no-cache, max-age=300' }, 0],
    ['§5.2.2.5: no-store', { 'cache-control': 'max-age=300, no-store' }, 0],
    ['§5.3: an Expires of 0 is in the past', { expires: '0', date: DATE }, 0],
    ['§5.3: Expires before Date', { expires: DATE, date: 'Sun, 06 Nov 1994 09:49:37 GMT' }, 0],
    [
      '§1.2.2: a delta that overflows is the largest',
      { 'cache-control': `max-age=${'9'.repeat(40)}` },
      2_147_483_648,
    ],
  ])('%s', (_title, headers, expected) => {
    expect(seconds(headers)).toBe(expected);
  });

  it('§4.2: fresh before the end of its lifetime, stale at it', () => {
    const lifetime = lifetimeOf(dated(undefined, { confirmedAt: 1_000 }), CACHE, 0);
    expect([999, 1_599.9, 1_600].map((now) => stateAt(lifetime, now))).toEqual([
      'fresh',
      'fresh',
      'stale_while_revalidate',
    ]);
  });

  it.each([
    ['§4.2: a lifetime below our least is ours', 0, 30],
    ['§4.2: a lifetime above our most is ours', 86_400, 3_600],
    ['§4.2: a lifetime between is the response’s', 61, 61],
  ])('%s', (_title, explicit, expected) => {
    expect(lifetimeOf(dated(explicit), CACHE, 0).freshUntil).toBe(expected);
  });

  it.each([
    ['§4.2.3: Age counts where the response says nothing else', undefined, 400, 200],
    ['§4.2.3: an Age beyond our own lifetime leaves our least', undefined, 700, 30],
    ['§4.2.3: our most counts from when it was asked for, whatever its Age', 7_200, 5_000, 3_600],
  ])('%s', (_title, explicit, age, expected) => {
    const lifetime = lifetimeOf(dated(explicit, { confirmedAt: 1_000, ageSeconds: age }), CACHE, 0);
    expect(lifetime.freshUntil).toBe(1_000 + expected);
  });

  it('§4.2.3: a set out of a cache is as old as its Age says', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a'], { age: '400' });
    await stage.ask('a');
    expect(stage.source.status(stage.now)[0]).toMatchObject({ freshUntil: stage.now + 200, ageSeconds: 0 });
  });

  it('§5.2.1.4: where a request waits for a key, caches on the way are passed; a refresh behind it may use them', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await stage.ask('a');
    await stage.ask('b');
    stage.now += 540;
    await stage.ask('a');
    await stage.settle();
    expect(stage.fetched.map(({ headers }) => headers.get('cache-control'))).toEqual([
      'no-cache',
      'no-cache',
      null,
    ]);
  });

  it('§4.3.4: a 304 with another entity tag is not adopted: the set itself is asked for, and arrives', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a'], { etag: '"v1"' });
    await stage.ask('a');
    const moved = await jwks(['b'], { etag: '"v2"' });
    stage.reply = () =>
      stage.fetched.at(-1)?.headers.has('if-none-match')
        ? new Response(null, { status: 304, headers: { etag: '"v2"' } })
        : moved();
    expect(await stage.ask('b')).toBe('ok');
    expect(stage.fetched.map(({ headers }) => headers.get('if-none-match'))).toEqual([null, '"v1"', null]);
    stage.now += 540;
    stage.reply = json({}, { etag: 'W/"v2"' }, 304);
    await stage.ask('b');
    await stage.settle();
    expect(stage.fetches).toBe(4);
    expect(stage.source.status(stage.now)[0]).toMatchObject({ ageSeconds: 0, lastError: undefined });
  });

  it('§4.3.4: an endpoint that has nothing but such a 304 is unwell', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a'], { etag: '"v1"' });
    await stage.ask('a');
    stage.reply = json({}, { etag: '"v2"' }, 304);
    expect(await stage.ask('b')).toBe('503 after 30');
    expect(stage.fetches).toBe(3);
    expect(stage.events.at(-1)).toMatchObject({ why: 'not_modified_unasked' });
  });

  it('§4.3.1 and §4.3.4: revalidates with the entity tag, and a 304 renews what is held', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a'], { etag: '"v1"', 'cache-control': 'max-age=100' });
    expect(await stage.ask('a')).toBe('ok');
    stage.now += 95;
    stage.reply = json({}, { 'cache-control': 'max-age=100' }, 304);
    await stage.ask('a');
    await stage.settle();
    stage.now += 85;
    expect(await stage.ask('a')).toBe('ok');
    expect(stage.fetches).toBe(2);
    expect(stage.fetched.map(({ headers }) => headers.get('if-none-match'))).toEqual([null, '"v1"']);
    expect(stage.source.status(stage.now)[0]).toMatchObject({ state: 'fresh', ageSeconds: 85 });
  });

  it('§4.3.4: what a 304 does not say stays as it was', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a'], { etag: '"v1"', 'cache-control': 'max-age=100' });
    await stage.ask('a');
    stage.now += 95;
    stage.reply = json({}, {}, 304);
    await stage.ask('a');
    await stage.settle();
    expect(stage.source.status(stage.now)[0]).toMatchObject({ freshUntil: stage.now + 100 });
  });

  it('§4.2.2: what a new response does not say is ours to choose, whatever the one before said', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a'], { 'cache-control': 'max-age=100' });
    await stage.ask('a');
    stage.now += 95;
    stage.reply = await jwks(['a']);
    await stage.ask('a');
    await stage.settle();
    expect(stage.source.status(stage.now)[0]).toMatchObject({ freshUntil: stage.now + 600 });
  });

  it('§4.3.4: a 304 for an unknown kid says that the key is not there', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a'], { etag: '"v1"' });
    await stage.ask('a');
    stage.reply = json({}, {}, 304);
    expect([await stage.ask('b'), stage.fetches]).toEqual(['key_not_found', 2]);
    expect([await stage.ask('c'), stage.fetches]).toEqual(['key_not_found', 2]);
  });
});

describe('RFC 5861', () => {
  it('§3 and §4: the stale states follow freshness, each with its own bound', () => {
    const lifetime = lifetimeOf(
      dated(100),
      { ...CACHE, staleWhileRevalidateSeconds: 10, staleIfErrorSeconds: 50 },
      0,
    );
    expect([99, 100, 109, 110, 149, 150].map((now) => stateAt(lifetime, now))).toEqual([
      'fresh',
      'stale_while_revalidate',
      'stale_while_revalidate',
      'stale_if_error',
      'stale_if_error',
      'expired',
    ]);
  });

  it('§3: with stale-while-revalidate the longer of the two, there is no state between it and the end', () => {
    const lifetime = lifetimeOf(
      dated(100),
      { ...CACHE, staleWhileRevalidateSeconds: 50, staleIfErrorSeconds: 0 },
      0,
    );
    expect([149, 150].map((now) => stateAt(lifetime, now))).toEqual(['stale_while_revalidate', 'expired']);
  });

  it('§3: the refresh starts in the last 10 to 20 % of the lifetime, spread by chance', () => {
    expect([0, 0.5, 1].map((jitter) => lifetimeOf(dated(100), CACHE, jitter).refreshAt)).toEqual([
      90, 85, 80,
    ]);
  });

  it('§3: a stale set is served while the refresh runs behind the request', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await stage.ask('a');
    stage.now += 700;
    stage.reply = () => new Promise(() => {});
    expect(stage.keysFor('a')).toMatchObject({ ok: true });
    await expect.poll(() => stage.fetches).toBe(2);
    expect(stage.keysFor('a')).toMatchObject({ ok: true });
  });

  it('§4: while the issuer is known to fail, nobody waits to learn it again', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await stage.ask('a');
    stage.now += 5_000;
    stage.reply = refused;
    expect(stage.keysFor('a')).toBeInstanceOf(Promise);
    await stage.settle();
    stage.now += 31;
    stage.reply = () => new Promise(() => {});
    expect(stage.keysFor('a')).toMatchObject({ ok: true });
    await expect.poll(() => stage.fetches).toBe(3);
  });

  it('§4: a stale set is served when the issuer fails, and not when it answers without the key', async () => {
    const failing = new Stage();
    failing.reply = await jwks(['a']);
    await failing.ask('a');
    failing.now += 5_000;
    failing.reply = refused;
    expect(await failing.ask('a')).toBe('ok');
    const answering = new Stage();
    answering.reply = await jwks(['a']);
    await answering.ask('a');
    answering.now += 5_000;
    answering.reply = await jwks([await jwk('b')]);
    expect(await answering.ask('a')).toBe('key_not_found');
  });
});
