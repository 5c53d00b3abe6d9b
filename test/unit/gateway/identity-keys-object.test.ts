import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { IdentityKeysObject } from '../../../src/gateway/identity-keys-object.ts';

const namespace = (env as { IDENTITY_KEYS: DurableObjectNamespace<IdentityKeysObject> }).IDENTITY_KEYS;
const START = new Date('2026-11-28T00:00:00Z').getTime();
const DAY_MS = 86_400_000;
const SECRETS = ['SEALING_NEW'];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const kids = ({ jwks }: { jwks: string }): string[] =>
  (JSON.parse(jwks) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);

describe('the object of the identity keys', () => {
  it('hands out one current key, sealed, and the set it is in', async () => {
    const stub = namespace.getByName(crypto.randomUUID());
    const [one, two] = await Promise.all([stub.lease(SECRETS), stub.lease(SECRETS)]);
    expect(one.kid).toBe(two.kid);
    expect(kids(one)).toHaveLength(2);
    expect(kids(one)).toContain(one.kid);
    expect(one.sealed.by).toBe('SEALING_NEW');
    expect(JSON.stringify(one)).not.toMatch(/"d":|MIGHAgEAMBMGByqGSM49/);
    const stored = await runInDurableObject(stub, (_object, state) =>
      JSON.stringify([...state.storage.kv.list()]),
    );
    expect(stored).not.toMatch(/"d":|MIGHAgEAMBMGByqGSM49/);
  });

  it('rotates each day by its alarm; both keys are published while either may sign', async () => {
    const stub = namespace.getByName(crypto.randomUUID());
    const before = await stub.lease(SECRETS);
    vi.setSystemTime(START + DAY_MS);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    const after = await stub.lease(SECRETS);
    expect(after.kid).not.toBe(before.kid);
    expect(kids(before)).toContain(after.kid);
    expect(kids(after)).toContain(before.kid);
    vi.setSystemTime(START + DAY_MS + 22 * 60_000);
    expect(kids(await stub.lease(SECRETS))).not.toContain(before.kid);
  });

  it('seals anew when another secret comes first, and keeps its key', async () => {
    const stub = namespace.getByName(crypto.randomUUID());
    const before = await stub.lease(['SEALING_OLD']);
    const after = await stub.lease(['SEALING_NEW', 'SEALING_OLD']);
    expect([after.kid, before.sealed.by, after.sealed.by]).toEqual([
      before.kid,
      'SEALING_OLD',
      'SEALING_NEW',
    ]);
  });
});
