import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RevocationNamespace } from '../../../src/revocation-store/durable/call.ts';
import { createDurableStore } from '../../../src/revocation-store/durable/store.ts';
import { SIGNING_ALGORITHMS } from '../../../src/signing-keys/rotation.ts';
import { KeyringObject } from '../../../src/token-service/keyring/keyring-object.ts';
import { Withdrawals } from '../../../src/token-service/keyring/withdrawals.ts';
import { tokenServiceVariables } from './variables.ts';

const { KEYRING, REVOCATIONS } = env as {
  KEYRING: DurableObjectNamespace<KeyringObject>;
  REVOCATIONS: RevocationNamespace;
};
const fresh = () => KEYRING.getByName(crypto.randomUUID());
const store = createDurableStore(REVOCATIONS);
const ISSUER = 'https://tokens.test';
const CAUSE = { by: 'admin:ops:ann', reason: 'leaked' };
/** Ahead of the machine's clock, by which alarms ring. */
const START = new Date('2040-01-01T00:00:00Z').getTime();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const denied = (kid: string) => store.lookup({ kind: 'kid', issuer: ISSUER, value: kid }, Date.now() / 1000);
const kidOf = (token: string) => String(decodeProtectedHeader(token).kid);

/** A deny-list that answers nobody. */
const SILENT = { getByName: () => ({ revoke: () => Promise.reject(new Error('down')) }) };

describe('a withdrawal', () => {
  it('puts the key on the deny-list for a year, by whom and why', async () => {
    const ring = fresh();
    const kid = kidOf(await ring.sign({ sub: 'alice' }, 'at+jwt'));
    expect(await ring.withdraw(kid, CAUSE)).toMatchObject({ kid, denied: true });
    expect(await denied(kid)).toMatchObject({
      revokedBy: 'admin:ops:ann',
      reason: 'leaked',
      intake: 'keyring',
      expiresAt: START / 1000 + 365 * 86_400,
    });
    expect(kidOf(await ring.sign({ sub: 'bob' }, 'at+jwt'))).not.toBe(kid);
  });

  it('of a key that the ring has not does nothing', async () => {
    const ring = fresh();
    const before = await ring.status();
    expect(await ring.withdraw('somebody-elses', CAUSE)).toBeNull();
    expect(await ring.status()).toEqual(before);
    expect(await denied('somebody-elses')).toBeUndefined();
  });

  it.each(['next', 'previous'] as const)('of the %s key leaves the current one signing', async (stage) => {
    const ring = fresh();
    await ring.sign({ sub: 'alice' }, 'at+jwt');
    vi.setSystemTime(START + 31 * 86_400_000);
    const current = kidOf(await ring.sign({ sub: 'bob' }, 'at+jwt'));
    const kid = String((await ring.status()).keys.find((key) => key.stage === stage)?.kid);
    expect(await ring.withdraw(kid, CAUSE)).toMatchObject({ denied: true });
    const { keys } = await ring.status();
    expect(keys.map((key) => key.kid)).not.toContain(kid);
    expect(keys.filter((key) => key.stage === 'next')).toHaveLength(1);
    expect(kidOf(await ring.sign({ sub: 'carol' }, 'at+jwt'))).toBe(current);
    expect(await denied(kid)).toBeDefined();
  });

  it('whose deny-list fails takes the key out at once, and its alarm goes on until the deny-list has it', async () => {
    const ring = fresh();
    const kid = kidOf(await ring.sign({ sub: 'alice' }, 'at+jwt'));
    const told = await runInDurableObject(ring, async (_object, state) => {
      const cut = new KeyringObject(state, { ...env, REVOCATIONS: SILENT } as never);
      return await cut.withdraw(kid, CAUSE);
    });
    expect(told).toMatchObject({ kid, denied: false });
    await evictDurableObject(ring);
    expect(kidOf(await ring.sign({ sub: 'bob' }, 'at+jwt'))).not.toBe(kid);
    expect((await ring.status()).withdrawn).toMatchObject([{ kid, denied: false }]);
    expect(await denied(kid)).toBeUndefined();
    const alarm = await runInDurableObject(ring, (_object, state) => state.storage.getAlarm());
    expect(alarm).toBe(START + 5_000);
    expect(await runDurableObjectAlarm(ring)).toBe(true);
    expect(await denied(kid)).toMatchObject({ revokedBy: 'admin:ops:ann', reason: 'leaked' });
    expect((await ring.status()).withdrawn).toMatchObject([{ kid, denied: true }]);
  });

  it('that could not be stored has changed nothing, and may be repeated', async () => {
    const ring = fresh();
    const kid = kidOf(await ring.sign({ sub: 'alice' }, 'at+jwt'));
    await runInDurableObject(ring, async (_object, state) => {
      const whole = state.storage;
      Object.defineProperty(state, 'storage', { value: withoutPut(whole), configurable: true });
      const cut = new KeyringObject(state, env as never);
      await expect(cut.withdraw(kid, CAUSE)).rejects.toThrow('disk');
    });
    await evictDurableObject(ring);
    expect(kidOf(await ring.sign({ sub: 'bob' }, 'at+jwt'))).toBe(kid);
    expect((await ring.status()).withdrawn).toEqual([]);
    expect(await denied(kid)).toBeUndefined();
    expect(await ring.withdraw(kid, CAUSE)).toMatchObject({ denied: true });
  });

  it('is the same however many ask for it at once, and takes one key alone', async () => {
    const ring = fresh();
    const kid = kidOf(await ring.sign({ sub: 'alice' }, 'at+jwt'));
    const next = (await ring.status()).keys.find(({ stage }) => stage === 'next')?.kid;
    await Promise.all(Array.from({ length: 10 }, () => ring.withdraw(kid, CAUSE)));
    expect(kidOf(await ring.sign({ sub: 'bob' }, 'at+jwt'))).toBe(next);
    expect((await ring.status()).withdrawn.map((each) => each.kid)).toEqual([kid]);
  });

  it('is forgotten when the deny-list forgets it', async () => {
    await runInDurableObject(fresh(), async (_object, state) => {
      const withdrawals = new Withdrawals(state.storage, ISSUER);
      withdrawals.enter('k', CAUSE, 1_000);
      await withdrawals.deny(undefined, 1_000 + 365 * 86_400 - 1);
      expect(withdrawals.has('k')).toBe(true);
      await withdrawals.deny(undefined, 1_000 + 365 * 86_400);
      expect(withdrawals.has('k')).toBe(false);
    });
  });
});

/** Storage that can be read and not written. */
const withoutPut = (storage: DurableObjectStorage): DurableObjectStorage =>
  new Proxy(storage, {
    get(target, name) {
      if (name !== 'kv') {
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      }
      return {
        get: (key: string) => target.kv.get(key),
        list: (options: { prefix?: string }) => target.kv.list(options),
        put: () => {
          throw new Error('disk');
        },
      };
    },
  });

describe.each(SIGNING_ALGORITHMS)('a keyring of %s', (algorithm) => {
  const ringOf = (state: DurableObjectState) => {
    const TOKEN_SERVICE = { ...tokenServiceVariables().TOKEN_SERVICE, algorithm };
    return new KeyringObject(state, { ...env, TOKEN_SERVICE } as never);
  };
  const inRing = <T>(work: (ring: KeyringObject) => Promise<T>) =>
    runInDurableObject(fresh(), (_object, state) => work(ringOf(state)));

  it('signs what its published set verifies, through a rotation and a withdrawal', async () => {
    await inRing(async (ring) => {
      const verifies = async (token: string) =>
        (
          await jwtVerify(token, createLocalJWKSet(JSON.parse(await ring.jwks())), {
            algorithms: [algorithm],
          })
        ).payload.sub;
      const first = await ring.sign({ sub: 'alice' }, 'at+jwt');
      expect(decodeProtectedHeader(first)).toMatchObject({ alg: algorithm, typ: 'at+jwt' });
      expect(await verifies(first)).toBe('alice');
      vi.setSystemTime(START + 3_600_000);
      await ring.rotate();
      const second = await ring.sign({ sub: 'bob' }, 'at+jwt');
      expect(kidOf(second)).not.toBe(kidOf(first));
      expect(await verifies(first)).toBe('alice');
      expect(await verifies(second)).toBe('bob');
      await ring.withdraw(kidOf(second), CAUSE);
      await expect(verifies(second)).rejects.toThrow();
      expect(await verifies(await ring.sign({ sub: 'carol' }, 'at+jwt'))).toBe('carol');
    });
  });

  it('publishes no private member, and keeps its private halves sealed', async () => {
    await runInDurableObject(fresh(), async (_object, state) => {
      const ring = ringOf(state);
      await ring.sign({ sub: 'alice' }, 'at+jwt');
      for (const key of JSON.parse(await ring.jwks()).keys) {
        for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key).not.toHaveProperty(member);
      }
      const stored = JSON.stringify([...state.storage.kv.list()]);
      expect(stored).toContain('SEALING_NEW');
      expect(stored).not.toMatch(/"(d|p|q)":/);
    });
  });
});
