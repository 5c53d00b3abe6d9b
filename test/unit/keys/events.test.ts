import { describe, expect, it } from 'vitest';
import {
  CACHE,
  hang,
  json,
  jwk,
  jwks,
  publicJwk,
  refused,
  remote,
  Stage,
  status,
} from './scripted-issuer.ts';

const ask = async (stage: Stage, kid: string | undefined) => {
  const answer = await stage.ask(kid);
  await stage.settle();
  return answer;
};

/** The events since the last look. */
const taken = (stage: Stage) => stage.events.splice(0);

describe('every transition is told once', () => {
  it('from cold through stale to expired and back', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    await ask(stage, 'a');
    expect(taken(stage)).toEqual([
      {
        event: 'jwks_refreshed',
        level: 'info',
        issuer: 'acme',
        cause: 'cold',
        source: 'issuer',
        modified: true,
        jwks_uri: 'https://issuer.example/jwks',
        confirmed_at: stage.now,
        fresh_until: stage.now + 600,
        kids: ['a'],
      },
    ]);
    stage.reply = status(502);
    stage.now += 700;
    await ask(stage, 'a');
    await ask(stage, 'a');
    expect(taken(stage)).toEqual([
      {
        event: 'jwks_served_stale',
        level: 'info',
        issuer: 'acme',
        state: 'stale_while_revalidate',
        age_seconds: 700,
      },
      {
        event: 'jwks_refresh_failed',
        level: 'warn',
        issuer: 'acme',
        cause: 'stale',
        why: 'status',
        detail: '502',
        retry_at: stage.now + 30,
      },
    ]);
    stage.now += 700;
    await ask(stage, 'a');
    await ask(stage, 'a');
    expect(taken(stage).map(({ event, level, state }) => [event, level, state])).toEqual([
      ['jwks_refresh_failed', 'warn', undefined],
      ['jwks_served_stale', 'warn', 'stale_if_error'],
    ]);
    stage.now += 14_000;
    await ask(stage, 'a');
    await ask(stage, 'a');
    expect(taken(stage).map(({ event, level }) => [event, level])).toEqual([
      ['jwks_expired', 'error'],
      ['jwks_refresh_failed', 'warn'],
    ]);
    stage.now += 30;
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    expect(taken(stage).map(({ event, cause }) => [event, cause])).toEqual([['jwks_refreshed', 'expired']]);
  });

  it('a set that was stale but not served stale is not said to be', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    stage.now += 5_000;
    await ask(stage, 'a');
    expect(stage.names()).toEqual(['jwks_refreshed', 'jwks_refreshed']);
  });

  it('keys that come and go, by kid and thumbprint', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a', 'b']);
    await ask(stage, 'a');
    taken(stage);
    stage.reply = await jwks([await jwk('a', 'other'), 'c']);
    stage.now += 540;
    await ask(stage, 'a');
    expect(
      taken(stage)
        .slice(1)
        .map(({ event, kid, level }) => [event, kid, level]),
    ).toEqual([
      ['key_added', 'a', 'info'],
      ['key_added', 'c', 'info'],
      ['key_removed', 'a', 'info'],
      ['key_removed', 'b', 'info'],
    ]);
  });

  it('one event for a key, however many algorithms it serves', async () => {
    const stage = new Stage({
      issuer: { source: remote(), algorithms: new Set(['RS256', 'PS256', 'ES256']) },
    });
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    taken(stage);
    stage.reply = json({ keys: [await jwk('a'), { ...(await publicJwk('r', 'RS256')), kid: 'r' }] });
    stage.now += 540;
    await ask(stage, 'a');
    expect(taken(stage).map(({ event }) => event)).toEqual(['jwks_refreshed', 'key_added']);
  });

  it.each([
    ['does not answer', hang],
    [
      'sends headers and no body',
      () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) })),
    ],
  ])('an issuer that %s times out: 503 within the deadline', async (_title, reply) => {
    const stage = new Stage({ issuer: { source: remote({ cache: { ...CACHE, timeoutMs: 20 } }) } });
    stage.reply = reply;
    expect(await stage.ask('a')).toBe('503 after 30');
    expect(taken(stage)).toEqual([expect.objectContaining({ event: 'jwks_refresh_failed', why: 'timeout' })]);
  });

  it.each([
    [
      'a bug in what fetches',
      () => {
        throw new RangeError('bug');
      },
      'unreachable',
      'RangeError',
    ],
    [
      'too many keys',
      json({ keys: Array.from({ length: 21 }, () => ({ kty: 'oct' })) }),
      'jwks_too_many_keys',
      'https://issuer.example/jwks',
    ],
    ['no keys', json({ keys: [] }), 'jwks_empty', 'https://issuer.example/jwks'],
    ['no array of keys', json({ source: {} }), 'jwks_malformed', 'https://issuer.example/jwks'],
    ['one key and no set', json({ kty: 'EC' }), 'jwks_malformed', 'https://issuer.example/jwks'],
    ['a redirect', status(301), 'redirect', '301'],
  ])('%s: 503 and a cause', async (_title, reply, why, detail) => {
    const stage = new Stage();
    stage.reply = reply;
    expect(await stage.ask('a')).toBe('503 after 30');
    expect(taken(stage)).toEqual([expect.objectContaining({ event: 'jwks_refresh_failed', why, detail })]);
  });
});

describe('a query in the address of the keys', () => {
  const uri = 'https://issuer.example/jwks?api_key=TOP-SECRET';

  it.each([
    ['configured', {}, uri],
    ['discovered', { jwks_uri: uri }, undefined],
  ] as const)('is used and never told: %s', async (_how, metadata, jwksUri) => {
    const stage = new Stage({ issuer: { source: remote({ jwksUri }) } });
    const document = { issuer: stage.issuer.issuer, ...metadata };
    const key = await jwk('a');
    stage.reply = () =>
      Response.json(stage.fetched.at(-1)?.url.includes('.well-known') ? document : { keys: [key] });
    expect(await ask(stage, 'a')).toBe('ok');
    expect(stage.fetched.at(-1)?.url).toBe(uri);
    stage.now += 20_000;
    stage.reply = () =>
      Response.json(stage.fetched.at(-1)?.url.includes('.well-known') ? document : { keys: 5 });
    await ask(stage, 'a');
    const told = JSON.stringify([stage.events, stage.source.status(stage.now)]);
    expect(told).toContain('jwks_malformed');
    expect(told).toContain('"jwks_uri":"https://issuer.example/jwks?…"');
    expect(told).toContain('"jwksUri":"https://issuer.example/jwks?…"');
    expect(told).not.toContain('TOP-SECRET');
  });
});

describe('status', () => {
  const only = (stage: Stage) => stage.source.status(stage.now)[0];

  it('cold, loaded, failing', async () => {
    const stage = new Stage();
    const cold = {
      issuer: 'acme',
      from: 'remote',
      state: 'cold',
      jwksUri: 'https://issuer.example/jwks',
      ageSeconds: undefined,
      freshUntil: undefined,
      usableUntil: undefined,
      nextRefreshAt: undefined,
      refreshing: false,
      keys: [],
      rejected: [],
      lastError: undefined,
    };
    expect(only(stage)).toEqual(cold);
    const start = stage.now;
    stage.reply = json({ keys: [await jwk('a'), { kty: 'oct', kid: 'hmac' }] });
    await ask(stage, 'a');
    stage.now += 60;
    expect(only(stage)).toEqual({
      ...cold,
      state: 'fresh',
      ageSeconds: 60,
      freshUntil: start + 600,
      usableUntil: start + 15_000,
      nextRefreshAt: start + 540,
      keys: [{ kid: 'a', algorithms: ['ES256'] }],
      rejected: [{ kid: 'hmac', why: 'symmetric' }],
    });
    stage.now = start + 650;
    stage.reply = refused;
    await ask(stage, 'a');
    expect(only(stage)).toMatchObject({
      state: 'stale_while_revalidate',
      nextRefreshAt: stage.now + 30,
      lastError: { why: 'unreachable', detail: 'TypeError', at: stage.now },
    });
  });

  it('tells while a refresh is under way', async () => {
    const stage = new Stage();
    stage.reply = hang;
    stage.keysFor('a');
    expect(only(stage)).toMatchObject({ state: 'cold', refreshing: true });
    stage.now += 10;
    expect(only(stage)).toMatchObject({ refreshing: false });
  });

  it('does not fetch', () => {
    const stage = new Stage();
    only(stage);
    expect(stage.fetches).toBe(0);
  });
});
