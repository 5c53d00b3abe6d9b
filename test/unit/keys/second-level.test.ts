import type { JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { readJwks } from '../../../src/keys/jwks.ts';
import { JwksArchive, type StoredJwks } from '../../../src/keys/stored-jwks.ts';
import { createCacheApiStore } from '../../../src/sealed-cache/cache-api-store.ts';
import type { SharedStore } from '../../../src/sealed-cache/port.ts';
import { createSealedCache } from '../../../src/sealed-cache/sealed-cache.ts';
import { ISSUER } from '../../fixtures/policies.ts';
import { hang, JWKS_URI, json, jwk, jwks, publicJwk, refused, remote, Stage } from './scripted-issuer.ts';

/** A store that many isolates share, and that a test can look into and write to. */
const memoryStore = () => {
  const content = new Map<string, Uint8Array>();
  const ttls: number[] = [];
  const store: SharedStore = {
    read: async (name) => content.get(name),
    write: async (name, bytes, ttlSeconds) => {
      content.set(name, bytes);
      ttls.push(ttlSeconds);
    },
  };
  const only = (): [string, Uint8Array] => {
    const [entry, ...more] = content;
    if (entry === undefined || more.length > 0) throw new Error(`${content.size} entries`);
    return entry;
  };
  return { store, content, ttls, only };
};

const sealed = (store: SharedStore, secret = 'a secret of this deployment') =>
  createSealedCache({ store, secret, purpose: 'jwks' });
const staged = (store: SharedStore, secret?: string, issuer = {}) =>
  new Stage({ archive: sealed(store, secret), issuer });

/** What the stage's configuration calls its set in the store. */
const SOURCE = JSON.stringify([ISSUER, JWKS_URI]);

/** A record of one key, confirmed at no time in particular. */
const recordOf = async (key: JWK): Promise<StoredJwks> => {
  const read = await readJwks({ keys: [{ ...key }] }, 1);
  if (!read.ok) throw new Error(read.error);
  return {
    jwks: read.value,
    jwksUri: JWKS_URI,
    etag: undefined,
    freshSeconds: undefined,
    confirmedAt: 0,
    asOf: 0,
    missedAt: undefined,
    metadata: undefined,
  };
};

/** One request, and everything behind it. */
const ask = async (stage: Stage, kid: string | undefined) => {
  const answer = await stage.ask(kid);
  await stage.settle();
  return answer;
};

describe('the second level', () => {
  it('a hundred cold isolates one after the other are one fetch', async () => {
    const stage = staged(memoryStore().store);
    stage.reply = await jwks(['a']);
    for (let isolate = 0; isolate < 100; isolate += 1) {
      stage.restart();
      expect(await ask(stage, 'a')).toBe('ok');
    }
    expect(stage.fetches).toBe(1);
    expect(stage.events.filter(({ source }) => source === 'store').length).toBe(99);
  });

  it('an isolate whose set comes due takes what another has refreshed', async () => {
    const { store } = memoryStore();
    const stage = staged(store);
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    const first = stage.source;
    stage.now += 545;
    stage.restart();
    await ask(stage, 'a');
    await ask(stage, 'a');
    expect(stage.fetches).toBe(2);
    stage.source = first;
    await ask(stage, 'a');
    expect(stage.fetches).toBe(2);
    expect(stage.source.status(stage.now)[0]).toMatchObject({ state: 'fresh', ageSeconds: 0 });
  });

  it('a rotated-in key that another isolate has fetched costs nothing', async () => {
    const { store } = memoryStore();
    const stage = staged(store);
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    const first = stage.source;
    stage.now += 10;
    stage.reply = await jwks(['a', 'b']);
    stage.restart();
    expect(await ask(stage, 'b')).toBe('ok');
    stage.source = first;
    expect(await ask(stage, 'b')).toBe('ok');
    expect(stage.fetches).toBe(2);
  });

  it('a stored set that is older than a cooldown does not tell that a key is not there', async () => {
    const stage = staged(memoryStore().store);
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    stage.now += 40;
    stage.reply = await jwks(['a', 'b']);
    stage.restart();
    expect(await ask(stage, 'b')).toBe('ok');
    expect(stage.fetches).toBe(2);
  });

  it('a flood over many isolates costs one fetch for each cooldown', async () => {
    const stage = staged(memoryStore().store);
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    for (let isolate = 0; isolate < 50; isolate += 1) {
      stage.restart();
      expect(await ask(stage, `random-${isolate}`)).toBe('key_not_found');
      expect(await ask(stage, `random-${isolate}-again`)).toBe('key_not_found');
    }
    expect(stage.fetches).toBe(2);
    stage.now += 30;
    expect(await ask(stage, 'random')).toBe('key_not_found');
    expect(stage.fetches).toBe(3);
    stage.now += 29;
    stage.restart();
    expect([await ask(stage, 'random'), stage.fetches]).toEqual(['key_not_found', 3]);
    stage.now += 1;
    stage.restart();
    expect([await ask(stage, 'random'), stage.fetches]).toEqual(['key_not_found', 4]);
  });

  it('a cold isolate lives on a stale set while the issuer is down', async () => {
    const stage = staged(memoryStore().store);
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    stage.now += 3_000;
    stage.reply = refused;
    stage.restart();
    expect(await ask(stage, 'a')).toBe('ok');
    expect(await ask(stage, 'b')).toBe('503 after 30');
    expect(stage.fetches).toBe(2);
    stage.now += 15_000;
    stage.restart();
    stage.events.length = 0;
    expect(await ask(stage, 'a')).toBe('503 after 30');
    expect(stage.names()).toEqual(['jwks_refresh_failed']);
  });

  it('a stored set that is due itself is not taken for a refresh', async () => {
    const stage = staged(memoryStore().store);
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    const first = stage.source;
    stage.now += 10;
    stage.restart();
    await ask(stage, 'unknown');
    stage.source = first;
    stage.now += 545;
    await ask(stage, 'a');
    expect(stage.fetches).toBe(3);
    expect(stage.source.status(stage.now)[0]).toMatchObject({ ageSeconds: 0 });
  });

  it('remembers across a refresh that a fetch was spent in vain', async () => {
    const stage = staged(memoryStore().store);
    stage.reply = await jwks(['a'], { 'cache-control': 'no-store' });
    await ask(stage, 'unknown');
    stage.now += 28;
    await ask(stage, 'a');
    expect(stage.fetches).toBe(2);
    stage.restart();
    expect(await ask(stage, 'random')).toBe('key_not_found');
    expect(stage.fetches).toBe(2);
  });

  it('keeps the entity tag: a cold isolate revalidates', async () => {
    const stage = staged(memoryStore().store);
    stage.reply = await jwks(['a'], { etag: '"v1"' });
    await ask(stage, 'a');
    stage.now += 1_000;
    stage.reply = json({}, {}, 304);
    stage.restart();
    expect(await ask(stage, 'a')).toBe('ok');
    expect(stage.fetched[1]?.headers.get('if-none-match')).toBe('"v1"');
    expect(stage.source.status(stage.now)[0]).toMatchObject({ state: 'fresh', ageSeconds: 0 });
  });

  it('keeps what was discovered', async () => {
    const stage = staged(memoryStore().store, 's', {
      issuer: 'https://id.example',
      source: remote({ jwksUri: undefined }),
    });
    const keys = await jwks(['a']);
    const metadata = json({ issuer: 'https://id.example', jwks_uri: 'https://keys.example/1' });
    stage.reply = () => (stage.fetched.at(-1)?.url.includes('.well-known') ? metadata : keys)();
    await ask(stage, 'a');
    stage.now += 60;
    stage.restart();
    await ask(stage, 'a');
    expect(stage.fetches).toBe(2);
    expect(await ask(stage, 'b')).toBe('key_not_found');
    expect(stage.fetched.map(({ url }) => url).slice(2)).toEqual(['https://keys.example/1']);
  });

  it('keeps what keys are called beside their kid', async () => {
    const stage = staged(memoryStore().store);
    const x5t = 'AAECAwQFBgcICQoLDA0ODxAREhM';
    stage.reply = await jwks(['a', { ...(await jwk('b')), x5t, x5c: [new Uint8Array(9).toBase64()] }]);
    await ask(stage, 'a');
    stage.restart();
    const sha256 = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(9)));
    for (const names of [{ x5t }, { x5tS256: sha256.toBase64({ alphabet: 'base64url' }) }])
      expect(
        await stage.source.keysFor(stage.issuer, { alg: 'ES256', ...names }, stage.context()),
      ).toMatchObject({ value: { keys: [{ kid: 'b' }] } });
    expect(stage.fetches).toBe(1);
  });

  it('keeps whose tokens a key signs', async () => {
    const stage = staged(memoryStore().store);
    const keyed: object = { ...(await jwk('a')), issuer: 'https://id.example/1' };
    stage.reply = await jwks([keyed as JWK]);
    await ask(stage, 'a');
    stage.restart();
    expect(await stage.keysFor('a')).toMatchObject({ value: { keys: [{ issuer: 'https://id.example/1' }] } });
    expect(stage.fetches).toBe(1);
  });

  it('is kept for as long as the set can be used', async () => {
    const { store, ttls } = memoryStore();
    const stage = staged(store);
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    expect(ttls).toEqual([600 + 14_400]);
  });
});

describe('what is held only moves forward, whatever another isolate wrote', () => {
  it('a set that was fetched later and made earlier, out of a cache, is not taken over a newer one', async () => {
    const { store } = memoryStore();
    const stage = staged(store);
    stage.reply = await jwks(['a', 'b']);
    await ask(stage, 'a');
    const first = stage.source;
    const { jwks: read, ...held } = await recordOf(await jwk('a'));
    const record = { ...held, jwks: read, confirmedAt: stage.now + 10, asOf: stage.now - 100 };
    await new JwksArchive(sealed(store)).write(SOURCE, record, 600);
    stage.source = first;
    stage.now += 20;
    stage.reply = refused;
    expect([await ask(stage, 'c'), await ask(stage, 'b')]).toEqual(['503 after 30', 'ok']);
  });

  it('one that was made later is, and counts from when it was made', async () => {
    const { store } = memoryStore();
    const stage = staged(store);
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    const record = { ...(await recordOf(await jwk('b'))), confirmedAt: stage.now + 300, asOf: stage.now + 1 };
    await new JwksArchive(sealed(store)).write(SOURCE, record, 600);
    stage.now += 300;
    stage.reply = refused;
    expect(await ask(stage, 'b')).toBe('ok');
    // Made 299 s before it was fetched.
    expect(stage.source.status(stage.now)[0]).toMatchObject({ freshUntil: stage.now + 301 });
  });

  it('one that says it was made after it was fetched counts from the fetch', async () => {
    const { store } = memoryStore();
    const stage = staged(store);
    const record = { ...(await recordOf(await jwk('a'))), confirmedAt: stage.now - 100, asOf: stage.now };
    await new JwksArchive(sealed(store)).write(SOURCE, record, 600);
    expect(await ask(stage, 'a')).toBe('ok');
    expect(stage.source.status(stage.now)[0]).toMatchObject({ freshUntil: stage.now + 500 });
  });

  it('a clock that is ahead does not hold back what is fetched next', async () => {
    const { store } = memoryStore();
    const stage = staged(store);
    const record = { ...(await recordOf(await jwk('a'))), confirmedAt: stage.now + 4, asOf: stage.now + 4 };
    await new JwksArchive(sealed(store)).write(SOURCE, record, 600);
    stage.reply = await jwks(['a', 'b'], { age: '0' });
    expect([await ask(stage, 'a'), stage.fetches]).toEqual(['ok', 0]);
    expect(stage.source.status(stage.now)[0]).toMatchObject({ ageSeconds: 0 });
    expect([await ask(stage, 'b'), stage.fetches]).toEqual(['ok', 1]);
  });

  it('a key that a set of no use gives away is gone from the store as well', async () => {
    const stage = staged(memoryStore().store);
    stage.reply = await jwks(['a', 'leak']);
    await ask(stage, 'a');
    stage.reply = await jwks([{ ...(await jwk('leak')), d: 'c2VjcmV0' }]);
    stage.now += 540;
    await ask(stage, 'a');
    stage.restart();
    stage.reply = refused;
    expect([await ask(stage, 'a'), await ask(stage, 'leak')]).toEqual(['ok', 'key_not_found']);
  });
});

describe('what is in the store is not trusted', () => {
  const seeded = async () => {
    const memory = memoryStore();
    const stage = staged(memory.store);
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    stage.restart();
    return { stage, ...memory };
  };

  it('a record that was altered: a miss, told in an event', async () => {
    const { stage, content, only } = await seeded();
    const [name, bytes] = only();
    content.set(name, bytes.with(-1, 0));
    expect(await ask(stage, 'a')).toBe('ok');
    expect(stage.fetches).toBe(2);
    expect(stage.events).toContainEqual({
      event: 'jwks_store_failed',
      level: 'error',
      issuer: 'acme',
      operation: 'read',
      why: 'not_authentic',
    });
  });

  it('a set written under another secret is not even found', async () => {
    const { store, content } = memoryStore();
    const attacker = staged(store, 'guessed');
    attacker.reply = await jwks([await jwk('a', 'attacker')]);
    await ask(attacker, 'a');
    const stage = staged(store);
    stage.reply = await jwks(['a']);
    expect(await ask(stage, 'a')).toBe('ok');
    expect(stage.fetches).toBe(1);
    expect(content.size).toBe(2);
  });

  it('a set of another issuer under this one’s name is refused', async () => {
    const { store, content, only } = memoryStore();
    const other = staged(store, 's', { issuer: 'https://other.example/' });
    other.reply = await jwks([await jwk('a', 'other')]);
    await ask(other, 'a');
    const [, foreign] = only();
    content.clear();
    const stage = staged(store, 's');
    stage.reply = await jwks(['a']);
    await ask(stage, 'a');
    const [name] = only();
    content.set(name, foreign);
    stage.restart();
    await ask(stage, 'a');
    expect(stage.fetches).toBe(2);
    expect(stage.events).toContainEqual(expect.objectContaining({ why: 'not_authentic' }));
  });

  it('an old set put back does not replace a newer one, nor serve beyond its own times', async () => {
    const { stage, content, only } = await seeded();
    const [name, old] = only();
    await ask(stage, 'a');
    stage.now += 540;
    stage.reply = await jwks(['b']);
    await ask(stage, 'a');
    expect(await ask(stage, 'a')).toBe('key_not_found');
    content.set(name, old);
    stage.now += 31;
    expect(await ask(stage, 'a')).toBe('key_not_found');
    content.set(name, old);
    stage.now += 61;
    stage.restart();
    expect(await ask(stage, 'a')).toBe('key_not_found');
  });

  it('a set from the future is refused', async () => {
    const { stage } = await seeded();
    stage.now -= 3_600;
    expect(await ask(stage, 'a')).toBe('ok');
    expect(stage.fetches).toBe(2);
    expect(stage.events).toContainEqual(expect.objectContaining({ why: 'from_the_future', level: 'warn' }));
  });

  /** A record as this deployment writes it, with content that it would not write. */
  const forged = async (record: Partial<StoredJwks>) => {
    const memory = memoryStore();
    const issuer = 'https://id.example';
    const jwksUri = 'https://keys.example/1';
    const stage = staged(memory.store, 's', { issuer, source: remote({ jwksUri: undefined }) });
    const metadata = json({ issuer, jwks_uri: jwksUri });
    const keys = await jwks(['a']);
    stage.reply = () => (stage.fetched.at(-1)?.url.includes('.well-known') ? metadata : keys)();
    const sound: StoredJwks = {
      jwks: { keys: [], rejected: [] },
      jwksUri,
      etag: undefined,
      freshSeconds: undefined,
      confirmedAt: stage.now,
      asOf: stage.now,
      missedAt: undefined,
      metadata: undefined,
    };
    const archive = new JwksArchive(sealed(memory.store, 's'));
    await archive.write(JSON.stringify([issuer, 'openid']), { ...sound, ...record }, 600);
    return stage;
  };

  it('a weak key makes the record worthless, whoever signed it', async () => {
    const certificate = { x5t: undefined, x5tS256: undefined };
    const weak = {
      kid: 'a',
      alg: undefined,
      certificate,
      issuer: undefined,
      members: { kty: 'RSA', n: 'AQAB', e: 'AQAB' },
    } as const;
    const stage = await forged({ jwks: { keys: [weak], rejected: [] } });
    expect(await ask(stage, 'a')).toBe('ok');
    expect(stage.events[0]).toMatchObject({ event: 'jwks_store_failed', level: 'warn', why: 'malformed' });
    expect(stage.fetches).toBe(2);
  });

  it.each(['http://keys.example/1', 'https://a:b@keys.example/1', 'data:,{}'])(
    'the discovered URI %s is checked again, whoever signed it',
    async (jwksUri) => {
      const provenance = { jwksUri, etag: undefined, freshSeconds: undefined };
      const stage = await forged({
        metadata: { ...provenance, confirmedAt: 1_799_999_999, asOf: 1_799_999_999 },
      });
      expect(await ask(stage, 'a')).toBe('ok');
      expect(stage.fetched.map(({ url }) => url)).toEqual([
        'https://id.example/.well-known/openid-configuration',
        'https://keys.example/1',
      ]);
    },
  );

  it('pins and algorithms of the reader hold, whoever wrote', async () => {
    const { store } = memoryStore();
    const writer = staged(store);
    writer.reply = json({ keys: [await jwk('a'), { ...(await publicJwk('r', 'RS256')), kid: 'r' }] });
    await ask(writer, 'a');
    const blocked = remote();
    const reader = staged(store, undefined, {
      algorithms: new Set(['ES256']),
      source: { ...blocked, pins: { ...blocked.pins, blockedKids: new Set(['a']) } },
    });
    reader.reply = refused;
    expect(await ask(reader, 'a')).toBe('key_not_found');
    expect(await ask(reader, undefined)).toBe('503 after 30');
  });

  it('holds no private part, and is no larger than it must be', async () => {
    const { store, only } = memoryStore();
    const stage = staged(store);
    const leaked = { ...(await jwk('leak')), d: 'c2VjcmV0LXNjYWxhcg' };
    stage.reply = json({ keys: [await jwk('a'), leaked], extra: 'x'.repeat(1_000) });
    await ask(stage, 'a');
    const text = new TextDecoder('latin1').decode(only()[1]);
    expect(text).not.toContain(leaked.d);
    expect(text.length).toBeLessThan(800);
    stage.restart();
    expect(await ask(stage, 'leak')).toBe('key_not_found');
    expect(stage.source.status(stage.now)[0]?.rejected).toEqual([{ kid: 'leak', why: 'private_material' }]);
    expect(stage.fetches).toBe(1);
  });
});

describe('a store that is unwell', () => {
  it.each([
    ['rejects', () => Promise.reject(new Error('no cache')), 'Error'],
    [
      'throws',
      () => {
        throw new TypeError('No Cache was configured');
      },
      'TypeError',
    ],
  ])('that %s is a miss', async (_title, fail, why) => {
    const stage = staged({ read: fail, write: fail });
    stage.reply = await jwks(['a']);
    expect(await ask(stage, 'a')).toBe('ok');
    expect(stage.names()).toEqual(['jwks_store_failed', 'jwks_refreshed', 'jwks_store_failed']);
    expect(stage.events[0]).toMatchObject({ level: 'warn', operation: 'read', why });
  });

  it('that hangs is a miss after a quarter of a second', async () => {
    const stage = staged({ read: () => new Promise(() => {}), write: () => new Promise(() => {}) });
    stage.reply = await jwks(['a']);
    expect(await stage.ask('a')).toBe('ok');
    expect(stage.events[0]).toMatchObject({ event: 'jwks_store_failed', why: 'DeadlineExceeded' });
  });

  it('never delays what is in memory', async () => {
    const stage = staged({ read: () => new Promise(() => {}), write: async () => {} });
    stage.reply = await jwks(['a']);
    await stage.ask('a');
    stage.reply = hang;
    stage.now += 700;
    expect(stage.keysFor('a')).toMatchObject({ ok: true });
  });
});

describe('the Cache API', () => {
  it('shares a set between isolates', async () => {
    const stage = staged(createCacheApiStore(caches), 'this test');
    stage.reply = await jwks(['a']);
    for (let isolate = 0; isolate < 5; isolate += 1) {
      stage.restart();
      expect(await ask(stage, 'a')).toBe('ok');
    }
    expect(stage.fetches).toBe(1);
  });
});
