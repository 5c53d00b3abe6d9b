import { expect, it } from 'vitest';
import { readGauges } from '../../../src/gateway/gauges.ts';
import type { IssuerKeysStatus } from '../../../src/keys/port.ts';
import type { Revocation, RevocationRoomStatus } from '../../../src/revocation/check.ts';

const NOW = 5_000;
const status = (issuer: string, more: Partial<IssuerKeysStatus>): IssuerKeysStatus => ({
  issuer,
  from: 'remote',
  state: 'fresh',
  jwksUri: 'https://id.test/keys?secret',
  ageSeconds: 1,
  freshUntil: NOW + 10,
  usableUntil: NOW + 30,
  nextRefreshAt: NOW + 9,
  refreshing: false,
  keys: [{ kid: 'k', algorithms: ['ES256'] }],
  rejected: [],
  lastError: undefined,
  ...more,
});
const revocation = (more: Partial<RevocationRoomStatus>): Revocation => ({
  check: () => expect.fail('nothing is asked'),
  replicaAgeSeconds: () => undefined,
  status: () => ({
    cachedAnswers: 0,
    store: { name: 's', doubt: undefined, epoch: 'e', position: 3, keptSeconds: undefined },
    replica: undefined,
    ...more,
  }),
});
const read = (sets: readonly IssuerKeysStatus[], more: Partial<RevocationRoomStatus> = {}) =>
  readGauges({ keys: { status: () => sets }, revocation: revocation(more) }, NOW);

it('tells of each issuer that was asked for keys: states, times and how many', () => {
  const error = { why: 'timeout', detail: '', at: NOW };
  const { keySets, at } = read([
    status('a', {}),
    status('b', { state: 'stale_while_revalidate' }),
    status('c', { state: 'stale_if_error' }),
    status('d', { state: 'expired' }),
    status('never asked', { state: 'cold' }),
    status('in vain', { state: 'cold', keys: [], lastError: error }),
  ]);
  expect(at).toBe(NOW);
  expect(keySets.map(({ issuer, state, keys }) => [issuer, state, keys])).toEqual([
    ['a', 'fresh', 1],
    ['b', 'stale', 1],
    ['c', 'stale', 1],
    ['d', 'none', 1],
    ['in vain', 'none', 0],
  ]);
  expect(keySets.filter(({ failing }) => failing).map(({ issuer }) => issuer)).toEqual(['in vain']);
  expect(keySets[0]).toEqual({
    issuer: 'a',
    state: 'fresh',
    failing: false,
    freshUntil: NOW + 10,
    usableUntil: NOW + 30,
    refreshAt: NOW + 9,
    keys: 1,
  });
});

it('tells of a failure for an hour: nobody has needed the keys since, and whether they can be had is not known', () => {
  const ago = (seconds: number) => ({ lastError: { why: 'timeout', detail: '', at: NOW - seconds } });
  const tried = [ago(0), ago(3_599), ago(3_600), ago(-3_600)];
  const { keySets } = read(tried.map((more, i) => status(`${i}`, { ...more, state: 'cold' })));
  expect(keySets.map(({ failing }) => failing)).toEqual([true, true, false, false]);
});

it('tells as of when the copy of the deny-list is, and of a doubt', () => {
  const replica = { state: 'ready', ageSeconds: 12, records: 1, bytes: 1, lastFault: undefined } as const;
  expect(read([], { replica })).toMatchObject({ replica: { asOf: NOW - 12 }, store: { position: 3 } });
  expect(read([], { replica: { ...replica, state: 'none', ageSeconds: undefined } }).replica).toBeUndefined();
  const store = { name: 's', doubt: 'store_lost', epoch: 'e', position: 4, keptSeconds: undefined } as const;
  expect(read([], { store }).store).toEqual({ doubt: 'store_lost', position: 4 });
});
