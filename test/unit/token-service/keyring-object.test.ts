import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KeyringObject } from '../../../src/token-service/keyring/keyring-object.ts';

const namespace = (env as { KEYRING: DurableObjectNamespace<KeyringObject> }).KEYRING;
const fresh = () => namespace.getByName(crypto.randomUUID());
type Stub = ReturnType<typeof fresh>;

const CAUSE = { by: 'admin:ops:ann', reason: 'leaked' };
const START = new Date('2026-11-28T00:00:00Z');
const DAY_MS = 86_400_000;
/** `sign` goes over RPC, whose types do not take an open-ended object. */
const sign = (stub: Stub, sub: string): Promise<string> => stub.sign({ sub }, 'at+jwt');
const jwks = async (stub: Stub) => JSON.parse(await stub.jwks());
const stages = async (stub: Stub) => (await stub.status()).keys.map(({ kid, stage }) => [stage, kid]);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const verified = async (stub: Stub, token: string) =>
  (await jwtVerify(token, createLocalJWKSet(await jwks(stub)))).payload.sub;

describe('the keyring object', () => {
  it('signs with a published key, and publishes the next one beside it', async () => {
    const stub = fresh();
    const token = await sign(stub, 'alice');
    expect(await verified(stub, token)).toBe('alice');
    const [current, next] = await stages(stub);
    expect(current?.[0]).toBe('current');
    expect(next?.[0]).toBe('next');
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: current?.[1] });
  });

  it('publishes no private member', async () => {
    const { keys } = await jwks(fresh());
    expect(keys).toHaveLength(2);
    for (const key of keys)
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  });

  it('stores nothing that opens without the secret: no JWK member d, no PKCS #8 in the clear', async () => {
    const stub = fresh();
    await sign(stub, 'alice');
    const stored = await runInDurableObject(stub, (_object, state) =>
      JSON.stringify([...state.storage.kv.list()]),
    );
    expect(stored).toContain('SEALING_NEW');
    expect(stored).not.toMatch(/"d":/);
    // The first bytes of every P-256 PKCS #8 structure, base64.
    expect(stored).not.toContain('MIGHAgEAMBMGByqGSM49');
  });

  it('is the same ring after its memory is gone', async () => {
    const stub = fresh();
    const before = await stages(stub);
    await evictDurableObject(stub);
    expect(await stages(stub)).toEqual(before);
  });

  it('rotates by its alarm after 30 days; tokens of the retired key verify until the last has expired', async () => {
    const stub = fresh();
    const old = await sign(stub, 'alice');
    const [, next] = await stages(stub);
    vi.setSystemTime(START.getTime() + 30 * DAY_MS);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(decodeProtectedHeader(await sign(stub, 'bob')).kid).toBe(next?.[1]);
    expect(await verified(stub, old)).toBe('alice');
    vi.setSystemTime(START.getTime() + 30 * DAY_MS + 16 * 60_000 - 1);
    expect(await verified(stub, old)).toBe('alice');
    vi.setSystemTime(START.getTime() + 30 * DAY_MS + 16 * 60_000);
    await expect(verified(stub, old)).rejects.toThrow();
  });

  it('does by the next request what a late alarm has not done', async () => {
    const stub = fresh();
    const [, next] = await stages(stub);
    vi.setSystemTime(START.getTime() + 31 * DAY_MS);
    expect(decodeProtectedHeader(await sign(stub, 'bob')).kid).toBe(next?.[1]);
  });

  it('on command rotates once the next key has been published for an hour, in the middle of a load', async () => {
    const stub = fresh();
    await sign(stub, 'alice');
    vi.setSystemTime(START.getTime() + 10 * 60_000);
    const { changesAt } = await stub.rotate();
    expect(changesAt).toBe(START.getTime() / 1000 + 3_600);
    const early = await jwks(stub);
    vi.setSystemTime(changesAt * 1000);
    const tokens = await Promise.all(Array.from({ length: 50 }, (_, index) => sign(stub, `user-${index}`)));
    const keys = createLocalJWKSet(early);
    // A verifier that has not fetched since knows the key all the same.
    for (const token of tokens) await expect(jwtVerify(token, keys)).resolves.toBeDefined();
    expect(new Set(tokens.map((token) => decodeProtectedHeader(token).kid)).size).toBe(1);
  });

  it('withdraws a key: it is out of the set, the next one signs, and a repetition changes nothing', async () => {
    const stub = fresh();
    const token = await sign(stub, 'alice');
    const [current, next] = await stages(stub);
    await stub.withdraw(String(current?.[1]), CAUSE);
    expect(decodeProtectedHeader(await sign(stub, 'bob')).kid).toBe(next?.[1]);
    await expect(verified(stub, token)).rejects.toThrow();
    const after = await stages(stub);
    await stub.withdraw(String(current?.[1]), CAUSE);
    expect(await stages(stub)).toEqual(after);
  });

  it('makes one ring however many ask first', async () => {
    const stub = fresh();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => sign(stub, 'alice')));
    for (const token of tokens) expect(await verified(stub, token)).toBe('alice');
    expect((await jwks(stub)).keys).toHaveLength(2);
  });
});
