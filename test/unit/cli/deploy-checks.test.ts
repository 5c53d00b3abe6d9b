import { describe, expect, it } from 'vitest';
import { loopbackAddresses, oversizedVariables } from '../../../src/cli/deploy-checks.ts';

describe('a variable', () => {
  it.each([
    ['a text at the cap', 'x'.repeat(5_120), []],
    ['a text beyond it', 'x'.repeat(5_121), ['X']],
    ['umlauts, counted in bytes', 'ü'.repeat(2_561), ['X']],
    ['a table', { a: 'x'.repeat(5_120) }, ['X']],
  ])('is too large or not: %s', (_what, value, paths) =>
    expect(oversizedVariables({ X: value, SMALL: 1 }).map(({ path }) => path)).toEqual(paths),
  );

  it.each([
    ['ROUTES', 'ROUTES_<GROUP>'],
    ['ISSUERS_EU', 'ISSUERS_<GROUP>'],
    ['CLIENTS', 'CLIENTS_<GROUP>'],
  ])('%s can be divided', (name, hint) =>
    expect(oversizedVariables({ [name]: 'x'.repeat(6_000) })[0]?.hint).toContain(hint),
  );
});

describe('an address of this machine', () => {
  const found = (value: string, key = 'origin') =>
    loopbackAddresses({ ROUTES: { a: { [key]: value } } }).map(({ path }) => path);

  it.each([
    'http://localhost',
    'http://api.localhost:8080',
    'http://localhost.',
    'http://127.0.0.1',
    'http://127.9.9.9/x',
    'http://2130706433',
    'http://0.0.0.0',
    'http://[::1]',
    'http://[::]',
    'http://[::ffff:127.0.0.1]',
  ])('is %s', (address) => expect(found(address)).toEqual(['ROUTES.a.origin']));

  it.each([
    'https://id.test',
    'https://localhost.test',
    'https://128.0.0.1',
    'service:ORDERS',
    'localhost',
    '',
  ])('is not %j', (address) => expect(found(address)).toEqual([]));

  it.each(['issuer', 'jwks_uri', 'UPSTASH_REDIS_REST_URL'])('is looked for under %s', (key) =>
    expect(found('http://127.0.0.1', key)).toHaveLength(1),
  );

  it('is nobody’s mistake under a key that is not called or trusted', () =>
    expect(found('http://127.0.0.1', 'realm')).toEqual([]));

  it('is found in a list, by its place', () =>
    expect(loopbackAddresses({ A: [{ issuer: 'http://localhost' }] }).map(({ path }) => path)).toEqual([
      'A[0].issuer',
    ]));
});
