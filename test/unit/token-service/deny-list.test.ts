import { describe, expect, it } from 'vitest';
import { revocationKey } from '../../../src/core/key-names.ts';
import { err, ok, type Result } from '../../../src/core/result.ts';
import type { RevocationKind } from '../../../src/core/revocation.ts';
import type { RevocationAnswer, RevocationReader, StoredRevocation } from '../../../src/revocation/port.ts';
import { lookupsNamed } from '../../../src/revocation/predicates.ts';
import { statusOfNamed } from '../../../src/token-service/grants/deny-list.ts';
import type { Family } from '../../../src/token-service/grants/family.ts';
import { GrantStorage } from '../../../src/token-service/grants/grant-storage.ts';
import type { GrantRecord } from '../../../src/token-service/grants/record.ts';

const ISSUER = 'https://token.example';
const NAMES = { jti: 'j', sub: 's', sid: 'l', client_id: 'c', tenant: 't', kid: 'k' };
const ISSUED_AT = 100;

const named = (kind: RevocationKind): string => ({ ...NAMES, iss: ISSUER })[kind];

/** A store that holds this, of the given kinds. */
const holding = (kinds: readonly RevocationKind[], stored: StoredRevocation): RevocationReader => ({
  read: async (keys): Promise<Result<RevocationAnswer, string>> => {
    const held = new Set(kinds.map((kind) => revocationKey(kind, ISSUER, named(kind))));
    return ok({ epoch: 'a', values: keys.map((key) => (held.has(key) ? stored : undefined)) });
  },
});

const lookups = lookupsNamed(ISSUER, NAMES, ISSUED_AT);
const until = { expiresAt: 10_000 };

describe('statusOfNamed', () => {
  it.each(['jti', 'sub', 'sid', 'client_id', 'tenant', 'kid', 'iss'] as const)(
    'hears of a revocation by %s, and by none',
    async (kind) => {
      const revoked = { issuedBefore: ISSUED_AT, ...until };
      expect(await statusOfNamed(holding([kind], revoked), lookups)).toBe('revoked');
      expect(await statusOfNamed(holding([], revoked), lookups)).toBe('active');
    },
  );

  it.each([
    ['sub', 99.9, 'active'],
    ['iss', 99.9, 'active'],
    ['iss', 100, 'revoked'],
    ['sid', 99.9, 'revoked'],
    ['client_id', undefined, 'unknown'],
    ['kid', undefined, 'revoked'],
  ] as const)('%s with a mark of %s: %s', async (kind, issuedBefore, state) => {
    expect(await statusOfNamed(holding([kind], { issuedBefore, ...until }), lookups)).toBe(state);
  });

  it('knows nothing where the store does not answer, or answers short', async () => {
    expect(await statusOfNamed({ read: async () => err('timeout') }, lookups)).toBe('unknown');
    const short = { read: async () => ok({ epoch: 'a', values: [] }) };
    expect(await statusOfNamed(short, lookups)).toBe('unknown');
  });

  it('asks for what is named alone, and for the issuer always', () => {
    expect(lookupsNamed(ISSUER, { sub: 's', sid: undefined }, 1).lookups.map(({ kind }) => kind)).toEqual([
      'sub',
      'iss',
    ]);
  });
});

describe('GrantStorage', () => {
  it('remembers a grant that has ended for as long as the assertion that opened it could be sent again', () => {
    const policy = { keys: { retainSeconds: 300 }, family: {} };
    const storage = new GrantStorage({} as DurableObjectStorage, policy as never);
    const family: Family = { phase: 'ended', why: 'revoked', at: 1_000 };
    const record = { family } as GrantRecord;
    expect(storage.isForgettable(record, 1_000 + 899)).toBe(false);
    expect(storage.isForgettable(record, 1_000 + 900)).toBe(true);
  });
});
