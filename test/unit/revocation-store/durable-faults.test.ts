import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { revocationKey } from '../../../src/core/key-names.ts';
import type { RevocationNamespace } from '../../../src/revocation-store/durable/call.ts';
import { createDurableReader } from '../../../src/revocation-store/durable/reader.ts';
import { createDurableStore } from '../../../src/revocation-store/durable/store.ts';
import { StoreUnavailable } from '../../../src/revocation-store/port.ts';
import { FAULTS, walk } from '../faulty-storage.ts';

const { REVOCATIONS } = env as { REVOCATIONS: RevocationNamespace };
// The object's faults, not its deadline, are what is tried here.
const TIMEOUT_MS = 20_000;
const store = createDurableStore(REVOCATIONS, { timeoutMs: TIMEOUT_MS });
const reader = createDurableReader(REVOCATIONS);
const ISSUER = 'https://faults.test';
const now = () => Date.now() / 1000;

type Ids = readonly [string, string];
/** Two tokens nobody knows yet, and no sweep that is set already: setting one is the write that is waited for. */
async function ids(): Promise<Ids> {
  await runInDurableObject(REVOCATIONS.getByName('revocations'), (_object, { storage }) =>
    storage.deleteAlarm(),
  );
  return [crypto.randomUUID(), crypto.randomUUID()];
}
const targetOf = (value: string) => ({ kind: 'jti', issuer: ISSUER, value }) as const;
const revoke = (values: readonly string[]) =>
  store.revoke(
    values.map((value) => ({
      predicate: targetOf(value),
      expiresAt: now() + 600,
      revokedAt: now(),
      revokedBy: 'tester',
      intake: 'api',
      reason: 'drill',
    })),
  );
/** What a gateway is told of each: revoked, live, or nothing. */
async function seen(values: readonly string[]): Promise<readonly ('revoked' | 'live')[] | 'unknown'> {
  const answer = await reader.read(
    values.map((value) => revocationKey('jti', ISSUER, value)),
    TIMEOUT_MS,
  );
  if (!answer.ok) return 'unknown';
  return answer.value.values.map((value) => (value === undefined ? 'live' : 'revoked'));
}

describe.each(FAULTS)('where something stored %s', (fault) => {
  /** What must have gone wrong at least, so that something has been tried. */
  const least = (count: number) => (fault === 'restarts late' ? 1 : count);

  it('all of an order is in force or none of it, whoever is told that it is has it, and it can be repeated', async () => {
    const struck = await walk(fault, ids, revoke, async (values, value) => {
      expect(value).toBeInstanceOf(StoreUnavailable);
      const [one, other] = await seen(values);
      expect(one).toBe(other);
      await revoke(values);
      expect(await seen(values)).toEqual(['revoked', 'revoked']);
    });
    expect(struck).toBeGreaterThanOrEqual(least(2));
  });

  it('an order taken back is in force or not, and can be taken back again', async () => {
    const prepare = async () => {
      const values = await ids();
      await revoke(values);
      return values;
    };
    const lift = ([first]: Ids) => store.unrevoke(targetOf(first), 'tester', now());
    const struck = await walk(fault, prepare, lift, async (values, value) => {
      expect(value).toBeInstanceOf(StoreUnavailable);
      await lift(values);
      expect(await seen(values)).toEqual(['live', 'revoked']);
    });
    // Nothing of it is waited for, and nothing is read before it is removed.
    expect(struck).toBeGreaterThanOrEqual(fault === 'restarts late' || fault === 'is not read' ? 0 : 1);
  });

  it('a claim is granted once, and its holder hears so when it asks again', async () => {
    const struck = await walk(
      fault,
      async () => (await ids())[0],
      (id) => store.claimOnce(id, 600),
      async (id, value) => {
        expect(value).toBeInstanceOf(StoreUnavailable);
        // Nobody was told that it holds it: at most one is from here on.
        const told = [await store.claimOnce(id, 600), await store.claimOnce(id, 600)];
        expect(told.filter(Boolean).length).toBeLessThanOrEqual(1);
        expect(await store.isClaimed(id)).toBe(true);
      },
    );
    expect(struck).toBeGreaterThanOrEqual(least(2));
  });
});

it('a gateway that cannot read is told so, never that a token is live', async () => {
  const prepare = async () => {
    const values = await ids();
    await revoke(values);
    return values;
  };
  const struck = await walk('is not read', prepare, seen, async (values, value) => {
    expect(value).toBe('unknown');
    expect(await seen(values)).toEqual(['revoked', 'revoked']);
  });
  expect(struck).toBeGreaterThanOrEqual(1);
});
