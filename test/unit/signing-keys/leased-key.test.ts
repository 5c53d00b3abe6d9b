import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../../src/core/context.ts';
import type { OperationalEvent } from '../../../src/core/event.ts';
import {
  createKeyLeaser,
  IDENTITY_KEY_TIMES,
  type IdentityKeyLease,
} from '../../../src/signing-keys/leased-key.ts';
import { createSealer } from '../../../src/signing-keys/sealing.ts';
import { makeSigningKey } from '../../../src/signing-keys/signing-key.ts';
import { NOW } from '../../fixtures/policies.ts';

const sealer = createSealer([{ name: 'NEW', secret: 'n'.repeat(32) }], 'identity keys');
const aLease = async (): Promise<IdentityKeyLease> => {
  const { kid, sealed } = await makeSigningKey('ES256', sealer, NOW);
  return { kid, sealed, jwks: '{"keys":[]}' };
};

/** A leaser whose object is asked through `answer`, and what its requests left running and told. */
function isolate(answer: () => Promise<IdentityKeyLease>) {
  let now = NOW;
  let asked = 0;
  const events: OperationalEvent[] = [];
  const work: Promise<unknown>[] = [];
  const leaser = createKeyLeaser(
    () => {
      asked += 1;
      return answer();
    },
    sealer,
    () => now,
  );
  const context = (): RequestContext => ({
    now,
    waitUntil: (each) => work.push(each),
    emit: (event) => events.push(event),
  });
  return {
    events,
    asked: () => asked,
    at: (seconds: number) => {
      now = NOW + seconds;
    },
    current: async () => {
      const result = await leaser.current(context());
      await Promise.all(work.splice(0));
      return result.ok ? result.value.kid : result.error.reason;
    },
    atOnce: () => !(leaser.current(context()) instanceof Promise),
  };
}

describe('a leased key', () => {
  it('is asked for once, and then comes from memory', async () => {
    const lease = await aLease();
    const one = isolate(async () => lease);
    expect(await one.current()).toBe(lease.kid);
    one.at(299);
    expect(one.atOnce()).toBe(true);
    expect(one.asked()).toBe(1);
  });

  it('is renewed behind a request after five minutes', async () => {
    const [first, second] = [await aLease(), await aLease()];
    const one = isolate(async () => (one.asked() > 1 ? second : first));
    expect(await one.current()).toBe(first.kid);
    one.at(300);
    expect(await one.current()).toBe(first.kid);
    expect(await one.current()).toBe(second.kid);
    expect(one.asked()).toBe(2);
  });

  it('outlasts the object by ten minutes, with few attempts and a word each, and then is none', async () => {
    const lease = await aLease();
    const one = isolate(async () => {
      if (one.asked() > 1) throw new Error('down');
      return lease;
    });
    await one.current();
    one.at(899);
    expect(await one.current()).toBe(lease.kid);
    expect(await one.current()).toBe(lease.kid);
    expect([one.asked(), one.events.map(({ event }) => event)]).toEqual([2, ['identity_key_refresh_failed']]);
    one.at(900);
    expect(await one.current()).toBe('signing_unavailable');
  });

  it.each<[string, () => Promise<IdentityKeyLease>]>([
    ['that does not answer', () => Promise.reject(new Error('down'))],
    [
      'whose key is sealed with another secret',
      async () => {
        const other = createSealer([{ name: 'NEW', secret: 'o'.repeat(32) }], 'identity keys');
        const { kid, sealed } = await makeSigningKey('ES256', other, NOW);
        return { kid, sealed, jwks: '' };
      },
    ],
    ['whose key belongs to another record', async () => ({ ...(await aLease()), kid: 'other' })],
  ])('is none with an object %s', async (_, answer) => {
    expect(await isolate(answer).current()).toBe('signing_unavailable');
  });

  it('is published before it signs for longer than any copy of the set is old, and after it for as long as it may count', () => {
    const [isolateCopy, verifierCopy, lease, lifetime] = [300, 300, 900, 60];
    expect(IDENTITY_KEY_TIMES.publishSeconds).toBeGreaterThan(isolateCopy + verifierCopy);
    expect(IDENTITY_KEY_TIMES.retainSeconds).toBeGreaterThanOrEqual(lease + lifetime);
  });
});
