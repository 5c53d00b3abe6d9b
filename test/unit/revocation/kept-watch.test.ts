import { describe, expect, it } from 'vitest';
import { ok } from '../../../src/core/result.ts';
import { createRevocation } from '../../../src/revocation/check.ts';
import type { RevocationReader } from '../../../src/revocation/port.ts';
import { ISSUER } from '../../fixtures/policies.ts';
import { aBench, aToken } from '../../fixtures/revocation.ts';

const NOW = 1_800_000_000;
const MODES = ['strict', 'cached', 'replicated'] as const;
const clock = () => NOW;

/** A token of `lifetime` seconds of an issuer whose tokens may live for an hour, half a minute of tolerance included. */
const token = (lifetime: number) => ({
  ...aToken({ jti: 'j' }, { issuer: { maxTokenLifetimeSeconds: 3_600, clockToleranceSeconds: 30 } }),
  iat: NOW - 10,
  exp: NOW - 10 + lifetime,
});

const isolate = (kept: readonly (readonly [string, number])[] | undefined) => {
  const reader: RevocationReader = {
    read: async (keys) =>
      ok({
        epoch: 'e',
        position: 1,
        keptSeconds: kept && new Map(kept),
        values: keys.map(() => undefined),
      }),
  };
  const revocation = createRevocation({ reader, clock, storeName: 'Redis at a.example' });
  return { revocation, ...aBench(revocation, clock) };
};

describe('a writer that keeps revocations for less time than tokens are taken', () => {
  it.each(MODES)('%s: a token that may outlive its revocation is in doubt, and no other', async (mode) => {
    const { outcome } = isolate([[ISSUER, 630]]);
    const policy = { mode, maxStalenessSeconds: 10 };
    expect(await outcome(token(600), policy)).toBe('active');
    expect(await outcome(token(601), policy)).toBe('revocation_unavailable kept_too_short');
    expect(await outcome(token(601), policy)).toBe('revocation_unavailable kept_too_short');
    expect(await outcome(token(601), { ...policy, onUnavailable: 'accept' })).toBe('accepted_on_doubt');
  });

  it('is told of once, by the issuer’s name and what is lacking', async () => {
    const { outcome, events } = isolate([[ISSUER, 630]]);
    for (let request = 0; request < 3; request++) await outcome(token(60));
    expect(events).toEqual([
      {
        event: 'revocation_kept_too_short',
        level: 'error',
        issuer: 'acme',
        keptSeconds: 630,
        neededSeconds: 3_630,
      },
    ]);
  });

  it.each([
    ['keeps them as long', [[ISSUER, 3_630]] as const],
    ['says nothing of the issuer', [['https://other.example/', 1]] as const],
    ['says nothing', undefined],
  ])('is none where it %s', async (_, kept) => {
    const { outcome, events, revocation } = isolate(kept);
    expect(await outcome(token(3_600))).toBe('active');
    expect(events).toEqual([]);
    expect(revocation.status().store).toMatchObject({ name: 'Redis at a.example', epoch: 'e', position: 1 });
    expect(revocation.status().store.keptSeconds).toEqual(kept && Object.fromEntries(kept));
  });
});
